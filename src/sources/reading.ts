import type { Snapshot } from './source.js';

/** What is missing from a reading whose list is proven whole, but some of whose items could not be made out. */
interface PartialReading<Item> {
  readonly code: string;
  /** One sentence that names what is missing. */
  readonly message: string;
  /** True for the items of the last snapshot that this reading says nothing about. */
  readonly keepsFromLast: (item: Item) => boolean;
}

/** A reading that proves nothing at all is not a reading: it throws. */
export interface Reading<Item> {
  readonly items: readonly Item[];
  readonly partial?: PartialReading<Item>;
  readonly warnings?: readonly string[];
}

/**
 * The snapshot after a reading: what it holds, and what the last one held of the parts it could not make out.
 * A part never seen before has no last good state, so it adds nothing.
 */
export function mergeReading<Item>(
  last: Snapshot<Item> | null,
  reading: Reading<Item>,
  readAt: number,
  revisionOf: (items: readonly Item[]) => string,
): Snapshot<Item> {
  const { items, partial } = reading;
  if (partial === undefined) return { items, revision: revisionOf(items), readAt, complete: true };
  const kept = (last?.items ?? []).filter(partial.keepsFromLast);
  const merged = [...items.filter((item) => !partial.keepsFromLast(item)), ...kept];
  return { items: merged, revision: revisionOf(merged), readAt, complete: false };
}
