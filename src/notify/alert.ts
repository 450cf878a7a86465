import type { Instant } from '../desired/model.js';
import { plain } from '../runtime/text.js';
import type { Severity } from '../status/view.js';

/** What a person is told of something. Plain text of one line each; no persons. */
export interface Telling {
  /** Stable as long as it is about the same thing. */
  readonly key: string;
  readonly severity: Severity;
  /** The few words that a phone shows first. */
  readonly subject: string;
  /** What, and where. */
  readonly what: string;
  readonly todo: string;
  /** Safe to be pasted into a shell; null where no command helps. */
  readonly command: string | null;
  /** Changes when there is something else to do than what was told: the hash of a plan, the problem of a file. */
  readonly fact: string;
}

/** Something that a person should know of and that holds now. */
export interface Holding extends Telling {
  /** Null: since it is seen. */
  readonly since: Instant | null;
  /** Milliseconds that it has to hold before anybody is told. */
  readonly patience: number;
  /** Milliseconds that it has to be away before it is over. */
  readonly calm: number;
  /** False: told once, however long it holds. */
  readonly reminded: boolean;
}

/** One look at everything. What cannot be told now is neither there nor gone. */
export interface Look {
  readonly holding: readonly Holding[];
  readonly unknown: (key: string) => boolean;
}

export type NoteKind = 'Raised' | 'Changed' | 'Reminder' | 'Resolved';

/** What goes out: one thing that happened to one alert. */
export interface Note {
  readonly kind: NoteKind;
  readonly told: Telling;
  readonly since: Instant;
  readonly at: Instant;
}

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export const severities: readonly Severity[] = ['Info', 'Warning', 'Critical'];

/** At once, over at once, reminded: what most alerts are. */
export function holding(alert: Omit<Telling, 'fact'> & Partial<Holding>): Holding {
  const { subject, what, todo } = alert;
  return { fact: '', since: null, patience: 0, calm: 5 * minute, reminded: true, ...alert, subject: short(subject, 80), what: short(what, 600), todo: short(todo, 400) };
}

/** One plain line, cut where a phone would. */
function short(text: string, limit: number): string {
  const line = plain(text).trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** With a mark at its end, whoever wrote it. */
export function sentence(text: string): string {
  const words = text.trim();
  return words === '' || /[.!?…]$/.test(words) ? words : `${words}.`;
}

/** As one word of a shell, whatever it holds: names come from outside, and commands are pasted. */
export function shellWord(text: string): string {
  const word = plain(text);
  return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command that somebody else has put together; null when it holds more than words. */
export function safeCommand(command: string): string | null {
  return /^[\w./:@+ -]+$/.test(command) ? command : null;
}
