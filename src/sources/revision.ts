import { createHash } from 'node:crypto';

/**
 * Twelve hex digits that change exactly when the items do: neither the order of the items nor that of their keys
 * counts, so that a snapshot read back from disk, or listed in another order, keeps its revision.
 */
export function revisionOf(items: readonly unknown[]): string {
  const digests = items.map((item) => createHash('sha256').update(canonical(item)).digest('base64')).sort();
  const whole = createHash('sha256');
  for (const digest of digests) whole.update(digest);
  return whole.digest('hex').slice(0, 12);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
  }
  return value === undefined ? 'null' : JSON.stringify(value);
}
