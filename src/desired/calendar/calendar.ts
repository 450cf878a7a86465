import { parseDuration } from '../../runtime/duration.js';
import { isoInstant } from '../../runtime/instant.js';
import { overlaps } from '../intervals.js';
import type { BookedEvent, Booking, Instant, Interval } from '../model.js';
import { mergeWindows, type Cause, type Window } from '../windows.js';
import { matchesEvent } from './event-match.js';
import { addDays, type LocalTime } from './local-time.js';
import { closures, weeklyHours, type Closure, type GroupWindow } from './office-hours.js';
import { roomMatcher, type RoomMatcher, type RoomOpening } from './room-mapping.js';
import { safeHoursGate, type SafeHoursGate } from './safe-hours.js';
import type { CalendarDeclarations } from './site.js';

export interface CalendarFacts {
  readonly declarations: CalendarDeclarations;
  readonly bookings: readonly Booking[];
  readonly local: LocalTime;
  /** Local dates whose standing hours count: from yesterday to this many days ahead. */
  readonly days: number;
}

export type BookingState = 'Open' | 'Held' | 'Denied' | 'Cancelled' | 'Excluded' | 'Suppressed' | 'Unmapped' | 'NotApproved';

export interface BookingOutcome {
  readonly booking: Booking;
  readonly state: BookingState;
  readonly reason: string;
  readonly windows: readonly (Interval & { readonly doorGroup: string })[];
}

/** A window that is declared but not opened, and why. */
export interface HeldWindow extends Window {
  readonly reason: string;
}

export interface GroupCalendar {
  readonly doorGroup: string;
  /** Released: sorted, disjoint. */
  readonly windows: readonly Window[];
  readonly held: readonly HeldWindow[];
}

export interface MappingReport {
  readonly name: string;
  readonly seen: number;
  readonly mapped: number;
  readonly excluded: number;
  readonly unmapped: number;
  readonly unmappedRooms: readonly string[];
}

export interface OverrideReport {
  readonly name: string;
  /** Occurrences among the bookings. */
  readonly matched: number;
  readonly nextOccurrence: Instant | null;
}

export interface Calendar {
  readonly groups: readonly GroupCalendar[];
  readonly bookings: readonly BookingOutcome[];
  readonly mappings: readonly MappingReport[];
  readonly overrides: readonly OverrideReport[];
}

/** Why a window is left out whole, until the rule that could judge it better is there. */
const notImplemented = 'NotImplemented';

/**
 * From declarations and bookings to the windows of each door group. Every step only removes what the step before let
 * through; what cannot be judged yet fails shut.
 */
export function calendar({ declarations, bookings, local, days }: CalendarFacts, now: Instant): Calendar {
  const matchers = declarations.roomMappings.map(roomMatcher);
  const groups = new Map(declarations.doorGroups.map(({ name, spec }) => [name, groupDefaults(spec.unlock)]));
  const closed = declarations.officeHours.flatMap((hours) => closures(hours, local));
  const gate: EventGate = {
    safeHours: safeHoursGate(declarations.safeHours?.spec ?? null, local),
    closures: closed.filter(({ scope }) => scope === 'Everything'),
    overrideOf: overrideFinder(declarations, local),
  };

  const open: GroupWindow[] = [];
  const held: (GroupWindow & { readonly reason: string })[] = [];
  const outcomes = bookings.map((booking): BookingOutcome => {
    const judged = judgeBooking(booking, matchers);
    if ('state' in judged) return { booking, windows: [], ...judged };
    const windows = judged.openings.flatMap((opening) => eventWindow(booking, opening, groups) ?? []);
    const reasons = new Set<string>();
    for (const window of windows) {
      const reason = whyHeld(window, booking.event, gate);
      if (reason === null) open.push(window);
      else {
        held.push({ ...window, reason });
        reasons.add(reason);
      }
    }
    const spans = windows.map(({ doorGroup, start, end }) => ({ doorGroup, start, end }));
    if (reasons.size > 0) return { booking, state: 'Held', reason: [...reasons].join('; '), windows: spans };
    return { booking, state: 'Open', reason: '', windows: spans };
  });

  const today = local.dateOf(now);
  for (const hours of declarations.officeHours) {
    for (const window of weeklyHours(hours, { from: addDays(today, -1), to: addDays(today, days) }, local)) {
      const closure = closed.find((each) => touches(each, window));
      if (closure === undefined) open.push(window);
      else held.push({ ...window, reason: `${notImplemented}: overlaps a closure of ${closure.ref}` });
    }
  }

  return {
    groups: declarations.doorGroups.map(({ name }) => ({
      doorGroup: name,
      windows: mergeWindows(open.filter(({ doorGroup }) => doorGroup === name)),
      held: held
        .filter(({ doorGroup }) => doorGroup === name)
        .map(({ start, end, causes, reason }) => ({ start, end, causes, reason }))
        .sort((a, b) => a.start - b.start),
    })),
    bookings: outcomes,
    mappings: declarations.roomMappings.map(({ name }, index) => mappingReport(name, matchers[index], bookings)),
    overrides: declarations.eventOverrides.map(({ name, spec }) => {
      const starts = [
        ...new Set(bookings.filter(({ event }) => matchesEvent(spec.match, event, local)).map(({ event }) => event.startsAt)),
      ];
      const coming = starts.filter((start) => start >= now).sort((a, b) => a - b);
      return { name, matched: starts.length, nextOccurrence: coming[0] ?? null };
    }),
  };
}

interface GroupDefaults {
  readonly lead: number;
  readonly lag: number;
  readonly maxContinuous: number;
}

function groupDefaults(unlock: { readonly lead: string; readonly lag: string; readonly maxContinuous: string }): GroupDefaults {
  return {
    lead: parseDuration(unlock.lead) ?? 0,
    lag: parseDuration(unlock.lag) ?? 0,
    maxContinuous: parseDuration(unlock.maxContinuous) ?? 0,
  };
}

/** Step 1, exists, and the mapping part of step 3. */
function judgeBooking(
  booking: Booking,
  matchers: readonly RoomMatcher[],
): { readonly openings: readonly RoomOpening[] } | { readonly state: BookingState; readonly reason: string } {
  if (booking.approval !== 'Approved') return { state: 'NotApproved', reason: `the booking is ${booking.approval.toLowerCase()} in the calendar` };
  if (booking.event.blockout) return { state: 'Excluded', reason: 'the event is a blockout' };
  const verdicts = matchers.map((matcher) => matcher.judge(booking));
  const openings = verdicts.flatMap((verdict) => (verdict.verdict === 'Mapped' ? verdict.openings : []));
  if (openings.length > 0) return { openings };
  const excluded = verdicts.flatMap((verdict) => (verdict.verdict === 'Excluded' ? [verdict.reason] : []));
  if (excluded.length > 0) return { state: 'Excluded', reason: excluded.join('; ') };
  return { state: 'Unmapped', reason: `no RoomMapping names the room "${booking.room}"` };
}

interface EventWindow extends GroupWindow {
  readonly maxContinuous: number;
}

function eventWindow(booking: Booking, opening: RoomOpening, groups: ReadonlyMap<string, GroupDefaults>): EventWindow | null {
  const group = groups.get(opening.doorGroup);
  if (group === undefined) return null;
  const start = opening.times.start - (opening.lead ?? group.lead);
  const end = opening.times.end + (opening.lag ?? group.lag);
  if (start >= end) return null;
  return { doorGroup: opening.doorGroup, start, end, causes: [eventCause(booking)], maxContinuous: group.maxContinuous };
}

function eventCause({ event, room }: Booking): Cause {
  return { kind: 'event', ref: occurrenceRef(event), text: `${event.name} (${room})` };
}

/** `event/ID@START`: stable while a calendar re-creates instances. */
export function occurrenceRef(event: BookedEvent): string {
  return `event/${event.id}@${isoInstant(event.startsAt)}`;
}

interface EventGate {
  readonly safeHours: SafeHoursGate;
  readonly closures: readonly Closure[];
  /** Name of an override that matches the event. */
  overrideOf(event: BookedEvent): string | null;
}

function whyHeld(window: EventWindow, event: BookedEvent, gate: EventGate): string | null {
  const override = gate.overrideOf(event);
  if (override !== null) return `${notImplemented}: EventOverride/${override} matches`;
  if (!gate.safeHours.isSafe(window)) return `${notImplemented}: not wholly inside SafeHours`;
  if (window.end - window.start > window.maxContinuous) return `${notImplemented}: longer than maxContinuous of DoorGroup/${window.doorGroup}`;
  const closure = gate.closures.find((each) => touches(each, window));
  if (closure !== undefined) return `${notImplemented}: overlaps a closure of ${closure.ref}`;
  return null;
}

function touches(closure: Closure, window: GroupWindow): boolean {
  return overlaps(closure, window) && (closure.doorGroups === null || closure.doorGroups.includes(window.doorGroup));
}

function overrideFinder({ eventOverrides }: CalendarDeclarations, local: LocalTime): (event: BookedEvent) => string | null {
  const known = new Map<string, string | null>();
  return (event) => {
    const key = `${event.instanceId} ${event.startsAt}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const found = eventOverrides.find(({ spec }) => matchesEvent(spec.match, event, local))?.name ?? null;
    known.set(key, found);
    return found;
  };
}

function mappingReport(name: string, matcher: RoomMatcher | undefined, bookings: readonly Booking[]): MappingReport {
  const counts = { mapped: 0, excluded: 0, unmapped: 0 };
  const unmappedRooms = new Set<string>();
  const existing = bookings.filter(({ approval, event, resourceId }) => approval === 'Approved' && !event.blockout && resourceId !== null);
  for (const booking of existing) {
    const verdict = matcher?.judge(booking).verdict ?? 'Unmapped';
    if (verdict === 'Mapped') counts.mapped += 1;
    else if (verdict === 'Excluded') counts.excluded += 1;
    else {
      counts.unmapped += 1;
      unmappedRooms.add(booking.room);
    }
  }
  return { name, seen: existing.length, ...counts, unmappedRooms: [...unmappedRooms].sort() };
}
