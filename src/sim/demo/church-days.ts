import { DateTime } from 'luxon';

/** The church's time, as its calendar, its database and its door controller have it. */
export const churchZone = 'America/New_York';

export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface WeeklyMoment {
  /** 1 is Monday. */
  readonly weekday: Weekday;
  /** `HH:MM` on the church's clock. */
  readonly time: string;
}

/** Turns "Sunday at 10:00" into instants, counted from one `now` (milliseconds since the epoch). */
export interface ChurchDays {
  /** `YYYY-MM-DD`, so many days from today. */
  date(days: number): string;
  year(): number;
  /** The first such moment after now, or that of a later week. The second week's is never more than 14 days away. */
  next(moment: WeeklyMoment, week: number): DateTime;
  /** The coming quarter of an hour if people are about then, else 10:00 of the next morning. */
  soon(): DateTime;
}

export function churchDays(now: number): ChurchDays {
  const here = DateTime.fromMillis(now, { zone: churchZone });
  return {
    date: (days) => here.plus({ days }).toFormat('yyyy-MM-dd'),
    year: () => here.year,
    next: ({ weekday, time }, week) => {
      const days = (weekday - here.weekday + 7) % 7;
      const today = atClock(here.plus({ days }), time);
      const passed = today.toMillis() <= now;
      // Counted in days, not hours: a service stays at ten when the clocks change.
      return atClock(here.plus({ days: days + (passed ? 7 : 0) + week * 7 }), time);
    },
    soon: () => {
      const quarter = 15 * 60_000;
      const coming = DateTime.fromMillis((Math.floor(now / quarter) + 1) * quarter, { zone: churchZone });
      if (coming.hour >= 8 && coming.hour < 20) return coming;
      const morning = atClock(here, '10:00');
      return morning.toMillis() > now ? morning : atClock(here.plus({ days: 1 }), '10:00');
    },
  };
}

/** `HH:MM` on the day of `day`. */
export function atClock(day: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(':').map(Number);
  return day.set({ hour: hour ?? 0, minute: minute ?? 0, second: 0, millisecond: 0 });
}

/** `2026-11-21T23:00:00Z` */
export function utc(moment: DateTime): string {
  return moment.toUTC().toFormat("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
