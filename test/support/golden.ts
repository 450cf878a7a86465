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

/** The fence of one date: its dated entries one by one, and the long one after them. */
export interface GoldenFence {
  readonly name: string;
  readonly zone: string;
  readonly today: string;
  readonly horizon: number;
  /** Last date on which the program opens. */
  readonly until: string;
  readonly group: string;
  readonly dates: readonly string[];
  /** First date of the long entry, and the date on which it is over. */
  readonly beyond: readonly [string, string];
}

export function goldenWeeks(file: string): readonly GoldenWeek[] {
  return read(file) as readonly GoldenWeek[];
}

export function goldenClockTimes(file: string): readonly GoldenClockTime[] {
  return read(file) as readonly GoldenClockTime[];
}

export function goldenFences(file: string): readonly GoldenFence[] {
  return read(file) as readonly GoldenFence[];
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8'));
}
