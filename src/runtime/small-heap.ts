import { setFlagsFromString } from 'node:v8';

/**
 * Collects garbage early instead of letting the heap grow to several times what is in use: a Pi has 1 GB for everything.
 * Costs processor time only where there is much to collect, as with thousands of members.
 */
export function keepHeapSmall(): void {
  // V8 asks for this flag whenever it sets the next limit of the heap, so that it works after the start too.
  setFlagsFromString('--optimize-for-size');
}
