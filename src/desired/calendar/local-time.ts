import { IANAZone } from 'luxon';
import { weekdays, type Weekday } from '../../unifi/access-controller.js';
import type { Instant, Interval } from '../model.js';

/** A local calendar date, `YYYY-MM-DD`. */
export type LocalDate = string;

const minute = 60_000;
const hour = 3_600_000;
const day = 86_400_000;
const minutesPerDay = 1440;
/** Memories start anew when they get long: a daemon runs for years. */
const longestMemory = 20_000;

/** Local time in one IANA zone. Pure: the zone's rules are data. */
export interface LocalTime {
  readonly zone: string;
  dateOf(instant: Instant): LocalDate;
  /** Minutes since local midnight of the wall clock, 0 to 1439. */
  minuteOf(instant: Instant): number;
  startOf(date: LocalDate): Instant;
  /** The local date as [first instant, first instant of the next). */
  dayOf(date: LocalDate): Interval;
  /**
   * The instant of a wall-clock time. One that a gap skips is the first instant after the gap;
   * of one that occurs twice, a window opens at the first and closes at the last. 1440 (24:00) is where the date ends,
   * which happens once even where the next date's first minutes occur twice.
   */
  instantOf(date: LocalDate, minutes: number, edge: 'open' | 'close'): Instant;
  /** Minutes east of UTC. */
  offsetAt(instant: Instant): number;
  /** True when the date has 24 hours and one offset. */
  isPlain(date: LocalDate): boolean;
  /** `minuteOf` each minute of the date, in the order in which they pass. */
  wallMinutes(date: LocalDate): readonly number[];
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * day).toISOString().slice(0, 10);
}

export function weekdayOf(date: LocalDate): Weekday {
  const index = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  return weekdays[index] ?? 'monday';
}

/** Every date from `from` to `to`, both included. */
export function datesBetween(from: LocalDate, to: LocalDate): LocalDate[] {
  const dates: LocalDate[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/** @throws Error when the zone is unknown */
export function localTime(zoneName: string): LocalTime {
  const zone = IANAZone.create(zoneName);
  if (!zone.isValid) throw new Error(`unknown time zone ${zoneName}`);
  const starts = new Map<LocalDate, Instant>();
  const days = new Map<LocalDate, Interval>();
  const offsets = new Map<number, number>();
  const changes = new Map<number, Instant>();
  const dates = new Map<number, LocalDate>();
  const minutes = new Map<LocalDate, readonly number[]>();

  function offsetAtHour(index: number): number {
    const known = offsets.get(index);
    if (known !== undefined) return known;
    const offset = zone.offset(index * hour);
    remember(offsets, index, offset);
    return offset;
  }

  // Asking Intl is slow: an hour with the same offset at both ends has one offset, a zone never changes twice within it.
  function offsetAt(instant: Instant): number {
    const index = Math.floor(instant / hour);
    const before = offsetAtHour(index);
    const after = offsetAtHour(index + 1);
    return before === after || instant < changeWithin(index) ? before : after;
  }

  /** First instant of the later offset in an hour that begins and ends with different ones. */
  function changeWithin(index: number): Instant {
    const known = changes.get(index);
    if (known !== undefined) return known;
    const change = firstOfLater(index * hour, (index + 1) * hour, (instant) => zone.offset(instant));
    changes.set(index, change);
    return change;
  }

  function instantOf(date: LocalDate, minutes: number, edge: 'open' | 'close'): Instant {
    if (minutes === minutesPerDay) return startOf(addDays(date, 1));
    const wall = Date.parse(`${date}T00:00:00Z`) + minutes * minute;
    const before = offsetAt(wall - 1.5 * day);
    const after = offsetAt(wall + 1.5 * day);
    const candidates = [...new Set([before, after])]
      .map((offset) => ({ offset, instant: wall - offset * minute }))
      .filter(({ offset, instant }) => offsetAt(instant) === offset)
      .map(({ instant }) => instant)
      .sort((a, b) => a - b);
    const found = edge === 'open' ? candidates[0] : candidates.at(-1);
    return found ?? firstOfLater(wall - Math.max(before, after) * minute, wall - Math.min(before, after) * minute, offsetAt);
  }

  function startOf(date: LocalDate): Instant {
    const known = starts.get(date);
    if (known !== undefined) return known;
    const start = instantOf(date, 0, 'open');
    starts.set(date, start);
    return start;
  }

  function dateOfDay(index: number): LocalDate {
    const known = dates.get(index);
    if (known !== undefined) return known;
    const date = new Date(index * day).toISOString().slice(0, 10);
    remember(dates, index, date);
    return date;
  }

  const wallOf = (instant: Instant): number => instant + offsetAt(instant) * minute;
  const minuteOf = (instant: Instant): number => Math.floor(((((wallOf(instant) % day) + day) % day) / minute));

  function dayOf(date: LocalDate): Interval {
    const known = days.get(date);
    if (known !== undefined) return known;
    const found = { start: startOf(date), end: startOf(addDays(date, 1)) };
    days.set(date, found);
    return found;
  }

  function wallMinutes(date: LocalDate): readonly number[] {
    const known = minutes.get(date);
    if (known !== undefined) return known;
    const { start, end } = dayOf(date);
    const found = Array.from({ length: Math.ceil((end - start) / minute) }, (_, index) => minuteOf(start + index * minute));
    minutes.set(date, found);
    return found;
  }

  return {
    zone: zoneName,
    dateOf: (instant) => dateOfDay(Math.floor(wallOf(instant) / day)),
    minuteOf,
    wallMinutes,
    startOf,
    dayOf,
    instantOf,
    offsetAt,
    isPlain: (date) => {
      const { start, end } = dayOf(date);
      return end - start === day && offsetAt(start) === offsetAt(end - 1);
    },
  };
}

/** First instant of the later offset; the two offsets differ at the ends of [low, high]. */
function firstOfLater(low: Instant, high: Instant, offsetAt: (instant: Instant) => number): Instant {
  const later = offsetAt(high);
  let [from, to] = [low, high];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(middle) === later) to = middle;
    else from = middle;
  }
  return to;
}

function remember<V>(memory: Map<number, V>, key: number, value: V): void {
  if (memory.size >= longestMemory) memory.clear();
  memory.set(key, value);
}
