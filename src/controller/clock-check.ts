import { existsSync } from 'node:fs';
import type { Clock } from '../runtime/clock.js';

/** Why nothing may be written with this clock; null when it can be trusted. */
export type ClockCheck = (date: { readonly date: number; readonly at: number } | null) => string | null;

const allowedSkew = 120_000;

export interface ClockCheckInputs {
  readonly clock: Clock;
  /** Newest instant that the state directory knows; 0 when it knows none. */
  readonly newestKnown: () => number;
  /** False: the system says that its clock is not set; null: it cannot say. */
  readonly synchronised: () => boolean | null;
}

/** Compares with the system's own word, with what was written before, and with UniFi's HTTP `Date`. */
export function clockCheck({ clock, newestKnown, synchronised }: ClockCheckInputs): ClockCheck {
  return (answer) => {
    const now = clock.now();
    if (synchronised() === false) return 'the system says that its clock is not synchronised yet; check `timedatectl`';
    const newest = newestKnown();
    if (now < newest) {
      return `the clock says ${new Date(now).toISOString()}, but the state directory knows ${new Date(newest).toISOString()}; check \`timedatectl\``;
    }
    if (answer === null) return null;
    const skew = now - (answer.date + (clock.monotonic() - answer.at));
    if (Math.abs(skew) <= allowedSkew) return null;
    const minutes = Math.round(Math.abs(skew) / 60_000);
    return `the clock is ${minutes} min ${skew > 0 ? 'ahead of' : 'behind'} UniFi's; check the time on both`;
  };
}

/**
 * For instants that are written down: a clock far ahead of UniFi's counts as UniFi's. What lies in the future would hold
 * up every write until then, long after the clock was put right.
 */
export function clockForRecords(clock: Clock, answer: () => { readonly date: number; readonly at: number } | null): Clock {
  return {
    ...clock,
    now() {
      const now = clock.now();
      const known = answer();
      if (known === null) return now;
      const there = known.date + (clock.monotonic() - known.at);
      return now - there > allowedSkew ? Math.floor(there) : now;
    },
  };
}

/** systemd-timesyncd's own mark; other time services leave none, and then UniFi's `Date` decides. */
export function systemClockSynchronised(): boolean | null {
  if (!existsSync('/run/systemd/timesync')) return null;
  return existsSync('/run/systemd/timesync/synchronized');
}
