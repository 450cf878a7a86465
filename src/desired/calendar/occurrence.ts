import { without } from '../intervals.js';
import type { Booking, Interval } from '../model.js';
import type { Cause } from '../windows.js';
import type { Gate, HoldReason } from './gate.js';
import type { LocalTime } from './local-time.js';
import { occurrenceRef, type Occurrence } from './occurrences.js';
import { concerns, type Closure, type GroupWindow } from './office-hours.js';
import type { Decide, OverrideDecision } from './overrides.js';
import type { RoomOpening, RoomVerdict } from './room-mapping.js';
import { adjustedWindows, mappedWindow, publicTimes, type GroupDefaults } from './shape.js';

export interface EventRules {
  /** What each mapping makes of a booking. */
  readonly verdictsOf: (booking: Booking) => readonly RoomVerdict[];
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
  /** Open and held. */
  readonly windows: readonly (Interval & { readonly doorGroup: string })[];
  /** Those of them that open: a booking may wait for one door and open another. */
  readonly open: readonly (Interval & { readonly doorGroup: string })[];
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
  const existing: Booking[] = [];
  const gone: BookingOutcome[] = [];
  for (const booking of occurrence.bookings) {
    const absent = whyAbsent(booking, rules.verdictsOf(booking));
    if (absent === null) existing.push(booking);
    else gone.push({ booking, ...absent, windows: [], open: [] });
  }

  // 2 Cancel beats every other rule for events
  if (decision.cancel !== null) {
    const reason = `EventOverride/${decision.cancel} cancels it`;
    return { ...nothing, outcomes: [...gone, ...existing.map((booking) => ({ booking, state: 'Cancelled' as const, reason, windows: [], open: [] }))] };
  }

  // 3 shape: the mapped doors, and those that one Adjust replaces
  const shaped = [...existing.flatMap((booking) => mappedShape(booking, decision, rules)), ...adjustedShape(occurrence, existing, decision, rules)];

  // 4 decision
  if (decision.deny !== null) {
    const reason = `EventOverride/${decision.deny} denies it`;
    const denied = existing.map((booking) => ({ booking, state: 'Denied' as const, reason, windows: [], open: [] }));
    return { ...nothing, denied: shaped.flatMap((window) => outsideClosures(window, rules.closures)), outcomes: [...gone, ...denied] };
  }

  // 5 gate, per window; 7 what is closed for everything neither opens nor asks
  const gated = shaped.map((window) => passGate(window, occurrence, decision, rules));
  return {
    ...nothing,
    open: gated.flatMap(({ open }) => open),
    held: gated.flatMap(({ held }) => held),
    outcomes: [...gone, ...existing.map((booking) => outcomeOf(booking, gated, decision, rules))],
  };
}

type Absent = Pick<BookingOutcome, 'state' | 'reason'>;

/** Why a booking is none of the doors' business; null when it exists. */
function whyAbsent({ approval, event }: Booking, verdicts: readonly RoomVerdict[]): Absent | null {
  if (approval !== 'Approved') return { state: 'NotApproved', reason: `the booking is ${approval.toLowerCase()} in the calendar` };
  if (event.blockout) return { state: 'Excluded', reason: 'the event is a blockout' };
  if (verdicts.some(({ verdict }) => verdict === 'Mapped')) return null;
  const excluded = verdicts.flatMap((verdict) => (verdict.verdict === 'Excluded' ? [verdict] : []));
  // A mapping that names neither the room nor the campus says nothing against the exclusion of another.
  const counts = excluded.length === verdicts.length || excluded.some(({ entirely }) => entirely);
  return excluded.length > 0 && counts ? { state: 'Excluded', reason: excluded.map(({ reason }) => reason).join('; ') } : null;
}

function mappedShape(booking: Booking, { adjustments }: OverrideDecision, { verdictsOf, groups }: EventRules): Shaped[] {
  const causes = [eventCause(booking)];
  const found: Shaped[] = [];
  for (const verdict of verdictsOf(booking)) {
    if (verdict.verdict !== 'Mapped') continue;
    for (const opening of verdict.openings) {
      const group = groups.get(opening.doorGroup);
      if (group === undefined || adjustments.has(opening.doorGroup)) continue;
      const window = mappedWindow(opening, group);
      if (window !== null) found.push(shaped(window, opening.doorGroup, causes, booking, group));
    }
  }
  return found;
}

/** One Adjust per door group replaces what mappings say of it, and opens doors that mappings exclude by event or do not name. */
function adjustedShape({ bookings }: Occurrence, existing: readonly Booking[], { adjustments }: OverrideDecision, { verdictsOf, groups, local }: EventRules): Shaped[] {
  if (adjustments.size === 0) return [];
  const naming = (booking: Booking, verdicts: readonly RoomVerdict[]): readonly (RoomOpening & { readonly booking: Booking })[] =>
    verdicts.flatMap(({ named }) => named.map((opening) => ({ ...opening, booking })));
  const named = existing.flatMap((booking) => naming(booking, verdictsOf(booking).filter(({ verdict }) => verdict === 'Mapped')));
  // Doors of bookings that do not exist, or not for the mapping that names the doors: no Adjust revives them.
  const removed = new Set(bookings.flatMap((booking) => naming(booking, verdictsOf(booking))).map(({ doorGroup }) => doorGroup));

  return [...adjustments].flatMap(([doorGroup, adjustment]) => {
    const group = groups.get(doorGroup);
    if (group === undefined) return [];
    const mapped = named.filter((opening) => opening.doorGroup === doorGroup);
    // A door that no mapping names follows the public times, once for the event and not once a room.
    const unmapped = removed.has(doorGroup) ? [] : existing.slice(0, 1).map((booking) => ({ booking, times: publicTimes(booking.event), lead: null, lag: null }));
    const override: Cause = { kind: 'override', ref: `EventOverride/${adjustment.override}`, text: `adjusts ${doorGroup}` };
    return (mapped.length > 0 ? mapped : unmapped).flatMap(({ booking, times, lead, lag }) => {
      const defaults = { lead: lead ?? group.lead, lag: lag ?? group.lag };
      const causes = [eventCause(booking), override];
      return adjustedWindows(adjustment, times, defaults, local).map((window) => shaped(window, doorGroup, causes, booking, group));
    });
  });
}

function shaped({ start, end }: Interval, doorGroup: string, causes: readonly Cause[], booking: Booking, { maxContinuous }: GroupDefaults): Shaped {
  return { start, end, doorGroup, causes, booking, maxContinuous };
}

function eventCause({ event, room }: Booking): Cause {
  return { kind: 'event', ref: occurrenceRef(event), text: `${event.name} (${room})` };
}

interface Gated {
  readonly booking: Booking;
  readonly open: readonly GroupWindow[];
  readonly held: readonly HeldWindow[];
}

function passGate(window: Shaped, { event }: Occurrence, decision: OverrideDecision, { gate, closures }: EventRules): Gated {
  const { doorGroup, causes, booking, maxContinuous } = window;
  const approved = decision.approved.get(doorGroup) ?? [];
  const { open, held } = gate({ window, event, maxContinuous, approved });
  const approvals = approved.length === 0 ? [] : decision.approvals.map((name): Cause => ({ kind: 'override', ref: `EventOverride/${name}`, text: 'approved' }));
  const openCauses = approvals.length === 0 ? causes : [...causes, ...approvals];
  return {
    booking,
    open: open.flatMap(({ start, end }) => outsideClosures({ start, end, doorGroup, causes: openCauses }, closures)),
    held: held.flatMap(({ start, end, reason }) => outsideClosures({ start, end, doorGroup, causes }, closures).map((rest) => ({ ...rest, reason }))),
  };
}

/** Step 7: closures of scope Everything subtract from approved and opened windows too. */
export function outsideClosures(window: GroupWindow, closures: readonly Closure[]): GroupWindow[] {
  const closed = closures.filter((closure) => closure.start < window.end && window.start < closure.end && concerns(closure, window.doorGroup));
  if (closed.length === 0) return [window];
  return without(window, closed).map((rest) => ({ ...window, ...rest }));
}

function outcomeOf(booking: Booking, gated: readonly Gated[], decision: OverrideDecision, rules: EventRules): BookingOutcome {
  const mine = gated.filter((each) => each.booking === booking);
  const held = mine.flatMap((each) => each.held);
  const spans = (all: readonly GroupWindow[]): BookingOutcome['windows'] => all.map(({ doorGroup, start, end }) => ({ doorGroup, start, end }));
  const open = spans(mine.flatMap((each) => each.open));
  const windows = [...open, ...spans(held)];
  const outcome = (state: BookingState, reason: string): BookingOutcome => ({ booking, state, reason, windows, open });
  if (held.length > 0) return outcome('Held', [...new Set(held.map(({ reason }) => holdText[reason]))].join('; '));
  if (windows.length > 0) return outcome('Open', '');
  if (mine.length > 0) return outcome('Suppressed', 'a closure of scope Everything, or SafeHours with outside: Clamp, leaves nothing of its windows');
  const mapped = rules.verdictsOf(booking).flatMap((verdict) => (verdict.verdict === 'Mapped' ? [verdict] : []));
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
