import type { SpecOf } from '../../api/resource.js';
import { parseDuration } from '../../runtime/duration.js';
import type { Booking, Interval } from '../model.js';
import { foldName } from './names.js';
import type { Declared } from './site.js';

/** One door group that a mapping opens for one booking, before lead and lag of the group itself are known. */
export interface RoomOpening {
  readonly doorGroup: string;
  /** The times that `timesFrom` names, without lead and lag. */
  readonly times: Interval;
  /** Milliseconds; null: the door group's own. */
  readonly lead: number | null;
  readonly lag: number | null;
}

export type RoomVerdict =
  /** `named`: every door the mapping names for the room; `openings`: those that it opens for this event. */
  | { readonly verdict: 'Mapped'; readonly named: readonly RoomOpening[]; readonly openings: readonly RoomOpening[]; readonly reason: string }
  /** The booking does not exist for this mapping. */
  | { readonly verdict: 'Excluded'; readonly reason: string }
  | { readonly verdict: 'Unmapped' };

export interface RoomMatcher {
  readonly name: string;
  judge(booking: Booking): RoomVerdict;
}

/** Names are folded once for the mapping, not once a booking. */
export function roomMatcher({ name, spec, suspended }: Declared<SpecOf<'RoomMapping'>>): RoomMatcher {
  const rooms = spec.rooms.map((room) => ({
    ...room,
    folded: room.name === undefined ? null : foldName(room.name),
    part: room.nameContains === undefined ? null : foldName(room.nameContains),
  }));
  const excludedRooms = spec.exclude.flatMap(({ roomContains }) => (roomContains === undefined ? [] : [roomContains]));
  const excludedEvents = spec.exclude.flatMap(({ eventName, eventNameContains, doorGroups }) => {
    const text = eventName ?? eventNameContains;
    if (text === undefined) return [];
    return [{ text, folded: foldName(text), whole: eventName !== undefined, doorGroups: doorGroups ?? null }];
  });
  const campus = spec.onlyLocationContains;

  function judge(booking: Booking): RoomVerdict {
    if (booking.resourceId === null && !spec.locationFallback) return { verdict: 'Unmapped' };
    const location = booking.event.location ?? '';
    if (campus !== undefined && !foldName(location).includes(foldName(campus))) {
      return { verdict: 'Excluded', reason: `location is not "${campus}" (onlyLocationContains of RoomMapping/${name})` };
    }
    const room = foldName(booking.room);
    const excludedRoom = excludedRooms.find((part) => room.includes(foldName(part)));
    if (excludedRoom !== undefined) {
      return { verdict: 'Excluded', reason: `room contains "${excludedRoom}" (exclude of RoomMapping/${name})` };
    }
    // Every entry that matches opens its doors: entries are statements of their own, like mappings.
    const matching = rooms.filter(
      ({ folded, part, resourceId }) =>
        (folded !== null && folded === room) ||
        (part !== null && room.includes(part)) ||
        (resourceId !== undefined && resourceId === booking.resourceId),
    );
    if (matching.length === 0) return { verdict: 'Unmapped' };

    const times = timesOf(booking, spec.timesFrom);
    const named = matching.flatMap(({ doorGroups, lead, lag }) =>
      doorGroups.map((doorGroup) => ({ doorGroup, times, lead: milliseconds(lead ?? spec.lead), lag: milliseconds(lag ?? spec.lag) })),
    );
    // A suspended mapping adds no openings; what it excludes was excluded above.
    if (suspended) return { verdict: 'Mapped', named, openings: [], reason: `RoomMapping/${name} is suspended` };
    const event = foldName(booking.event.name);
    const exclusions = excludedEvents.filter(({ folded, whole }) => (whole ? event === folded : event.includes(folded)));
    const openings = named.filter(
      ({ doorGroup }) => !exclusions.some(({ doorGroups }) => doorGroups === null || doorGroups.includes(doorGroup)),
    );
    const texts = exclusions.map(({ text }) => `"${text}"`).join(', ');
    const reason = exclusions.length === 0 ? '' : `event name matches ${texts} (exclude of RoomMapping/${name})`;
    return { verdict: 'Mapped', named, openings, reason };
  }

  return { name, judge };
}

export function timesOf(booking: Booking, timesFrom: 'Published' | 'Event' | 'Booking'): Interval {
  const { event } = booking;
  switch (timesFrom) {
    case 'Published':
      return { start: event.publishedStartsAt, end: event.publishedEndsAt };
    case 'Event':
      return { start: event.startsAt, end: event.endsAt };
    case 'Booking':
      return { start: booking.start, end: booking.end };
  }
}

function milliseconds(duration: string | undefined): number | null {
  return duration === undefined ? null : parseDuration(duration);
}
