import type { WaitingEvent } from '../desired/calendar/occurrence.js';
import type { HoldReason } from '../desired/calendar/gate.js';
import { isoInstant, isoSeconds } from '../runtime/instant.js';
import type { Instant } from '../desired/model.js';
import type { PendingView } from './view.js';

/** Since when an occurrence waits, by `eventId@startsAt`; what is new begins now. */
export type WaitingSince = ReadonlyMap<string, string>;

export function pendingViews(events: readonly WaitingEvent[], since: WaitingSince, now: Instant): PendingView[] {
  return events.map((event) => waitingView(event, since, now, 'approve'));
}

/** What a Deny keeps shut; the command takes the generated decision back. */
export function deniedViews(events: readonly WaitingEvent[], since: WaitingSince, now: Instant): (Omit<PendingView, 'reason'> & { readonly reason: string })[] {
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

export function waitingKey(eventId: string, startsAt: string): string {
  return `${eventId}@${startsAt}`;
}
