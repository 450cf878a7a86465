import { TransientError } from '../../runtime/errors.js';

/** Readers for answers of unknown shape: what is essential is checked, what is unknown is ignored. */
export type Row = Readonly<Record<string, unknown>>;

function unexpected(where: string, what: string): TransientError {
  return new TransientError(`UniFi answered in an unexpected shape: ${where} ${what}.`, { code: 'UnexpectedAnswer' });
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One object. Some firmwares wrap a single one into an array. @throws TransientError UnexpectedAnswer */
export function row(value: unknown, where: string): Row {
  const single: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!isRow(single)) throw unexpected(where, 'is no object');
  return single;
}

/** @throws TransientError UnexpectedAnswer */
export function rows(value: unknown, where: string): readonly Row[] {
  if (!Array.isArray(value)) throw unexpected(where, 'is no list');
  return value.map((item, index) => row(item, `${where}[${index}]`));
}

/** As `rows`, but nothing is an empty list: Go programs write empty slices as null. */
export function optionalRows(value: unknown, where: string): readonly Row[] {
  return value === undefined || value === null ? [] : rows(value, where);
}

/** A text that is not empty. @throws TransientError UnexpectedAnswer */
export function text(from: Row, key: string, where: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '') throw unexpected(`${where}.${key}`, 'is no text');
  return value;
}

/** Empty when absent; numbers are read as their digits. */
export function optionalText(from: Row, key: string): string {
  const value = from[key];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}

export function flag(from: Row, key: string): boolean {
  return from[key] === true;
}

/** @throws TransientError UnexpectedAnswer */
export function requiredFlag(from: Row, key: string, where: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw unexpected(`${where}.${key}`, 'is neither true nor false');
  return value;
}

/** A finite number, also when written as text; null otherwise. */
export function optionalNumber(from: Row, key: string): number | null {
  const value = from[key];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Texts of a list; nothing is an empty list. @throws TransientError UnexpectedAnswer */
export function texts(value: unknown, where: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw unexpected(where, 'is no list');
  return value.map((item: unknown, index) => {
    if (typeof item !== 'string') throw unexpected(`${where}[${index}]`, 'is no text');
    return item;
  });
}
