import { pointInTime } from '../../desired/calendar/clock-range.js';
import { addDays, type LocalTime } from '../../desired/calendar/local-time.js';
import type { Instant, Interval } from '../../desired/model.js';

const minute = 60_000;

/** `from` and `to` of an opening or closure, and the instants that they mean. */
export interface LocalRange extends Interval {
  /** `YYYY-MM-DDTHH:MM` */
  readonly from: string;
  readonly to: string;
}

/**
 * The local times that hold `interval`, in whole minutes: from the minute of its start to that of its end, rounded up.
 * While the clock is set back they can mean more than asked for: from the first of two equal times, to the last.
 */
export function localRange({ start, end }: Interval, local: LocalTime): LocalRange {
  const to = closing(Math.ceil(end / minute) * minute, local);
  const opening = clockText(Math.floor(start / minute) * minute, local);
  // Across the hour that comes twice the end can read as an earlier time than the start; then all before it is meant.
  const from = opening < to ? opening : minuteBefore(to);
  return { from, to, start: pointInTime(from, local, 'open'), end: closingInstant(to, local) };
}

/** The instant of `HH:MM` (00:00 to 24:00) that comes next after `now`, and its local text. */
export function nextClock(clock: string, now: Instant, local: LocalTime): { readonly text: string; readonly at: Instant } {
  const today = local.dateOf(now);
  const candidates = [today, addDays(today, 1), addDays(today, 2)].map((date) => {
    const text = clock === '00:00' ? `${addDays(date, -1)}T24:00` : `${date}T${clock}`;
    return { text, at: closingInstant(text, local) };
  });
  return candidates.find(({ at }) => at > now) ?? { text: `${addDays(today, 2)}T${clock}`, at: now };
}

function closingInstant(text: string, local: LocalTime): Instant {
  return pointInTime(text, local, 'close');
}

/** Midnight is the 24:00 of the day before: unlike 00:00 it occurs once, whatever the clocks do. */
function closing(instant: Instant, local: LocalTime): string {
  const date = local.dateOf(instant - 1);
  return instant === local.dayOf(date).end ? `${date}T24:00` : clockText(instant, local);
}

function clockText(instant: Instant, local: LocalTime): string {
  const minutes = local.minuteOf(instant);
  return `${local.dateOf(instant)}T${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Of a local time as text; whether that minute exists does not matter. */
function minuteBefore(text: string): string {
  const [date = '', clock = ''] = text.split('T');
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const at = Date.parse(`${date}T00:00:00Z`) + (hours * 60 + minutes - 1) * minute;
  return new Date(at).toISOString().slice(0, 16);
}
