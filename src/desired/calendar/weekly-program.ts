import { weekdays, type TimeRange, type Weekday, type WeekSchedule } from '../../unifi/access-controller.js';
import { intersect } from '../intervals.js';
import type { Instant, Interval } from '../model.js';
import { addDays, datesBetween, weekdayOf, type LocalDate, type LocalTime } from './local-time.js';

/** UniFi takes this many ranges a day. Source: the vendor's help on unlock schedules. */
export const maxRangesPerDay = 20;

const minute = 60_000;
const lastMinute = 1439;
/** Of a wall minute that occurs; one that never does is 0. */
const held = 1;
const shut = 2;

/** Whole wall-clock minutes of one day, both included. */
interface MinuteRange {
  readonly first: number;
  readonly last: number;
}

export interface WeeklyProgram {
  /** The first of the dates it stands for. */
  readonly from: LocalDate;
  /** The last. */
  readonly to: LocalDate;
  readonly week: WeekSchedule;
  /** Ranges beyond 20 a day that were left out (`TooManyRanges`). */
  readonly leftOut: readonly { readonly date: LocalDate; readonly range: TimeRange }[];
}

export const emptyWeek: WeekSchedule = Object.freeze({
  monday: [],
  tuesday: [],
  wednesday: [],
  thursday: [],
  friday: [],
  saturday: [],
  sunday: [],
});

/**
 * Seven dates, not 168 hours: each weekday holds exactly the pieces of the one date in today … today + horizon − 1
 * that falls on it. So it changes when declarations change, and once at each local midnight.
 */
export function weeklyProgram(windows: readonly Interval[], local: LocalTime, now: Instant, horizon: number): WeeklyProgram {
  const from = local.dateOf(now);
  const to = addDays(from, horizon - 1);
  const week: Record<Weekday, readonly TimeRange[]> = { ...emptyWeek };
  const leftOut: { date: LocalDate; range: TimeRange }[] = [];
  for (const date of datesBetween(from, to)) {
    const ranges = minuteRanges(windows, date, local);
    // Gone by already today: the first to leave out, nobody stands before those doors.
    const past = date === from ? ranges.filter(({ last }) => last < local.minuteOf(now)) : [];
    const surplus = Math.max(0, ranges.length - maxRangesPerDay);
    const droppedPast = past.slice(0, surplus);
    const kept = ranges.filter((range) => !droppedPast.includes(range));
    week[weekdayOf(date)] = kept.slice(0, maxRangesPerDay).map(timeRange);
    leftOut.push(...kept.slice(maxRangesPerDay).map((range) => ({ date, range: timeRange(range) })));
  }
  return { from, to, week, leftOut };
}

function timeRange({ first, last }: MinuteRange): TimeRange {
  return { start: `${wallClock(first)}:00`, end: `${wallClock(last)}:59` };
}

function wallClock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** The minutes of `date` that the windows hold; ranges that overlap or touch are united. */
function minuteRanges(windows: readonly Interval[], date: LocalDate, local: LocalTime): MinuteRange[] {
  const day = local.dayOf(date);
  const pieces = windows.flatMap((window) => intersect(window, day) ?? []);
  if (pieces.length === 0) return [];
  return local.isPlain(date) ? plainRanges(pieces, day) : changingDayRanges(pieces, date, local);
}

function plainRanges(pieces: readonly Interval[], day: Interval): MinuteRange[] {
  const ranges: MinuteRange[] = [];
  const minutesOf = pieces
    .map(({ start, end }) => ({
      first: Math.floor((start - day.start) / minute),
      // The closing minute is held to its :59, the vendor's convention; midnight closes at 23:59:59.
      last: Math.min(Math.floor((end - day.start) / minute), lastMinute),
    }))
    .sort((a, b) => a.first - b.first);
  for (const next of minutesOf) {
    const previous = ranges.at(-1);
    if (previous !== undefined && next.first <= previous.last + 1) {
      ranges[ranges.length - 1] = { first: previous.first, last: Math.max(previous.last, next.last) };
    } else {
      ranges.push(next);
    }
  }
  return ranges;
}

/**
 * A day on which clocks change, minute by minute. A wall minute that occurs twice is held only if each occurrence is
 * inside a window or closes one. A wall minute that never occurs neither opens nor ends a range.
 */
function changingDayRanges(pieces: readonly Interval[], date: LocalDate, local: LocalTime): MinuteRange[] {
  const minutes = local.wallMinutes(date);
  const { start: midnight } = local.dayOf(date);
  const inside = new Uint8Array(minutes.length);
  for (const { start, end } of pieces) inside.fill(1, Math.floor((start - midnight) / minute), Math.floor((end - midnight) / minute) + 1);
  const walls = new Uint8Array(lastMinute + 1);
  for (let index = 0; index < minutes.length; index += 1) {
    const wall = minutes[index] ?? 0;
    walls[wall] = inside[index] === 1 && walls[wall] !== shut ? held : shut;
  }
  const ranges: MinuteRange[] = [];
  let broken = true;
  for (let wall = 0; wall <= lastMinute; wall += 1) {
    const state = walls[wall];
    const previous = ranges.at(-1);
    if (state === held && (broken || previous === undefined)) ranges.push({ first: wall, last: wall });
    else if (state === held && previous !== undefined) ranges[ranges.length - 1] = { first: previous.first, last: wall };
    if (state === held || state === shut) broken = state === shut;
  }
  return ranges;
}

/** For comparing and for status: the same week, whatever the order of ranges and days. */
export function canonicalWeek(week: WeekSchedule): WeekSchedule {
  const canonical: Record<Weekday, readonly TimeRange[]> = { ...emptyWeek };
  for (const weekday of weekdays) {
    canonical[weekday] = week[weekday]
      .map(({ start, end }) => ({ start, end }))
      .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }
  return canonical;
}

export function sameWeek(a: WeekSchedule, b: WeekSchedule): boolean {
  return JSON.stringify(canonicalWeek(a)) === JSON.stringify(canonicalWeek(b));
}
