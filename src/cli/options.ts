import { InvalidArgumentError, Option } from 'commander';
import { isRealDate } from '../api/literals.js';
import { patterns } from '../api/patterns.js';
import { closest } from '../api/suggest.js';
import { parseDuration } from '../runtime/duration.js';

export const outputForms = ['wide', 'yaml', 'json', 'name'] as const;
export type OutputForm = (typeof outputForms)[number];

/** A parser for one of a few words, which names the nearest one. */
export function wordOf<const T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((each) => each === text.toLowerCase());
    if (word !== undefined) return word;
    const meant = closest(text, words);
    throw new InvalidArgumentError(`${meant === null ? '' : `Did you mean ${meant}? `}It is one of ${words.join(', ')}.`);
  };
}

/** Milliseconds since the epoch. */
export function instant(text: string): number {
  const shaped = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const value = shaped ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('It is an instant with its zone, such as 2026-11-21T18:00:00Z or 2026-11-21T13:00:00-05:00.');
  return value;
}

/** Milliseconds; a bare number is refused, since nobody agrees on its unit. */
export function duration(text: string): number {
  const value = parseDuration(text);
  if (value === null) throw new InvalidArgumentError('It is a duration such as 30s, 5m or 1h30m.');
  return value;
}

/** `YYYY-MM-DD` that is in the calendar. */
export function calendarDate(text: string): string {
  if (new RegExp(patterns.date).test(text) && isRealDate(text)) return text;
  throw new InvalidArgumentError('It is a date such as 2026-12-24.');
}

/** 1 to 92. */
export function dayCount(text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > 92) throw new InvalidArgumentError('It is a number of days, from 1 to 92.');
  return value;
}

export const outputOption = (): Option => new Option('-o, --output <form>', 'wide, yaml, json or name').argParser(wordOf(...outputForms));
export const watchOption = (): Option => new Option('-w, --watch', 'go on and print what changes, until ^C');
export const labelOption = (): Option => new Option('-l, --selector <labels>', 'only with these labels: key=value, key!=value, key, !key, joined by commas');
export const nowOption = (): Option => new Option('--now <instant>', 'the clock of this command, for example 2026-11-21T18:00:00Z').argParser(instant);
