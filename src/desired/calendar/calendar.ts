import { parseDuration } from '../../runtime/duration.js';
import type { Booking, Instant } from '../model.js';
import { mergeWindows, type Window } from '../windows.js';
import { safeHoursGate, type HoldReason } from './gate.js';
import { addDays, type LocalTime } from './local-time.js';
import { judgeOccurrence, outsideClosures, waitingEvent, type BookingOutcome, type OccurrenceResult, type WaitingEvent } from './occurrence.js';
import { occurrences } from './occurrences.js';
import { closures, openings, weeklyHours, type GroupWindow } from './office-hours.js';
import { overrideDecider } from './overrides.js';
import { roomMatcher, type RoomMatcher } from './room-mapping.js';
import type { GroupDefaults } from './shape.js';
import type { CalendarDeclarations } from './site.js';

export interface CalendarFacts {
  readonly declarations: CalendarDeclarations;
  readonly bookings: readonly Booking[];
  readonly local: LocalTime;
  /** Local dates whose standing hours count: from yesterday to this many days ahead. */
  readonly days: number;
}

export interface GroupCalendar {
  readonly doorGroup: string;
  /** Released: sorted, disjoint. */
  readonly windows: readonly Window[];
  /** Declared, and waiting for a person. */
  readonly held: readonly (Window & { readonly reason: HoldReason })[];
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
  /** Door groups that it lost to a more specific Adjust. */
  readonly overridden: readonly { readonly doorGroup: string; readonly by: string }[];
}

export interface Calendar {
  readonly groups: readonly GroupCalendar[];
  readonly bookings: readonly BookingOutcome[];
  readonly mappings: readonly MappingReport[];
  readonly overrides: readonly OverrideReport[];
  /** Occurrences that wait for a person. */
  readonly pending: readonly WaitingEvent[];
  /** Occurrences that a Deny keeps shut. */
  readonly denied: readonly WaitingEvent[];
}

/** From declarations and bookings to the windows of each door group, by the precedence of design 4.1. */
export function calendar({ declarations, bookings, local, days }: CalendarFacts, now: Instant): Calendar {
  const { doorGroups, roomMappings, officeHours, eventOverrides, safeHours } = declarations;
  const matchers = roomMappings.map(roomMatcher);
  const closed = officeHours.flatMap((hours) => closures(hours, local));
  const everything = closed.filter(({ scope }) => scope === 'Everything');

  // 1 to 5: what events open, and what they have to ask for
  const rules = {
    matchers,
    groups: new Map(doorGroups.map(({ name, spec }) => [name, groupDefaults(spec.unlock)])),
    decide: overrideDecider(eventOverrides, local),
    gate: safeHoursGate(safeHours?.spec ?? null, local),
    closures: everything,
    local,
  };
  const results = occurrences(bookings).map((occurrence) => judgeOccurrence(occurrence, rules));
  const events = results.flatMap(({ open }) => open);

  const today = local.dateOf(now);
  // 6: weekly hours minus closures, plus openings; a person wrote them, so they are not gated
  const standing = officeHours.flatMap((hours) => weeklyHours(hours, { from: addDays(today, -1), to: addDays(today, days) }, local));
  const hours = [...standing.flatMap((window) => outsideClosures(window, closed)), ...officeHours.flatMap((each) => openings(each, local))];

  // 7: closures of scope Everything subtract from all of it
  const released = [...events, ...hours.flatMap((window) => outsideClosures(window, everything))];

  const byGroup = groupBy(released);
  const heldByGroup = groupBy(results.flatMap(({ held }) => held));
  return {
    groups: doorGroups.map(({ name }) => ({
      doorGroup: name,
      windows: mergeWindows(byGroup.get(name) ?? []),
      held: (heldByGroup.get(name) ?? []).map(({ start, end, causes, reason }) => ({ start, end, causes, reason })).sort((a, b) => a.start - b.start),
    })),
    bookings: inOrder(bookings, results),
    mappings: roomMappings.map(({ name }, index) => mappingReport(name, matchers[index], bookings)),
    overrides: eventOverrides.map(({ name }) => overrideReport(name, results, now)),
    pending: results.flatMap(({ occurrence, held }) => waitingEvent(occurrence, held, held[0]?.reason ?? '', now) ?? []),
    denied: results.flatMap(({ occurrence, denied, decision }) => waitingEvent(occurrence, denied, `EventOverride/${decision.deny ?? ''}`, now) ?? []),
  };
}

function groupDefaults(unlock: { readonly lead: string; readonly lag: string; readonly maxContinuous: string }): GroupDefaults {
  return {
    lead: parseDuration(unlock.lead) ?? 0,
    lag: parseDuration(unlock.lag) ?? 0,
    maxContinuous: parseDuration(unlock.maxContinuous) ?? 0,
  };
}

function groupBy<W extends GroupWindow>(windows: readonly W[]): ReadonlyMap<string, readonly W[]> {
  const groups = new Map<string, W[]>();
  for (const window of windows) {
    const known = groups.get(window.doorGroup);
    if (known === undefined) groups.set(window.doorGroup, [window]);
    else known.push(window);
  }
  return groups;
}

/** In the order of the bookings, whatever occurrences they belong to. */
function inOrder(bookings: readonly Booking[], results: readonly OccurrenceResult[]): BookingOutcome[] {
  const outcomes = new Map(results.flatMap((result) => result.outcomes.map((outcome) => [outcome.booking, outcome] as const)));
  return bookings.flatMap((booking) => outcomes.get(booking) ?? []);
}

function mappingReport(name: string, matcher: RoomMatcher | undefined, bookings: readonly Booking[]): MappingReport {
  const counts = { mapped: 0, excluded: 0, unmapped: 0 };
  const unmappedRooms = new Set<string>();
  const existing = bookings.filter(({ approval, event, resourceId }) => approval === 'Approved' && !event.blockout && resourceId !== null);
  for (const booking of existing) {
    const verdict = matcher?.judge(booking) ?? { verdict: 'Unmapped' };
    if (verdict.verdict === 'Mapped' && verdict.openings.length > 0) counts.mapped += 1;
    else if (verdict.verdict !== 'Unmapped') counts.excluded += 1;
    else {
      counts.unmapped += 1;
      unmappedRooms.add(booking.room);
    }
  }
  return { name, seen: existing.length, ...counts, unmappedRooms: [...unmappedRooms].sort() };
}

function overrideReport(name: string, results: readonly OccurrenceResult[], now: Instant): OverrideReport {
  const matching = results.filter(({ decision }) => decision.matched.includes(name));
  const starts = [...new Set(matching.map(({ occurrence }) => occurrence.event.startsAt))].sort((a, b) => a - b);
  const lost = matching.flatMap(({ decision }) => decision.overridden.filter(({ override }) => override === name));
  const overridden = new Map(lost.map(({ doorGroup, by }) => [`${doorGroup} ${by}`, { doorGroup, by }]));
  return { name, matched: starts.length, nextOccurrence: starts.find((start) => start >= now) ?? null, overridden: [...overridden.values()] };
}
