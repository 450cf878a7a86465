import { addDays, localTime } from '../../desired/calendar/local-time.js';
import type { Instant, Interval } from '../../desired/model.js';
import type { Query } from './api-client.js';

/** From the start of yesterday to the end of today + lookahead, local dates: edges that move once a day. @throws Error on an unknown zone */
export function readWindow(now: Instant, timeZone: string, lookaheadDays: number): Interval {
  const time = localTime(timeZone);
  const today = time.dateOf(now);
  return { start: time.startOf(addDays(today, -1)), end: time.startOf(addDays(today, lookaheadDays + 1)) };
}

/** What overlaps the window. Full instants and operators: a bare date is read in the organization's zone, or matches nothing. */
export function overlapQuery(window: Interval): Query {
  return [
    ['where[starts_at][lt]', instantText(window.end)],
    ['where[ends_at][gt]', instantText(window.start)],
    ['order', 'starts_at'],
  ];
}

export function overlaps(item: Interval, window: Interval): boolean {
  return item.start < window.end && item.end > window.start;
}

function instantText(instant: Instant): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
