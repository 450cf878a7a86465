import { emptyWeek } from '../../desired/calendar/weekly-program.js';
import { weekdays, type TimeRange, type Weekday, type WeekSchedule } from '../../unifi/access-controller.js';

/** What both weeks hold: a suspended group may only shrink. */
export function narrowedWeek(held: WeekSchedule, desired: WeekSchedule): WeekSchedule {
  const narrowed: Record<Weekday, readonly TimeRange[]> = { ...emptyWeek };
  for (const weekday of weekdays) {
    narrowed[weekday] = held[weekday].flatMap((a) =>
      desired[weekday].flatMap((b) => {
        const start = a.start > b.start ? a.start : b.start;
        const end = a.end < b.end ? a.end : b.end;
        return start < end ? [{ start, end }] : [];
      }),
    );
  }
  return narrowed;
}
