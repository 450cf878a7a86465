import type { DateTime } from 'luxon';
import { atClock, churchZone, utc, type ChurchDays } from './church-days.js';
import { events, resources, type DemoEvent } from './events.js';

/** What Planning Center holds: a seed of its simulator. */
export function demoCalendar(days: ChurchDays): unknown {
  const ids = { instance: 135_800_000, booking: 243_700_000 };
  return {
    organization: { name: 'Hilltop Church of Springvale', time_zone: churchZone },
    resources,
    events: events.map((event, index) => ({
      id: String(7_700_001 + index),
      name: event.name,
      approval_status: event.approval ?? 'A',
      instances: event.weeks.map((week) => instance(event, startOf(event, week, days), ids)),
    })),
  };
}

function startOf({ when }: DemoEvent, week: number, days: ChurchDays): DateTime {
  return when === 'soon' ? days.soon() : days.next({ weekday: when.weekday, time: when.from }, week);
}

function endOf({ to, nights = 0 }: DemoEvent, start: DateTime): DateTime {
  return typeof to === 'number' ? start.plus({ minutes: to }) : atClock(start.plus({ days: nights }), to);
}

function instance(event: DemoEvent, start: DateTime, ids: { instance: number; booking: number }): unknown {
  const end = endOf(event, start);
  ids.instance += 1;
  return {
    id: String(ids.instance),
    name: event.name,
    // The rooms are taken from setup to teardown; the public is asked in between.
    starts_at: utc(start.minus({ minutes: event.setup ?? 0 })),
    ends_at: utc(end.plus({ minutes: event.teardown ?? 0 })),
    published_starts_at: utc(start),
    published_ends_at: utc(end),
    location: 'Hilltop Church, 1 Example Lane, Springvale',
    all_day_event: false,
    kind: event.kind ?? 'standard',
    bookings: event.books.map((booked) => {
      const [name, approval] = typeof booked === 'string' ? [booked, event.approval ?? 'A'] : booked;
      ids.booking += 1;
      return { id: String(ids.booking), resource_id: resourceId(name), approval_status: approval };
    }),
  };
}

function resourceId(name: string): string {
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`the demo has no room ${name}`);
  return found.id;
}
