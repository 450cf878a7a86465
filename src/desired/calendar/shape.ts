import { parseDuration } from '../../runtime/duration.js';
import type { BookedEvent, Interval } from '../model.js';
import { isEmpty } from '../intervals.js';
import { clockMinutes } from './clock-range.js';
import { addDays, datesBetween, type LocalDate, type LocalTime } from './local-time.js';
import type { Adjustment } from './overrides.js';
import type { RoomOpening } from './room-mapping.js';

/** Milliseconds; a door group's own. */
export interface GroupDefaults {
  readonly lead: number;
  readonly lag: number;
  readonly maxContinuous: number;
}

const day = 86_400_000;

/** The window of a mapped room without an Adjust. The room's lead beats the mapping's, which beats the group's. */
export function mappedWindow(opening: RoomOpening, group: GroupDefaults): Interval | null {
  return padded(opening.times, opening.lead ?? group.lead, opening.lag ?? group.lag);
}

/**
 * What an Adjust puts in the place of a group's windows. `times`: start and end by the `timesFrom` of the mapping that
 * names the door, or the public ones.
 */
export function adjustedWindows(
  { entry, suspended }: Adjustment,
  times: Interval,
  defaults: { readonly lead: number; readonly lag: number },
  local: LocalTime,
): Interval[] {
  if (suspended) return [];
  const lead = entry.lead === undefined ? defaults.lead : (parseDuration(entry.lead) ?? 0);
  const lag = entry.lag === undefined ? defaults.lag : (parseDuration(entry.lag) ?? 0);
  if (entry.windows === undefined) {
    const window = padded(times, lead, lag);
    return window === null ? [] : [window];
  }
  const windows = entry.windows;
  return daysOf(times, local)
    .flatMap((date) => windows.map(({ open, close }) => clockWindow(open, close, date, local)))
    .filter((window) => !isEmpty(window) && window.start <= times.end + lag);
}

export function publicTimes(event: BookedEvent): Interval {
  return { start: event.publishedStartsAt, end: event.publishedEndsAt };
}

function padded({ start, end }: Interval, lead: number, lag: number): Interval | null {
  const window = { start: start - lead, end: end + lag };
  return isEmpty(window) ? null : window;
}

/** An event under 24 h has one day, that of its start; a longer one has every local date that it touches. */
function daysOf({ start, end }: Interval, local: LocalTime): readonly LocalDate[] {
  if (end - start < day) return [local.dateOf(start)];
  return datesBetween(local.dateOf(start), local.dateOf(end - 1));
}

/** A window that ends at or before its start ends the next day. */
function clockWindow(open: string, close: string, date: LocalDate, local: LocalTime): Interval {
  const [from, to] = [clockMinutes(open), clockMinutes(close)];
  return { start: local.instantOf(date, from, 'open'), end: local.instantOf(to <= from ? addDays(date, 1) : date, to, 'close') };
}
