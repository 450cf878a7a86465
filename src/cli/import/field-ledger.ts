import { isRecord } from '../../runtime/record.js';
import type { Carried, NotCarried } from './imported.js';

/** Keeps account of every field of a source: what is neither carried nor dropped for a reason is named at the end. */
export interface FieldLedger {
  /** The field, or everything below it. */
  carried(from: string, to: string): void;
  dropped(from: string, reason: string): void;
  /** Fields that nobody accounted for are not carried. */
  finish(): { readonly carried: readonly Carried[]; readonly notCarried: readonly NotCarried[] };
}

/** `leaves`: the paths of every value there is, as `leafPaths` names them. */
export function openFieldLedger(leaves: readonly string[]): FieldLedger {
  const carried: Carried[] = [];
  const notCarried: NotCarried[] = [];
  return {
    carried: (from, to) => void carried.push({ from, to }),
    dropped: (from, reason) => void notCarried.push({ from, reason }),
    finish() {
      const known = [...carried, ...notCarried].map(({ from }) => from);
      const left = leaves.filter((leaf) => !known.some((path) => covers(path, leaf)));
      return { carried, notCarried: [...notCarried, ...left.map((from) => ({ from, reason: 'Sexton does not know this field' }))] };
    },
  };
}

/** Names what an entry holds besides the fields that mean something: the entry itself is accounted for as one. */
export function dropStrangers(entry: Readonly<Record<string, unknown>>, known: readonly string[], path: string, ledger: FieldLedger): void {
  for (const key of Object.keys(entry)) if (!known.includes(key)) ledger.dropped(fieldPath(path, key), 'Sexton does not know this field');
}

/** Paths of all values that are neither objects nor lists, and of empty ones: `a.b[0]."c d"`. */
export function leafPaths(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((item, index) => leafPaths(item, itemPath(path, index)));
  if (!isRecord(value)) return path === '' ? [] : [path];
  const keys = Object.keys(value);
  if (keys.length === 0) return path === '' ? [] : [path];
  return keys.flatMap((key) => leafPaths(value[key], fieldPath(path, key)));
}

export function fieldPath(path: string, key: string): string {
  const shown = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
  return path === '' ? shown : `${path}.${shown}`;
}

export function itemPath(path: string, index: number): string {
  return `${path}[${index}]`;
}

function covers(path: string, leaf: string): boolean {
  return leaf.startsWith(path) && (leaf.length === path.length || /^[.[:]/.test(leaf.slice(path.length)) || path.endsWith(':'));
}
