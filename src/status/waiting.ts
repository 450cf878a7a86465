import type { StatusOf } from '../api/resource.js';
import type { Calendar } from '../desired/calendar/calendar.js';
import type { WaitingEvent } from '../desired/calendar/waiting-event.js';
import type { HoldReason } from '../desired/calendar/gate.js';
import { isoInstant, isoSeconds } from '../runtime/instant.js';
import type { Instant } from '../desired/model.js';
import type { ResourceReading } from '../store/resource-store.js';
import type { DeniedView, PendingView } from './view.js';

export interface Waiting {
  readonly pending: readonly PendingView[];
  readonly denied: readonly DeniedView[];
  /** The pending ones that no earlier run knew: each is an event of its own. */
  readonly fresh: readonly PendingView[];
}

/** Since when an occurrence waits, by `eventId@startsAt`; what is new begins now. */
type WaitingSince = ReadonlyMap<string, string>;

/** Occurrences that a person has to look at. What waited before, by the last report or the status file, keeps its moment. */
export function waitingOf(calendar: Calendar, reading: ResourceReading, previous: Waiting | null, now: Instant): Waiting {
  const stored = reading.resources.flatMap((each) => (each.kind === 'SafeHours' && each.status !== null ? [each.status as StatusOf<'SafeHours'>] : []));
  const earlier = [...stored, ...(previous === null ? [] : [previous])];
  const since = (kind: 'pending' | 'denied'): WaitingSince =>
    new Map(earlier.flatMap((each) => (each[kind] ?? []).flatMap((entry) => (entry.since === undefined ? [] : [[waitingKey(entry.eventId, entry.startsAt), entry.since] as const]))));
  const known = since('pending');
  const pending = pendingViews(calendar.pending, known, now);
  const fresh = pending.filter(({ eventId, startsAt }) => !known.has(waitingKey(eventId, startsAt)));
  return { pending, fresh, denied: deniedViews(calendar.denied, since('denied'), now) };
}

function pendingViews(events: readonly WaitingEvent[], since: WaitingSince, now: Instant): PendingView[] {
  return events.map((event) => waitingView(event, since, now, 'approve'));
}

/** What a Deny keeps shut; the command takes the generated decision back. */
function deniedViews(events: readonly WaitingEvent[], since: WaitingSince, now: Instant): DeniedView[] {
  return events.map((event) => ({ ...waitingView(event, since, now, 'restore'), reason: event.reason }));
}

function waitingView(event: WaitingEvent, since: WaitingSince, now: Instant, command: string): PendingView {
  const startsAt = isoInstant(event.startsAt);
  return {
    eventId: event.eventId,
    eventName: event.eventName,
    startsAt,
    rooms: event.rooms,
    windows: event.windows.map(({ doorGroup, start, end }) => ({ doorGroup, start: isoInstant(start), end: isoInstant(end) })),
    reason: event.reason as HoldReason,
    since: since.get(waitingKey(event.eventId, startsAt)) ?? isoSeconds(now),
    release: `sexton ${command} ${event.eventId}@${startsAt}`,
  };
}

function waitingKey(eventId: string, startsAt: string): string {
  return `${eventId}@${startsAt}`;
}
