import type { SpecOf } from '../../api/resource.js';
import { mergeIntervals } from '../intervals.js';
import type { Interval } from '../model.js';
import { clockRange } from './clock-range.js';
import { addDays, datesBetween, weekdayOf, type LocalDate, type LocalTime } from './local-time.js';

/** In force where no SafeHours says otherwise. */
const defaultRange = '05:00-23:00';

/** The safe times of every local date that a window touches: merged. */
export function safeRanges(spec: SpecOf<'SafeHours'> | null, local: LocalTime): (window: Interval) => readonly Interval[] {
  const days = new Map<LocalDate, Interval | null>();

  function safeRange(date: LocalDate): Interval | null {
    const known = days.get(date);
    if (known !== undefined) return known;
    const range = clockRange(spec?.days[weekdayOf(date)] ?? spec?.default ?? defaultRange, date, local);
    days.set(date, range);
    return range;
  }

  return (window) => {
    const first = local.dateOf(window.start);
    const usual = safeRange(first);
    // Nearly every window ends here.
    if (usual !== null && usual.start <= window.start && window.end <= usual.end) return [usual];
    // The day before too: its range may end after midnight.
    const dates = datesBetween(addDays(first, -1), local.dateOf(window.end));
    return mergeIntervals(dates.flatMap((date) => safeRange(date) ?? []));
  };
}
