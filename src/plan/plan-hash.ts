import { createHash, createHmac } from 'node:crypto';

/** What one operation does, in the order in which it is hashed. Arrays keep their order; objects are plain data. */
export interface Operation {
  readonly verb: string;
  readonly contact: number | null;
  readonly ids: readonly (string | null)[];
  readonly before: unknown;
  readonly after: unknown;
}

/** Keyed, so that nobody can learn names or card numbers from a stored hash. 64 hex digits. */
export function operationHash(key: string, { verb, contact, ids, before, after }: Operation): string {
  return createHmac('sha256', key).update(JSON.stringify([verb, contact, ids, before, after])).digest('hex');
}

/** First 12 hex digits over the sorted operations: the same plan has the same name, whatever the order. */
export function planHash(operations: readonly string[]): string {
  return createHash('sha256').update([...operations].sort().join('\n')).digest('hex').slice(0, 12);
}
