import { isoInstant } from '../../runtime/instant.js';
import { compareText } from '../../runtime/text.js';
import type { BookedEvent, Booking } from '../model.js';

/** One occurrence of an event with all of its room bookings. */
export interface Occurrence {
  readonly event: BookedEvent;
  readonly bookings: readonly Booking[];
}

/** `event/ID@START`: stable while a calendar re-creates instances, so that decisions stay with their occurrence. */
export function occurrenceRef(event: BookedEvent): string {
  return `event/${event.id}@${isoInstant(event.startsAt)}`;
}

/** By start and id, the bookings of each by id: in whatever order they came. */
export function occurrences(bookings: readonly Booking[]): Occurrence[] {
  const found = new Map<string, { event: BookedEvent; bookings: Booking[] }>();
  for (const booking of bookings) {
    const { event } = booking;
    const key = `${event.startsAt} ${event.id} ${event.instanceId}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { event, bookings: [booking] });
    else known.bookings.push(booking);
  }
  return [...found.values()]
    .map(({ bookings: all }) => all.sort((a, b) => compareText(a.id, b.id)))
    .flatMap((all) => (all[0] === undefined ? [] : [{ event: all[0].event, bookings: all }]))
    .sort((a, b) => a.event.startsAt - b.event.startsAt || compareText(a.event.id, b.event.id) || compareText(a.event.instanceId, b.event.instanceId));
}
