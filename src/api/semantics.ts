import { durationSeconds, isRealDate } from './literals.js';
import { listKey } from './junctors.js';
import type { Path } from './path.js';
import { patterns } from './patterns.js';
import type { Schema } from './schema.js';
import { quoted } from './wording.js';

type Mapping = Readonly<Record<string, unknown>>;
/** Something wrong with the value at a path. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

const datedPatterns: readonly string[] = [patterns.date, patterns.dateOrTime, patterns.instant];

/**
 * What no structural schema can say: real calendar dates, ends after starts, keys given twice, blank names, templates.
 * Looks only at values of the right shape; the wrong ones are reported by the schema.
 */
export function semanticFindings(schema: Schema, value: unknown, path: Path): readonly Finding[] {
  if (typeof value === 'string') return inText(schema, value, path);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return [...repeated(schema, items, path), ...items.flatMap((item, index) => semanticFindings(schema.items ?? {}, item, [...path, index]))];
  }
  if (typeof value !== 'object' || value === null) return [];
  const mapping = value as Mapping;
  const below = Object.entries(mapping).flatMap(([field, inner]) => semanticFindings(schema.properties?.[field] ?? {}, inner, [...path, field]));
  return [...backwards(schema, mapping, path), ...below];
}

function inText(schema: Schema, value: string, path: Path): readonly Finding[] {
  const { pattern } = schema;
  const at = (message: string): readonly Finding[] => [{ path, message }];
  if (pattern === undefined) {
    const length = value.normalize('NFC').trim().replaceAll(/\s+/gu, ' ').length;
    // Only white space, or fewer characters than the bound once names are compared folded.
    if (value.length < (schema.minLength ?? 0) || length >= (schema.minLength ?? 0)) return [];
    return at(length === 0 ? 'is blank' : `${quoted(value)} is too short without its white space: at least ${schema.minLength ?? 0} characters`);
  }
  if (!new RegExp(pattern, 'u').test(value)) return [];
  if (datedPatterns.includes(pattern) && !isRealDate(value.slice(0, 10))) return at(`${quoted(value)} is not in the calendar`);
  const field = path.at(-1);
  if (pattern === patterns.duration && (field === 'lead' || field === 'lag') && (durationSeconds(value) ?? 0) > 86_400) {
    return at(`${quoted(value)} is too long: at most 24h`);
  }
  if (pattern === patterns.numberTemplate && field === 'employeeNumber' && !/\p{L}/u.test(value.replace('{id}', ''))) {
    return at(`${quoted(value)} needs a letter besides {id}, so that it is never taken for somebody else's number`);
  }
  return [];
}

/** A `set` or `map` list that names something twice; an API server refuses it too. */
function repeated(schema: Schema, items: readonly unknown[], path: Path): readonly Finding[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'set' && keys === undefined) return [];
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const parts: readonly unknown[] = keys === undefined ? [item] : keys.map((key) => (item as Mapping | null)?.[key]);
    if (parts.some((part) => typeof part !== 'string' && typeof part !== 'number')) return [];
    const key = JSON.stringify(parts);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const at = keys?.length === 1 && keys[0] !== undefined ? [...path, index, keys[0]] : [...path, index];
    return [{ path: at, message: `${listKey(parts)} is given twice; keep one` }];
  });
}

function backwards(schema: Schema, value: Mapping, path: Path): readonly Finding[] {
  const pair = (first: string, last: string, pattern: string): readonly [string, string] | null => {
    const [a, b] = [value[first], value[last]];
    const fits = (field: string, text: unknown): text is string =>
      typeof text === 'string' && schema.properties?.[field]?.pattern === pattern && new RegExp(pattern, 'u').test(text);
    return fits(first, a) && fits(last, b) && isRealDate(a.slice(0, 10)) && isRealDate(b.slice(0, 10)) ? [a, b] : null;
  };
  const dated = pair('from', 'to', patterns.dateOrTime);
  if (dated !== null) {
    const [from, to] = dated;
    const at = [...path, 'to'];
    if (from.length !== to.length) return [{ path: at, message: `from and to must both be dates, or both be dates with times` }];
    // Texts of the same form sort as their times do.
    if (from > to) return [{ path: at, message: `${quoted(to)} is before from (${from})` }];
    if (from === to && from.length > 10) return [{ path: at, message: `${quoted(to)} is the same as from: the range is empty` }];
  }
  const instants = pair('start', 'end', patterns.instant);
  if (instants !== null && Date.parse(instants[1]) <= Date.parse(instants[0])) {
    return [{ path: [...path, 'end'], message: `${quoted(instants[1])} is not after start (${instants[0]})` }];
  }
  return [];
}
