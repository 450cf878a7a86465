import { isoInstant } from '../../runtime/instant.js';
import type { BookedEvent, Instant, Interval } from '../model.js';
import type { HoldReason } from './gate.js';
import type { HeldWindow, OccurrenceResult } from './occurrence.js';
import { occurrenceRef } from './occurrences.js';
import type { GroupWindow } from './office-hours.js';

/** An occurrence with windows that wait for a person, or that a Deny keeps shut. */
export interface WaitingEvent {
  readonly eventId: string;
  readonly eventName: string;
  readonly startsAt: Instant;
  readonly rooms: readonly string[];
  readonly windows: readonly (Interval & { readonly doorGroup: string })[];
  readonly reason: string;
}

/** Occurrences with held windows that are still to come, by their start. */
export function pendingEvents(results: readonly OccurrenceResult[], now: Instant): WaitingEvent[] {
  return byOccurrence(results.filter(({ held }) => held.length > 0)).flatMap(([event, same]) => {
    const held = coming(same.flatMap((result) => result.held), now);
    return held.length === 0 ? [] : [waitingEvent(event, same, held, reasonOf(held))];
  });
}

/** Occurrences that a Deny keeps shut and that are not over; also one that had nothing to open, for the Deny still stands. */
export function deniedEvents(results: readonly OccurrenceResult[], now: Instant): WaitingEvent[] {
  return byOccurrence(results.filter(isDenied)).flatMap(([event, same]) => {
    const denied = coming(same.flatMap((result) => result.denied), now);
    if (denied.length === 0 && event.endsAt <= now) return [];
    return [waitingEvent(event, same, denied, `EventOverride/${same[0]?.decision.deny ?? ''}`)];
  });
}

function isDenied({ outcomes }: OccurrenceResult): boolean {
  return outcomes.some(({ state }) => state === 'Denied');
}

/** A calendar may hold an occurrence twice while it re-creates instances; people decide about it once. */
function byOccurrence(results: readonly OccurrenceResult[]): (readonly [BookedEvent, readonly OccurrenceResult[]])[] {
  const found = new Map<string, OccurrenceResult[]>();
  for (const result of results) {
    const ref = occurrenceRef(result.occurrence.event);
    found.set(ref, [...(found.get(ref) ?? []), result]);
  }
  return [...found.values()].flatMap((same) => (same[0] === undefined ? [] : [[same[0].occurrence.event, same] as const]));
}

function coming<W extends GroupWindow>(windows: readonly W[], now: Instant): W[] {
  return windows.filter(({ end }) => end > now);
}

/** What a person approved and that then grew says so first. */
function reasonOf(held: readonly HeldWindow[]): HoldReason {
  const reasons = held.map(({ reason }) => reason);
  return reasons.find((reason) => reason === 'Changed') ?? reasons.find((reason) => reason === 'OutsideSafeHours') ?? 'MaxContinuous';
}

function waitingEvent(event: BookedEvent, same: readonly OccurrenceResult[], windows: readonly GroupWindow[], reason: string): WaitingEvent {
  const bookings = same.flatMap(({ occurrence }) => occurrence.bookings);
  const spans = new Map(windows.map(({ doorGroup, start, end }) => [`${doorGroup} ${isoInstant(start)} ${isoInstant(end)}`, { doorGroup, start, end }]));
  return {
    eventId: event.id,
    eventName: event.name,
    startsAt: event.startsAt,
    rooms: [...new Set(bookings.filter(({ approval }) => approval === 'Approved').map(({ room }) => room))].sort(),
    windows: [...spans].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, span]) => span),
    reason,
  };
}
