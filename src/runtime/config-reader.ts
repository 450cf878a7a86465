import type { Path } from '../api/path.js';
import { didYouMean } from '../api/suggest.js';
import { isRecord } from './record.js';

/** Where a value stands, and where to say what is wrong with it. */
export interface Place {
  readonly path: Path;
  /** Reports at the value. */
  readonly report: (message: string) => void;
  readonly problems: ProblemSink;
}

export interface ProblemSink {
  readonly atKey: (path: Path, message: string) => void;
  readonly atValue: (path: Path, message: string) => void;
}

export function placeAt(path: Path, problems: ProblemSink): Place {
  return { path, problems, report: (message) => problems.atValue(path, message) };
}

/** The checked value; undefined after reporting why there is none. */
export type Reader<T> = (value: unknown, place: Place) => T | undefined;

interface Field<T> {
  readonly read: Reader<T>;
  /** What an absent field means; it is required when there is no such entry. */
  readonly absent?: { readonly value: T };
}

type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export function required<T>(read: Reader<T>): Field<T> {
  return { read };
}

export function optional<T>(read: Reader<T>, value: T): Field<T> {
  return { read, absent: { value } };
}

/** Null when the field is absent. */
export function maybe<T>(read: Reader<T>): Field<T | null> {
  return { read, absent: { value: null } };
}

/** A mapping with exactly these fields. Reports every field that is missing, unknown or wrong, not only the first. */
export function mapping<F extends Readonly<Record<string, Field<unknown>>>>(fields: F): Reader<ValuesOf<F>> {
  return (value, place) => {
    if (!isRecord(value)) {
      place.report(value === null ? 'is empty: write {} for the defaults, or remove it' : 'must be a mapping');
      return undefined;
    }
    let complete = true;
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(fields, key)) continue;
      place.problems.atKey([...place.path, key], `unknown field${didYouMean(key, Object.keys(fields))}`);
      complete = false;
    }
    for (const [key, field] of Object.entries(fields)) {
      const read = readField(field, value[key], key, place);
      if (read === undefined) complete = false;
      else result[key] = read;
    }
    // Every key of `fields` was read with its own reader, which the compiler cannot follow through the loop.
    return complete ? (result as ValuesOf<F>) : undefined;
  };
}

function readField(field: Field<unknown>, value: unknown, key: string, place: Place): unknown {
  const path = [...place.path, key];
  if (value === undefined) {
    if (field.absent !== undefined) return field.absent.value;
    place.problems.atKey(path, 'is required');
    return undefined;
  }
  return field.read(value, placeAt(path, place.problems));
}

export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) {
      place.report('must be a list');
      return undefined;
    }
    const items = value.map((entry: unknown, index) => item(entry, placeAt([...place.path, index], place.problems)));
    return items.some((entry) => entry === undefined) ? undefined : items.filter((entry) => entry !== undefined);
  };
}

/** A text that `parse` understands; a string is what is wrong with it, otherwise. */
export function textAs<T>(parse: (text: string) => { readonly ok: T } | { readonly wrong: string }): Reader<T> {
  return (value, place) => {
    const parsed = typeof value === 'string' ? parse(value) : { wrong: 'must be a text; put it in quotes' };
    if ('ok' in parsed) return parsed.ok;
    place.report(parsed.wrong);
    return undefined;
  };
}

export const text: Reader<string> = textAs((value) => {
  return value.trim() === '' ? { wrong: 'must not be empty' } : { ok: value };
});

export function oneOf<const T extends string>(...choices: readonly T[]): Reader<T> {
  return (value, place) => {
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    const list = choices.length === 1 ? choices[0] : `one of ${choices.join(', ')}`;
    place.report(`must be ${list ?? 'left out'}${typeof value === 'string' ? didYouMean(value, choices) : ''}`);
    return undefined;
  };
}

export function integer(minimum: number, maximum: number): Reader<number> {
  return (value, place) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    place.report(`must be a whole number from ${minimum} to ${maximum}`);
    return undefined;
  };
}

export const truth: Reader<boolean> = (value, place) => {
  if (typeof value === 'boolean') return value;
  place.report('must be true or false');
  return undefined;
};
