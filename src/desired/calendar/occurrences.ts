import { isoInstant } from '../../runtime/instant.js';
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

/** In the order in which the bookings name them. */
export function occurrences(bookings: readonly Booking[]): Occurrence[] {
  const found = new Map<string, Booking[]>();
  for (const booking of bookings) {
    const key = `${occurrenceRef(booking.event)} ${booking.event.instanceId}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [booking]);
    else known.push(booking);
  }
  return [...found.values()].flatMap((all) => (all[0] === undefined ? [] : [{ event: all[0].event, bookings: all }]));
}
