import { isoInstant } from '../../runtime/instant.js';
import { without } from '../intervals.js';
import type { Booking, Instant, Interval } from '../model.js';
import type { Cause } from '../windows.js';
import type { Gate, HoldReason } from './gate.js';
import type { LocalTime } from './local-time.js';
import { occurrenceRef, type Occurrence } from './occurrences.js';
import type { Closure, GroupWindow } from './office-hours.js';
import type { Decide, OverrideDecision } from './overrides.js';
import type { RoomMatcher, RoomOpening } from './room-mapping.js';
import { adjustedWindows, mappedWindow, publicTimes, type GroupDefaults } from './shape.js';

export interface EventRules {
  readonly matchers: readonly RoomMatcher[];
  readonly groups: ReadonlyMap<string, GroupDefaults>;
  readonly decide: Decide;
  readonly gate: Gate;
  /** Of scope Everything. */
  readonly closures: readonly Closure[];
  readonly local: LocalTime;
}

export type BookingState = 'Open' | 'Held' | 'Denied' | 'Cancelled' | 'Excluded' | 'Suppressed' | 'Unmapped' | 'NotApproved';

export interface HeldWindow extends GroupWindow {
  readonly reason: HoldReason;
}

export interface BookingOutcome {
  readonly booking: Booking;
  readonly state: BookingState;
  readonly reason: string;
  readonly windows: readonly (Interval & { readonly doorGroup: string })[];
}

export interface OccurrenceResult {
  readonly occurrence: Occurrence;
  readonly decision: OverrideDecision;
  readonly open: readonly GroupWindow[];
  readonly held: readonly HeldWindow[];
  /** What a Deny keeps shut. */
  readonly denied: readonly GroupWindow[];
  readonly outcomes: readonly BookingOutcome[];
}

interface Shaped extends GroupWindow {
  readonly booking: Booking;
  readonly maxContinuous: number;
}

/** Precedence of design 4.1 for one occurrence, top to bottom: nothing below revives what a step above removed. */
export function judgeOccurrence(occurrence: Occurrence, rules: EventRules): OccurrenceResult {
  const decision = rules.decide(occurrence.event);
  const nothing = { occurrence, decision, open: [], held: [], denied: [] };

  // 1 exists
  const existing = occurrence.bookings.filter((booking) => whyAbsent(booking, rules.matchers) === null);
  const absent = occurrence.bookings.flatMap((booking) => whyAbsent(booking, rules.matchers) ?? []);

  // 2 Cancel beats every other rule for events
  if (decision.cancel !== null) {
    const reason = `EventOverride/${decision.cancel} cancels it`;
    return { ...nothing, outcomes: [...absent, ...existing.map((booking) => ({ booking, state: 'Cancelled' as const, reason, windows: [] }))] };
  }

  // 3 shape
  const shaped = existing.flatMap((booking) => shape(booking, existing[0] === booking, decision, rules));

  // 4 decision
  if (decision.deny !== null) {
    const reason = `EventOverride/${decision.deny} denies it`;
    const denied = existing.map((booking) => ({ booking, state: 'Denied' as const, reason, windows: [] }));
    return { ...nothing, denied: shaped.flatMap((window) => outsideClosures(window, rules.closures)), outcomes: [...absent, ...denied] };
  }

  // 5 gate, per window; 7 what is closed for everything neither opens nor asks
  const gated = shaped.map((window) => passGate(window, occurrence, decision, rules));
  return {
    ...nothing,
    open: gated.flatMap(({ open }) => open),
    held: gated.flatMap(({ held }) => held),
    outcomes: [...absent, ...existing.map((booking) => outcomeOf(booking, gated, decision, rules))],
  };
}

/** Why a booking is none of the doors' business; null when it exists. */
function whyAbsent(booking: Booking, matchers: readonly RoomMatcher[]): BookingOutcome | null {
  const absent = (state: BookingState, reason: string): BookingOutcome => ({ booking, state, reason, windows: [] });
  if (booking.approval !== 'Approved') return absent('NotApproved', `the booking is ${booking.approval.toLowerCase()} in the calendar`);
  if (booking.event.blockout) return absent('Excluded', 'the event is a blockout');
  const verdicts = matchers.map((matcher) => matcher.judge(booking));
  const excluded = verdicts.flatMap((verdict) => (verdict.verdict === 'Excluded' ? [verdict.reason] : []));
  return excluded.length > 0 && excluded.length === verdicts.length ? absent('Excluded', excluded.join('; ')) : null;
}

/** Mapping minus excluded event names; then one Adjust per door group replaces the doors that it names. */
function shape(booking: Booking, isFirst: boolean, { adjustments }: OverrideDecision, { matchers, groups, local }: EventRules): Shaped[] {
  const verdicts = matchers.map((matcher) => matcher.judge(booking));
  const mapped = verdicts.flatMap((verdict) => (verdict.verdict === 'Mapped' ? [verdict] : []));
  const event: Cause = { kind: 'event', ref: occurrenceRef(booking.event), text: `${booking.event.name} (${booking.room})` };
  const shaped = (doorGroup: string, window: Interval, group: GroupDefaults, causes: readonly Cause[]): Shaped => ({
    ...window,
    doorGroup,
    causes,
    booking,
    maxContinuous: group.maxContinuous,
  });

  const windows: Shaped[] = [];
  for (const opening of mapped.flatMap(({ openings }) => openings)) {
    const group = groups.get(opening.doorGroup);
    const window = group === undefined || adjustments.has(opening.doorGroup) ? null : mappedWindow(opening, group);
    if (group !== undefined && window !== null) windows.push(shaped(opening.doorGroup, window, group, [event]));
  }
  for (const [doorGroup, adjustment] of adjustments) {
    const group = groups.get(doorGroup);
    if (group === undefined) continue;
    const named = mapped.flatMap((verdict) => verdict.named).filter((opening) => opening.doorGroup === doorGroup);
    // A door that no mapping names follows the public times, once for the event and not once a room.
    const unmapped: RoomOpening = { doorGroup, times: publicTimes(booking.event), lead: null, lag: null };
    const openings = named.length > 0 ? named : isFirst ? [unmapped] : [];
    const override: Cause = { kind: 'override', ref: `EventOverride/${adjustment.override}`, text: `adjusts ${doorGroup}` };
    for (const { times, lead, lag } of openings) {
      const defaults = { lead: lead ?? group.lead, lag: lag ?? group.lag };
      for (const window of adjustedWindows(adjustment, times, defaults, local)) windows.push(shaped(doorGroup, window, group, [event, override]));
    }
  }
  return windows;
}

interface Gated {
  readonly booking: Booking;
  readonly open: readonly GroupWindow[];
  readonly held: readonly HeldWindow[];
}

function passGate(window: Shaped, { event }: Occurrence, decision: OverrideDecision, { gate, closures }: EventRules): Gated {
  const { doorGroup, causes, booking, maxContinuous } = window;
  const { open, held } = gate({ window, event, maxContinuous, approved: decision.approved.get(doorGroup) ?? [] });
  const approvals = decision.approved.has(doorGroup)
    ? decision.approvals.map((name): Cause => ({ kind: 'override', ref: `EventOverride/${name}`, text: 'approved' }))
    : [];
  return {
    booking,
    open: open.flatMap((piece) => outsideClosures({ ...piece, doorGroup, causes: [...causes, ...approvals] }, closures)),
    held: held.flatMap(({ reason, ...piece }) => outsideClosures({ ...piece, doorGroup, causes }, closures).map((rest) => ({ ...rest, reason }))),
  };
}

/** Step 7: closures of scope Everything subtract from approved and opened windows too. */
export function outsideClosures(window: GroupWindow, closures: readonly Closure[]): GroupWindow[] {
  const closed = closures.filter(({ doorGroups }) => doorGroups === null || doorGroups.includes(window.doorGroup));
  return without(window, closed).map((rest) => ({ ...window, ...rest }));
}

function outcomeOf(booking: Booking, gated: readonly Gated[], decision: OverrideDecision, rules: EventRules): BookingOutcome {
  const mine = gated.filter((each) => each.booking === booking);
  const held = mine.flatMap((each) => each.held);
  const windows = [...mine.flatMap(({ open }) => open), ...held].map(({ doorGroup, start, end }) => ({ doorGroup, start, end }));
  const outcome = (state: BookingState, reason: string): BookingOutcome => ({ booking, state, reason, windows });
  if (held.length > 0) return outcome('Held', [...new Set(held.map(({ reason }) => holdText[reason]))].join('; '));
  if (windows.length > 0) return outcome('Open', '');
  if (mine.length > 0) return outcome('Suppressed', 'a closure of scope Everything, or SafeHours with outside: Clamp, leaves nothing of its windows');
  const verdicts = rules.matchers.map((matcher) => matcher.judge(booking));
  const mapped = verdicts.flatMap((verdict) => (verdict.verdict === 'Mapped' ? [verdict] : []));
  const adjusted = mapped.flatMap(({ named }) => named).flatMap(({ doorGroup }) => decision.adjustments.get(doorGroup)?.override ?? []);
  if (adjusted.length > 0) return outcome('Suppressed', `${[...new Set(adjusted)].map((name) => `EventOverride/${name}`).join(', ')} leaves its doors shut`);
  const reasons = mapped.flatMap(({ reason }) => (reason === '' ? [] : [reason]));
  if (reasons.length > 0) return outcome('Excluded', reasons.join('; '));
  if (mapped.length > 0) return outcome('Suppressed', 'the times leave no window, or the door groups do not exist');
  return outcome('Unmapped', `no RoomMapping names the room "${booking.room}"`);
}

const holdText: Readonly<Record<HoldReason, string>> = {
  OutsideSafeHours: 'outside SafeHours: waits for approval',
  MaxContinuous: 'longer than maxContinuous of its door group: waits for approval',
  Changed: 'goes beyond what was approved: waits for approval',
};

/** An occurrence with windows that wait for a person, or that a Deny keeps shut. */
export interface WaitingEvent {
  readonly eventId: string;
  readonly eventName: string;
  readonly startsAt: Instant;
  readonly rooms: readonly string[];
  readonly windows: readonly (Interval & { readonly doorGroup: string })[];
  readonly reason: string;
}

/** Null when nothing of these windows is still to come. */
export function waitingEvent({ event, bookings }: Occurrence, windows: readonly GroupWindow[], reason: string, now: Instant): WaitingEvent | null {
  const coming = windows.filter(({ end }) => end > now);
  if (coming.length === 0) return null;
  const spans = new Map(coming.map(({ doorGroup, start, end }) => [`${doorGroup} ${isoInstant(start)} ${isoInstant(end)}`, { doorGroup, start, end }]));
  return {
    eventId: event.id,
    eventName: event.name,
    startsAt: event.startsAt,
    rooms: [...new Set(bookings.filter(({ approval }) => approval === 'Approved').map(({ room }) => room))].sort(),
    windows: [...spans].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, span]) => span),
    reason,
  };
}
