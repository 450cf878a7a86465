import { addDays, weekdayOf, type LocalDate, type LocalTime } from '../../desired/calendar/local-time.js';
import { weekdays, type TimeRange, type UnifiHoliday, type WeekSchedule } from '../../unifi/access-controller.js';

const minute = 60_000;
/** Holidays reach as far as those of a fence. */
const datesAhead = 60;

/** Every holiday group of a fence test has a name that begins so, and nothing else has. */
export const testGroupPrefix = 'Sexton fence test ';

/**
 * Open from a few minutes ago until `end` and at no other time of the week: a test that is killed leaves a door that shuts
 * by itself. UniFi repeats it every week, which is what `holidaysFrom` is for.
 */
export function openUntil(now: number, end: number, local: LocalTime): WeekSchedule {
  const start = now - 5 * minute;
  const ranges = new Map<string, readonly TimeRange[]>();
  for (let date = local.dateOf(start); date <= local.dateOf(end); date = addDays(date, 1)) {
    const from = date === local.dateOf(start) ? clockTime(local.minuteOf(start)) : '00:00';
    const to = date === local.dateOf(end) ? clockTime(local.minuteOf(end)) : '23:59';
    ranges.set(weekdayOf(date), [{ start: `${from}:00`, end: `${to}:59` }]);
  }
  return Object.fromEntries(weekdays.map((day) => [day, ranges.get(day) ?? []])) as unknown as WeekSchedule;
}

/** One entry a date, without hours, from so many days after today on: from 2, the present is outside whatever zone UniFi means; from -1, inside. */
export function holidaysFrom(today: LocalDate, days: 2 | -1): { readonly name: string; readonly holidays: readonly UnifiHoliday[] } {
  const name = `${testGroupPrefix}${today} ${days === 2 ? 'ahead' : 'now'}`;
  const dates = Array.from({ length: datesAhead - days + 1 }, (_, index) => addDays(today, days + index));
  return { name, holidays: dates.map((date) => ({ name: `${name} ${date}`, repeat: false, start: `${date}T00:00:00Z`, end: `${addDays(date, 1)}T00:00:00Z` })) };
}

function clockTime(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
