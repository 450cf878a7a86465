import type { Path } from './path.js';
import type { Schema } from './schema.js';
import { didYouMean } from './suggest.js';

interface UnknownField {
  readonly path: Path;
  /** Computed when asked for: a broken file can have thousands. */
  readonly message: () => string;
}

/**
 * A copy with known fields only and without nulls, which Kubernetes prunes before it fills in defaults; and the fields
 * that the schema does not know. Mappings whose schema lists no properties are left as they are.
 */
export function keepKnown(value: unknown, schema: Schema, path: Path = []): { readonly value: unknown; readonly unknown: readonly UnknownField[] } {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => keepKnown(item, schema.items ?? {}, [...path, index]));
    return { value: items.map((item) => item.value), unknown: items.flatMap((item) => item.unknown) };
  }
  const { properties } = schema;
  if (typeof value !== 'object' || value === null || properties === undefined) return { value, unknown: [] };
  const kept: [string, unknown][] = [];
  const unknown: UnknownField[] = [];
  for (const [field, inner] of Object.entries(value)) {
    const known = Object.hasOwn(properties, field) ? properties[field] : undefined;
    if (known === undefined) {
      unknown.push({ path: [...path, field], message: () => unknownField(field, Object.keys(properties), Object.keys(value)) });
    } else if (inner !== null || known.nullable === true) {
      const below = keepKnown(inner, known, [...path, field]);
      kept.push([field, below.value]);
      unknown.push(...below.unknown);
    }
  }
  return { value: Object.fromEntries(kept), unknown };
}

/** Suggests what is not there already, if it can. */
function unknownField(field: string, known: readonly string[], given: readonly string[]): string {
  const absent = didYouMean(field, known.filter((name) => !given.includes(name)));
  const suggestion = absent === '' ? didYouMean(field, known) : absent;
  return suggestion === '' ? `there is no such field; known here: ${known.join(', ')}` : `there is no such field${suggestion}`;
}
