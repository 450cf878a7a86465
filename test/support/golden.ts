import { readFileSync } from 'node:fs';

/** A week written by hand from the design, and what a hub that follows it must do. Instants carry their offset. */
export interface GoldenWeek {
  readonly name: string;
  readonly zone: string;
  /** The local date on which the program is rendered. */
  readonly today: string;
  /** Noon of `today` when absent; given only where it matters. */
  readonly now?: string;
  readonly horizon?: number;
  readonly windows: readonly (readonly [string, string])[];
  /** Weekdays that are not named are empty. */
  readonly week: Readonly<Record<string, readonly string[]>>;
  readonly leftOut?: readonly string[];
  /** When the door stands open in the seven days from `today` on. */
  readonly open: readonly (readonly [string, string])[];
}

/** What one range on one date means; null: a clock change leaves nothing of it. */
export interface GoldenClockTime {
  readonly name: string;
  readonly zone: string;
  readonly date: string;
  readonly range: string;
  readonly window: readonly [string, string] | null;
}

export function goldenWeeks(file: string): readonly GoldenWeek[] {
  return read(file) as readonly GoldenWeek[];
}

export function goldenClockTimes(file: string): readonly GoldenClockTime[] {
  return read(file) as readonly GoldenClockTime[];
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8'));
}
