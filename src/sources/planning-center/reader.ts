import type { Booking, Interval } from '../../desired/model.js';
import type { Clock } from '../../runtime/clock.js';
import { TransientError } from '../../runtime/errors.js';
import type { HttpClient } from '../../runtime/http.js';
import { plain } from '../../runtime/text.js';
import type { Reading } from '../reading.js';
import { createCalendarApi, isRefusedQuestion, type CalendarApi, type PlanningCenterAuth } from './api-client.js';
import { joinBookings, mayOverlap } from './bookings.js';
import { parseRecord, textAttribute } from './json-api.js';
import { readList, type List } from './list.js';
import { overlapQuery, overlaps, readWindow } from './read-window.js';
import { relatedRecords } from './records.js';
import { instanceFields, resolveMissing } from './resolve.js';
import { zoneMismatch } from './time-zones.js';
import { readUnbooked } from './unbooked.js';

export interface PlanningCenterReaderOptions {
  readonly http: HttpClient;
  readonly auth: PlanningCenterAuth;
  readonly lookaheadDays: number;
  /** The site's IANA zone. */
  readonly timeZone: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Asked at each reading: does any mapping fall back to the location of events without bookings? Default: no. */
  readonly withUnbooked?: () => boolean;
}

const includes: readonly (readonly [string, string])[] = [
  ['include', 'event_instance,event_resource_request,resource'],
  ...instanceFields,
];

/**
 * Reads every room booking from the start of yesterday to the end of the lookahead, of all approvals, with one query
 * of a hundred bookings a page. @throws TransientError, TerminalError when nothing was learned; each names the remedy
 */
export function createPlanningCenterReader(options: PlanningCenterReaderOptions): () => Promise<Reading<Booking>> {
  const { timeZone, lookaheadDays, clock } = options;
  const api = createCalendarApi(options.http, options.auth);
  let organizationZone: string | null = null;

  return async () => {
    const now = clock.now();
    const window = readWindow(now, timeZone, lookaheadDays);
    const list = await readBookings(api, window);
    const records = list.records.filter((record) => mayOverlap(record, window));
    const related = await resolveMissing(api, records, relatedRecords(records, list.included), window);
    const joined = joinBookings(records, related);
    if (joined.orphans.length > 0) {
      throw new TransientError(`Planning Center does not tell the events of the bookings ${someOf(joined.orphans)}.`, {
        code: 'SourceIncomplete',
      });
    }
    const booked = new Set(joined.bookings.map(({ event }) => event.instanceId));
    const unbooked = options.withUnbooked?.() === true ? await readUnbooked(api, window, booked) : null;
    const incomplete = new Set([...joined.incompleteEvents, ...(unbooked?.incompleteEvents ?? [])]);
    organizationZone ??= await readOrganizationZone(api);

    const items = [...joined.bookings, ...(unbooked?.bookings ?? [])]
      .filter(({ event }) => !incomplete.has(event.id))
      .sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
    const blockoutsUnknown = [...related.instances.values()].some(({ attributes }) => attributes['kind'] === undefined);
    const mismatch = organizationZone === null ? null : zoneMismatch(organizationZone, timeZone, now);
    const warnings = [
      ...(mismatch === null ? [] : [mismatch]),
      ...(blockoutsUnknown ? ['Planning Center does not tell which events are blockouts; their rooms count as booked.'] : []),
    ];
    return { items, warnings, ...(incomplete.size === 0 ? {} : { partial: partialReading(incomplete, window) }) };
  };
}

async function readBookings(api: CalendarApi, window: Interval): Promise<List> {
  const query = overlapQuery(window);
  try {
    return await readList(api, '/resource_bookings', [...query, ...includes]);
  } catch (error) {
    if (!isRefusedQuestion(error)) throw error;
    return readList(api, '/resource_bookings', query);
  }
}

function partialReading(events: ReadonlySet<string>, window: Interval): NonNullable<Reading<Booking>['partial']> {
  return {
    code: 'SourceIncomplete',
    message: `Planning Center left out parts of the events ${someOf([...events])}: their last known bookings stay.`,
    keepsFromLast: (booking) => events.has(booking.event.id) && overlaps(booking, window),
  };
}

/** Null where it cannot be told now: the check is a convenience, the next reading tries again. */
async function readOrganizationZone(api: CalendarApi): Promise<string | null> {
  try {
    const record = parseRecord(await api.get(''));
    const zone = record === null ? null : textAttribute(record, 'time_zone');
    return zone === null ? null : plain(zone);
  } catch {
    return null;
  }
}

function someOf(ids: readonly string[]): string {
  const shown = ids.slice(0, 5).join(', ');
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
}
