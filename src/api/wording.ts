import type { Schema } from './schema.js';

const typeWords = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
} as const satisfies Record<NonNullable<Schema['type']>, string>;

export function typeWord(type: NonNullable<Schema['type']>): string {
  return typeWords[type];
}

/** `the number 5`, `a list`, `"Gold"`: what a person finds at the place of a problem. */
export function found(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return `the number ${value}`;
  return value === true ? 'true' : 'false';
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** `a`, `a and b`, `a, b and c`, each in backquotes. */
export function fields(names: readonly string[], conjunction: 'and' | 'or'): string {
  const marked = names.map((name) => `\`${name}\``);
  return marked.length < 2 ? marked.join('') : `${marked.slice(0, -1).join(', ')} ${conjunction} ${marked.at(-1) ?? ''}`;
}
