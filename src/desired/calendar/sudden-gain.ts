import { mergeIntervals } from '../intervals.js';
import type { Booking, Instant, Interval } from '../model.js';
import type { Calendar } from './calendar.js';
import { addDays, type LocalTime } from './local-time.js';

/** What new bookings of one occurrence open at one door group. */
export interface NewOpening {
  readonly doorGroup: string;
  readonly eventId: string;
  readonly eventName: string;
  readonly startsAt: Instant;
  /** Sorted, disjoint. */
  readonly windows: readonly Interval[];
  /** Ids of the bookings behind them. */
  readonly bookings: readonly string[];
}

export interface Gain {
  /** Windows that new bookings open. */
  readonly windows: number;
  /** Windows without them, of the week that more than doubles. */
  readonly week: number;
}

const mostWindows = 20;
const smallestWeek = 10;

/** By door group and occurrence; windows that are over count no more. */
export function newOpenings(bookings: Calendar['bookings'], isNew: ReadonlySet<string>, now: Instant): NewOpening[] {
  const found = new Map<string, { readonly doorGroup: string; readonly booking: Booking; readonly windows: Interval[]; readonly bookings: Set<string> }>();
  for (const { booking, open } of bookings.filter((outcome) => isNew.has(outcome.booking.id))) {
    for (const { doorGroup, start, end } of open.filter((window) => window.end > now)) {
      const key = `${doorGroup} ${booking.event.id}@${booking.event.startsAt}`;
      const known = found.get(key) ?? { doorGroup, booking, windows: [], bookings: new Set() };
      known.windows.push({ start, end });
      known.bookings.add(booking.id);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ doorGroup, booking, windows, bookings: ids }) => ({
    doorGroup,
    eventId: booking.event.id,
    eventName: booking.event.name,
    startsAt: booking.event.startsAt,
    windows: mergeIntervals(windows),
    bookings: [...ids].sort(),
  }));
}

/**
 * More than twenty windows at once that more than double a week of at least ten; null: no more than people do.
 * @param before the windows that the site has without the new bookings
 */
export function suddenGain(openings: readonly NewOpening[], before: Calendar['groups'], local: LocalTime, now: Instant): Gain | null {
  const added = openings.flatMap(({ windows }) => windows);
  if (added.length <= mostWindows) return null;
  const standing = before.flatMap(({ windows }) => windows);
  const today = local.dateOf(now);
  const last = Math.max(...added.map(({ end }) => end));
  for (let from = today; local.startOf(from) < last; from = addDays(from, 7)) {
    const week = { start: local.startOf(from), end: local.startOf(addDays(from, 7)) };
    const [known, more] = [within(standing, week), within(added, week)];
    if (known >= smallestWeek && more > known) return { windows: added.length, week: known };
  }
  return null;
}

function within(windows: readonly Interval[], week: Interval): number {
  return windows.filter(({ start, end }) => start < week.end && end > week.start).length;
}
