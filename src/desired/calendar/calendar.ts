import { parseDuration } from '../../runtime/duration.js';
import { mergeIntervals } from '../intervals.js';
import type { Booking, Instant, Interval } from '../model.js';
import { mergeWindows, type Window } from '../windows.js';
import { safeHoursGate, type HoldReason } from './gate.js';
import { addDays, type LocalTime } from './local-time.js';
import { judgeOccurrence, outsideClosures, type BookingOutcome, type EventRules, type OccurrenceResult } from './occurrence.js';
import { occurrenceRef, occurrences } from './occurrences.js';
import { closures, concerns, openings, weeklyHours, type GroupWindow } from './office-hours.js';
import { overrideDecider } from './overrides.js';
import { roomJudge, type RoomVerdict } from './room-mapping.js';
import type { GroupDefaults } from './shape.js';
import { shutDoors, type ShutDoor } from './shut-doors.js';
import type { CalendarDeclarations } from './site.js';
import { deniedEvents, pendingEvents, type WaitingEvent } from './waiting-event.js';

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
  /** What closures of scope Everything shut: sorted, disjoint. Known also where bookings are not. */
  readonly closed: readonly Interval[];
  /** Declared, and waiting for a person. */
  readonly held: readonly (Window & { readonly reason: HoldReason | 'SuddenGain' })[];
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
  readonly bookings: readonly (BookingOutcome & { readonly shut: readonly ShutDoor[] })[];
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
  const judges = roomMappings.map(roomJudge);
  const verdicts = new Map(bookings.map((booking) => [booking, judges.map((judge) => judge(booking))] as const));
  const verdictsOf = (booking: Booking): readonly RoomVerdict[] => verdicts.get(booking) ?? [];
  const closed = officeHours.flatMap((hours) => closures(hours, local));
  const everything = closed.filter(({ scope }) => scope === 'Everything');

  // 1 to 5: what events open, and what they have to ask for
  const rules = {
    verdictsOf,
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

  const matching = byOverride(results);
  const byGroup = groupBy(released);
  const heldByGroup = groupBy(results.flatMap(({ held }) => held));
  return {
    groups: doorGroups.map(({ name }) => ({
      doorGroup: name,
      windows: mergeWindows(byGroup.get(name) ?? []),
      closed: mergeIntervals(everything.filter((closure) => concerns(closure, name))),
      held: (heldByGroup.get(name) ?? []).map(({ start, end, causes, reason }) => ({ start, end, causes, reason })).sort((a, b) => a.start - b.start || a.end - b.end),
    })),
    bookings: inOrder(bookings, results, verdictsOf),
    mappings: roomMappings.map(({ name }, index) => mappingReport(name, index, verdicts)),
    overrides: eventOverrides.map(({ name }) => overrideReport(name, matching.get(name) ?? [], now)),
    pending: pendingEvents(results, now),
    denied: deniedEvents(results, now),
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
function inOrder(bookings: readonly Booking[], results: readonly OccurrenceResult[], verdictsOf: EventRules['verdictsOf']): Calendar['bookings'] {
  const outcomes = new Map<Booking, Calendar['bookings'][number]>();
  for (const { outcomes: all, decision } of results) {
    for (const outcome of all) outcomes.set(outcome.booking, { ...outcome, shut: shutDoors(outcome, verdictsOf(outcome.booking), decision) });
  }
  return bookings.flatMap((booking) => outcomes.get(booking) ?? []);
}

function mappingReport(name: string, index: number, verdicts: ReadonlyMap<Booking, readonly RoomVerdict[]>): MappingReport {
  const counts = { mapped: 0, excluded: 0, unmapped: 0 };
  const unmappedRooms = new Set<string>();
  const existing = [...verdicts].filter(([{ approval, event, resourceId }]) => approval === 'Approved' && !event.blockout && resourceId !== null);
  for (const [{ room }, all] of existing) {
    const verdict = all[index];
    if (verdict?.verdict === 'Mapped' && verdict.openings.length > 0) counts.mapped += 1;
    else if (verdict !== undefined && verdict.verdict !== 'Unmapped') counts.excluded += 1;
    else if (!all.some((other) => other.verdict === 'Mapped' || (other.verdict === 'Excluded' && other.entirely))) {
      // Rooms of another mapping are not missing from this one.
      counts.unmapped += 1;
      unmappedRooms.add(room);
    }
  }
  return { name, seen: existing.length, ...counts, unmappedRooms: [...unmappedRooms].sort() };
}

function byOverride(results: readonly OccurrenceResult[]): ReadonlyMap<string, readonly OccurrenceResult[]> {
  const found = new Map<string, OccurrenceResult[]>();
  for (const [name, result] of results.flatMap((each) => each.decision.matched.map((name) => [name, each] as const))) {
    const known = found.get(name);
    if (known === undefined) found.set(name, [result]);
    else known.push(result);
  }
  return found;
}

function overrideReport(name: string, matching: readonly OccurrenceResult[], now: Instant): OverrideReport {
  // While a calendar re-creates instances it holds an occurrence twice.
  const starts = new Map(matching.map(({ occurrence: { event } }) => [occurrenceRef(event), event.startsAt]));
  const next = [...starts.values()].filter((start) => start >= now).sort((a, b) => a - b)[0];
  const lost = matching.flatMap(({ decision }) => decision.overridden.filter(({ override }) => override === name));
  const overridden = new Map(lost.map(({ doorGroup, by }) => [`${doorGroup} ${by}`, { doorGroup, by }]));
  return { name, matched: starts.size, nextOccurrence: next ?? null, overridden: [...overridden.values()] };
}
