import type { BookedEvent, Booking, Interval } from '../../desired/model.js';
import { plain } from '../../runtime/text.js';
import { instantAttribute, textAttribute, type ApiRecord } from './json-api.js';
import { overlaps } from './read-window.js';
import type { Related } from './records.js';

interface Joined {
  readonly bookings: readonly Booking[];
  /** Events of which some booking could not be made out; none of their bookings is in the list. */
  readonly incompleteEvents: ReadonlySet<string>;
  /** Bookings that do not even tell their event: nothing can be said about any event then. */
  readonly orphans: readonly string[];
}

/** False only for what provably lies outside the window. */
export function mayOverlap(record: ApiRecord, window: Interval): boolean {
  const start = instantAttribute(record, 'starts_at');
  const end = instantAttribute(record, 'ends_at');
  return start === null || end === null || end < start || overlaps({ start, end }, window);
}

/** Room bookings joined with what they point at. An unresolved link makes its event incomplete. */
export function joinBookings(records: readonly ApiRecord[], related: Related): Joined {
  const bookings: Booking[] = [];
  const incompleteEvents = new Set<string>();
  const orphans: string[] = [];
  for (const record of records) {
    const eventId = eventOf(record, related);
    const booking = eventId === null ? 'incomplete' : toBooking(record, eventId, related);
    if (eventId === null) orphans.push(record.id);
    else if (booking === 'incomplete') incompleteEvents.add(eventId);
    else if (booking !== 'not a room') bookings.push(booking);
  }
  return { bookings: bookings.filter(({ event }) => !incompleteEvents.has(event.id)), incompleteEvents, orphans };
}

function eventOf(record: ApiRecord, related: Related): string | null {
  const instance = related.instances.get(record.relations['event_instance'] ?? '');
  return record.relations['event'] ?? instance?.relations['event'] ?? null;
}

function toBooking(record: ApiRecord, eventId: string, related: Related): Booking | 'not a room' | 'incomplete' {
  const room = related.rooms.get(record.relations['resource'] ?? '');
  const kind = room === undefined ? null : textAttribute(room, 'kind');
  if (room === undefined || kind === null) return 'incomplete';
  if (kind !== 'Room') return 'not a room';
  const instance = related.instances.get(record.relations['event_instance'] ?? '');
  const event = instance === undefined ? null : bookedEvent(instance, eventId);
  const roomName = textAttribute(room, 'name');
  const approval = related.approvals.get(record.id);
  const start = instantAttribute(record, 'starts_at');
  const end = instantAttribute(record, 'ends_at');
  if (event === null || roomName === null || approval === undefined) return 'incomplete';
  if (start === null || end === null || end < start) return 'incomplete';
  return { id: record.id, event, resourceId: room.id, room: plain(roomName), start, end, approval };
}

/** The occurrence behind an instance record; null when it does not tell its name and times. */
export function bookedEvent(instance: ApiRecord, eventId: string): BookedEvent | null {
  const name = textAttribute(instance, 'name');
  const startsAt = instantAttribute(instance, 'starts_at');
  const endsAt = instantAttribute(instance, 'ends_at');
  if (name === null || startsAt === null || endsAt === null || endsAt < startsAt) return null;
  const location = textAttribute(instance, 'location');
  return {
    id: eventId,
    instanceId: instance.id,
    name: plain(name),
    startsAt,
    endsAt,
    ...publishedTimes(instance, { start: startsAt, end: endsAt }),
    location: location === null ? null : plain(location),
    allDay: instance.attributes['all_day_event'] === true,
    blockout: instance.attributes['kind'] === 'blockout',
  };
}

function publishedTimes(instance: ApiRecord, own: Interval): Pick<BookedEvent, 'publishedStartsAt' | 'publishedEndsAt'> {
  const start = instantAttribute(instance, 'published_starts_at') ?? own.start;
  const end = instantAttribute(instance, 'published_ends_at') ?? own.end;
  return start <= end
    ? { publishedStartsAt: start, publishedEndsAt: end }
    : { publishedStartsAt: own.start, publishedEndsAt: own.end };
}
