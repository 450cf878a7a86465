import { SeedError } from './simulator.js';
import { didYouMean } from './suggestion.js';

/** Checked reading of a seed. Every error names the path, as `users[3].first_name`. */

export type SeedRecord = Readonly<Record<string, unknown>>;

function fail(path: string, expected: string, value: unknown): never {
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new SeedError(`${path || 'seed'}: expected ${expected}, found ${value === undefined ? 'nothing' : found}`);
}

/** An object with known keys only. Absent is empty. */
export function seedRecord(value: unknown, path: string, keys?: readonly string[]): SeedRecord {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) fail(path, 'an object', value);
  const record = Object.fromEntries(Object.entries(value));
  for (const key of Object.keys(record)) {
    if (keys !== undefined && !keys.includes(key)) {
      throw new SeedError(`${seedPath(path, key)}: unknown field${didYouMean(key, keys)}`);
    }
  }
  return record;
}

/** A list; absent is empty. */
export function seedList(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) fail(path, 'a list', value);
  return value as readonly unknown[];
}

/** A required string; a number counts as its digits, since YAML reads `id: 7` as one. */
export function seedText(value: unknown, path: string): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') fail(path, 'a string', value);
  return value;
}

export function seedTextOr(value: unknown, path: string, fallback: string): string {
  return value === undefined || value === null ? fallback : seedText(value, path);
}

export function seedFlag(value: unknown, path: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') fail(path, 'true or false', value);
  return value;
}

export function seedNumber(value: unknown, path: string, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'number' || !Number.isFinite(value)) fail(path, 'a number', value);
  return value;
}

export function seedChoice<T extends string>(value: unknown, path: string, allowed: readonly T[], fallback: T): T {
  if (value === undefined || value === null) return fallback;
  const found = allowed.find((word) => word === value);
  if (found !== undefined) return found;
  throw new SeedError(`${path}: expected one of ${allowed.join(', ')}`);
}

export function seedPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}
