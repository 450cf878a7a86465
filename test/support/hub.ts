import { addDays, localTime } from '../../src/desired/calendar/local-time.js';
import { weeklyProgram } from '../../src/desired/calendar/weekly-program.js';
import { unlockedIntervals } from '../../src/sim/unifi/hub.js';
import { weekdays, type Week } from '../../src/sim/unifi/model.js';
import type { WeekSchedule } from '../../src/unifi/access-controller.js';
import { calendarOf, type SiteDraft } from './declarations.js';
import type { Span } from './spans.js';
import { wallClock } from './wall-clock.js';

/** A week in the API's own words, as a hub receives it. */
export function onTheHub(week: WeekSchedule): Week {
  const days = weekdays.map((weekday) => [weekday, week[weekday].map(({ start, end }) => ({ start_time: start, end_time: end }))] as const);
  return Object.fromEntries(days) as unknown as Week;
}

/** When the door of a group stands open in the seven dates from now on, by a hub that follows what a living controller writes now. */
export function doorSpans(site: SiteDraft & { readonly now: string; readonly zone: string }, group = 'gym', horizon = 7): Span[] {
  const local = localTime(site.zone);
  const windows = calendarOf(site).groups.find(({ doorGroup }) => doorGroup === group)?.windows ?? [];
  const { week, from } = weeklyProgram(windows, local, Date.parse(site.now), horizon);
  const wall = wallClock(site.zone);
  const open = unlockedIntervals({ weekly: onTheHub(week), timeZone: site.zone }, wall.startOf(from), wall.startOf(addDays(from, 7)));
  return open.map(({ from: start, to }): Span => [start, to]);
}

/** The same for people: `2026-11-23 18:00:00 to 20:01:00`, with a second date where it ends on another. */
export function doorTimes(site: SiteDraft & { readonly now: string; readonly zone: string }, group = 'gym', horizon = 7): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: site.zone, dateStyle: 'short', timeStyle: 'medium' });
  return doorSpans(site, group, horizon).map(([start, end]) => {
    const [from, to] = [format.format(start), format.format(end)];
    return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
  });
}
