import type { SpecOf } from '../../api/resource.js';
import { parseDuration } from '../../runtime/duration.js';
import type { Booking, Interval } from '../model.js';
import { foldName } from './names.js';
import type { Declared } from './site.js';

type Spec = SpecOf<'RoomMapping'>;

/** One door group that a mapping opens for one booking, before lead and lag of the group itself are known. */
export interface RoomOpening {
  readonly doorGroup: string;
  /** The times that `timesFrom` names, without lead and lag. */
  readonly times: Interval;
  /** Milliseconds; null: the door group's own. */
  readonly lead: number | null;
  readonly lag: number | null;
}

/** `named`: every door that the mapping names for the room, whatever becomes of it. */
export type RoomVerdict =
  /** `openings`: those that it opens for this event. */
  | { readonly verdict: 'Mapped'; readonly named: readonly RoomOpening[]; readonly openings: readonly RoomOpening[]; readonly reason: string }
  /** The booking does not exist for this mapping. `entirely`: the mapping speaks of this very room, not only of another campus. */
  | { readonly verdict: 'Excluded'; readonly named: readonly RoomOpening[]; readonly entirely: boolean; readonly reason: string }
  | { readonly verdict: 'Unmapped'; readonly named: readonly [] };

/** What one mapping makes of a booking. */
export type JudgeRoom = (booking: Booking) => RoomVerdict;

const unmapped: RoomVerdict = { verdict: 'Unmapped', named: [] };

/** Names are folded once for the mapping, not once a booking. */
export function roomJudge({ name, spec, suspended }: Declared<Spec>): JudgeRoom {
  const rooms = roomFinder(spec);
  const excludedRooms = spec.exclude.flatMap(({ roomContains }) => (roomContains === undefined ? [] : [{ text: roomContains, part: foldName(roomContains) }]));
  const excludedEvents = spec.exclude.flatMap(({ eventName, eventNameContains, doorGroups }) => {
    const text = eventName ?? eventNameContains;
    return text === undefined ? [] : [{ text, folded: foldName(text), whole: eventName !== undefined, doorGroups: doorGroups ?? null }];
  });
  const campus = spec.onlyLocationContains === undefined ? null : foldName(spec.onlyLocationContains);

  return (booking) => {
    if (booking.resourceId === null && !spec.locationFallback) return unmapped;
    const room = foldName(booking.room);
    const times = timesOf(booking, spec.timesFrom);
    const named = rooms(room, booking.resourceId).flatMap(({ doorGroups, lead, lag }) => doorGroups.map((doorGroup) => ({ doorGroup, times, lead, lag })));

    if (campus !== null && !foldName(booking.event.location ?? '').includes(campus)) {
      const reason = `location is not "${spec.onlyLocationContains ?? ''}" (onlyLocationContains of RoomMapping/${name})`;
      return { verdict: 'Excluded', named, entirely: named.length > 0, reason };
    }
    const excludedRoom = excludedRooms.find(({ part }) => room.includes(part));
    if (excludedRoom !== undefined) {
      return { verdict: 'Excluded', named, entirely: true, reason: `room contains "${excludedRoom.text}" (exclude of RoomMapping/${name})` };
    }
    if (named.length === 0) return unmapped;
    // A suspended mapping adds no openings; what it excludes was excluded above.
    if (suspended) return { verdict: 'Mapped', named, openings: [], reason: `RoomMapping/${name} is suspended` };
    if (excludedEvents.length === 0) return { verdict: 'Mapped', named, openings: named, reason: '' };

    const event = foldName(booking.event.name);
    const exclusions = excludedEvents.filter(({ folded, whole }) => (whole ? event === folded : event.includes(folded)));
    const openings = named.filter(({ doorGroup }) => !exclusions.some(({ doorGroups }) => doorGroups === null || doorGroups.includes(doorGroup)));
    const texts = exclusions.map(({ text }) => `"${text}"`).join(', ');
    const reason = exclusions.length === 0 ? '' : `event name matches ${texts} (exclude of RoomMapping/${name})`;
    return { verdict: 'Mapped', named, openings, reason };
  };
}

interface RoomEntry {
  readonly doorGroups: readonly string[];
  readonly lead: number | null;
  readonly lag: number | null;
}

/** Every entry that matches opens its doors: entries are statements of their own, like mappings. */
function roomFinder(spec: Spec): (foldedRoom: string, resourceId: string | null) => readonly RoomEntry[] {
  const byName = new Map<string, RoomEntry[]>();
  const byResource = new Map<string, RoomEntry[]>();
  const byPart: { readonly part: string; readonly entry: RoomEntry }[] = [];
  const add = (map: Map<string, RoomEntry[]>, key: string, entry: RoomEntry): void => {
    map.set(key, [...(map.get(key) ?? []), entry]);
  };
  for (const { name, nameContains, resourceId, doorGroups, lead, lag } of spec.rooms) {
    const entry = { doorGroups, lead: milliseconds(lead ?? spec.lead), lag: milliseconds(lag ?? spec.lag) };
    if (name !== undefined) add(byName, foldName(name), entry);
    if (resourceId !== undefined) add(byResource, resourceId, entry);
    if (nameContains !== undefined) byPart.push({ part: foldName(nameContains), entry });
  }
  return (foldedRoom, resourceId) => [
    ...(byName.get(foldedRoom) ?? []),
    ...((resourceId === null ? undefined : byResource.get(resourceId)) ?? []),
    ...byPart.filter(({ part }) => foldedRoom.includes(part)).map(({ entry }) => entry),
  ];
}

function timesOf(booking: Booking, timesFrom: Spec['timesFrom']): Interval {
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
