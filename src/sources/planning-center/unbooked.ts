import type { Booking, Interval } from '../../desired/model.js';
import { TransientError } from '../../runtime/errors.js';
import { isRefusedQuestion, type CalendarApi } from './api-client.js';
import { bookedEvent, mayOverlap } from './bookings.js';
import type { ApiRecord } from './json-api.js';
import { readList, type List } from './list.js';
import { overlapQuery } from './read-window.js';
import { approvalStatus, byId } from './records.js';
import { instanceFields } from './resolve.js';

interface Unbooked {
  readonly bookings: readonly Booking[];
  readonly incompleteEvents: ReadonlySet<string>;
}

/** Occurrences that booked no room, as bookings of the place their location names (`locationFallback`). */
export async function readUnbooked(api: CalendarApi, window: Interval, bookedInstances: ReadonlySet<string>): Promise<Unbooked> {
  const list = await readInstances(api, window);
  const events = byId(list.included, 'Event');
  const bookings: Booking[] = [];
  const incompleteEvents = new Set<string>();
  for (const instance of list.records) {
    if (bookedInstances.has(instance.id) || !mayOverlap(instance, window)) continue;
    const eventId = instance.relations['event'];
    if (eventId === undefined) {
      throw new TransientError(`Planning Center does not tell the event of the instance ${instance.id}.`, { code: 'SourceIncomplete' });
    }
    const booking = toBooking(instance, eventId, events.get(eventId));
    if (booking === 'incomplete') incompleteEvents.add(eventId);
    else if (booking !== null && !(await hasBookingsElsewhere(api, booking, window))) bookings.push(booking);
  }
  return { bookings, incompleteEvents };
}

/** An occurrence that reaches beyond the window may have booked its rooms for that part only. */
async function hasBookingsElsewhere(api: CalendarApi, booking: Booking, window: Interval): Promise<boolean> {
  if (booking.start >= window.start && booking.end <= window.end) return false;
  const path = `/event_instances/${encodeURIComponent(booking.event.instanceId)}/resource_bookings`;
  return (await readList(api, path, [])).records.length > 0;
}

function toBooking(instance: ApiRecord, eventId: string, series: ApiRecord | undefined): Booking | 'incomplete' | null {
  const event = bookedEvent(instance, eventId);
  const approval = series === undefined ? null : approvalStatus(series);
  if (event === null) return 'incomplete';
  if (event.location === null || event.location.trim() === '') return null;
  if (approval === null) return 'incomplete';
  return {
    id: `instance-${instance.id}`,
    event,
    resourceId: null,
    room: event.location,
    start: event.startsAt,
    end: event.endsAt,
    approval,
  };
}

async function readInstances(api: CalendarApi, window: Interval): Promise<List> {
  const query = [['include', 'event'], ...overlapQuery(window)] as const;
  try {
    return await readList(api, '/event_instances', [...query, ...instanceFields]);
  } catch (error) {
    if (!isRefusedQuestion(error)) throw error;
    return readList(api, '/event_instances', query);
  }
}
