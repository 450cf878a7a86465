import { createHash } from 'node:crypto';
import type { UnifiHoliday } from '../../unifi/access-controller.js';
import { addDays, datesBetween, type LocalDate, type LocalTime } from './local-time.js';

/** Dates that a fence closes one by one; each day it is made anew, further on. */
export const fencedDates = 60;
/** How long the one entry after them lasts, where UniFi takes it. */
const daysBeyond = 3650;
/** Horizons that a configuration may have. */
const horizons = [3, 4, 5, 6, 7];

const fenceName = /^Sexton fence (\d{4}-\d{2}-\d{2}) [0-9a-f]{6}$/;

/**
 * Holidays that close a schedule for good once its program is over, so that a controller which died cannot repeat its
 * week. Every schedule that is programmed on one date holds the same fence.
 */
export interface Fence {
  readonly name: string;
  /** The last date on which the program beside it opens anything; from the next one on, doors stay shut. */
  readonly until: LocalDate;
  /** One per date. */
  readonly entries: readonly UnifiHoliday[];
  /** All that comes after them, in one long entry: UniFi may refuse it. */
  readonly beyond: UnifiHoliday;
}

/**
 * The fence of one date: sixty dates from the end of the program on. Its name carries the first 6 hex digits of the
 * SHA-256 of these dates, as `YYYY-MM-DD` joined by line feeds; the long entry is not part of it.
 *
 * Whether a hub reads an entry as UTC or as its own calendar date is not documented. East of Greenwich a UTC date ends
 * after the local one has begun to be over, so that the fence starts one date earlier there: a living controller has
 * moved it on before that date comes.
 */
export function fenceGroup(today: LocalDate, horizon: number, local: LocalTime): Fence {
  const until = addDays(today, horizon - 1);
  const last = addDays(until, fencedDates);
  const east = datesBetween(until, last).some((date) => local.offsetAt(utcMidnight(date)) > 0);
  const from = east ? until : addDays(until, 1);
  const dates = datesBetween(from, addDays(from, fencedDates - 1));
  const after = addDays(from, fencedDates);
  const hash = createHash('sha256').update(dates.join('\n')).digest('hex').slice(0, 6);
  return {
    name: `Sexton fence ${today} ${hash}`,
    until,
    entries: dates.map((date) => holiday(today, date, addDays(date, 1))),
    beyond: holiday(today, after, addDays(after, daysBeyond)),
  };
}

/** The date in UTC, as the API wants it: from midnight to the next midnight. */
function holiday(today: LocalDate, date: LocalDate, end: LocalDate): UnifiHoliday {
  return { name: `Sexton ${today} ${date}`, repeat: false, start: `${date}T00:00:00Z`, end: `${end}T00:00:00Z` };
}

function utcMidnight(date: LocalDate): number {
  return Date.parse(`${date}T00:00:00Z`);
}

/** Only Sexton makes holiday groups of such names, and no other group is ever deleted. */
export function isFence(groupName: string): boolean {
  return fenceName.test(groupName);
}

/** `Fence.until` of a fence by its name alone, whatever the horizon was then; null for any other name. */
export function fenceUntil(groupName: string, local: LocalTime): LocalDate | null {
  const today = fenceName.exec(groupName)?.[1];
  if (today === undefined || Number.isNaN(utcMidnight(today))) return null;
  return horizons.map((horizon) => fenceGroup(today, horizon, local)).find(({ name }) => name === groupName)?.until ?? null;
}

/** True when a group holds exactly this fence, with or without the long entry. */
export function holdsFence({ entries, beyond }: Fence, held: readonly UnifiHoliday[]): boolean {
  const holding = written(held);
  return holding === written(entries) || holding === written([...entries, beyond]);
}

function written(holidays: readonly UnifiHoliday[]): string {
  return holidays
    .map(({ name, repeat, start, end }) => `${start} ${end} ${repeat} ${name}`)
    .sort()
    .join('\n');
}
