import type { Instant, Interval } from '../../desired/model.js';
import { intersect } from '../../desired/intervals.js';
import { mergeWindows, type Window } from '../../desired/windows.js';
import type { Emergency, UnifiLockRule } from '../../unifi/access-controller.js';

/** What the state directory remembers of one door: the rule that Sexton set last, and for which window. */
export interface RuleMemory {
  /** Whose windows it served; their `deletionPolicy` counts when they are gone. */
  readonly doorGroups: readonly string[];
  readonly window: Interval & { readonly causes: readonly string[] };
  readonly sentAt: Instant;
  /** When it ends by the clock of this computer; UniFi's own clock may differ. */
  readonly expected: Instant;
  /** As UniFi read it back, in unix seconds; null: sent, and never seen. */
  readonly endedTime: number | null;
  /** Minutes of the longest interval that this door took after it had refused a longer one; null: none was refused. */
  readonly longest: number | null;
  /** Why this window is not opened again; null: Sexton's rule runs, ran, or was sent. */
  readonly stopped: 'Person' | 'Unconfirmed' | 'MemoryLost' | null;
  /** The confirmed rule that this unconfirmed one was to replace: it may still be the one that runs. */
  readonly before: RuleMemory | null;
  /** Since when Sexton itself has been ending it; null: it is not. */
  readonly endingSince: Instant | null;
}

export interface RuleInputs {
  readonly now: Instant;
  /** Released windows of the door's groups, united. */
  readonly windows: readonly Window[];
  /** Of suspended groups: they keep a door open that stands open, and never open one. */
  readonly frozen: readonly Window[];
  /** False: some window may be missing (an unread source, a door not found), so that none is ended early. */
  readonly endsKnown: boolean;
  /** True: what the door's groups no longer declare is left to expire (`deletionPolicy: Orphan`). */
  readonly orphan: boolean;
  readonly doorGroups: readonly string[];
  readonly memory: RuleMemory | null;
  /** The memory of every door was lost then; null: never. */
  readonly lostSince: Instant | null;
  readonly rule: UnifiLockRule;
  readonly emergency: Emergency;
}

export type RuleState =
  /** Nothing to do: no window, no rule of ours. */
  | 'Idle'
  /** Our rule runs as declared. */
  | 'Held'
  /** A schedule of UniFi's own holds the door; nothing is set over it. */
  | 'Schedule'
  | 'Emergency'
  | 'YieldedToPerson'
  | 'EndedByPerson';

export type RuleDecision =
  | {
      readonly action: 'none';
      readonly state: RuleState;
      /** What to remember from now on: the same object when nothing was learned. */
      readonly memory: RuleMemory | null;
      /** When to look again although nothing may have changed; null: at the next edge of a window. */
      readonly lookAgain: Instant | null;
    }
  | { readonly action: 'set'; readonly window: Window; readonly longest: number | null }
  | { readonly action: 'reset'; readonly memory: RuleMemory };

const second = 1_000;
const minute = 60 * second;
/** A window's end may move by this much without a write. */
const endTolerance = minute;
const confirmedTolerance = 2;
const unconfirmedTolerance = 90 * second;
/** A rule that is gone this shortly before its time has expired. */
const expiryTolerance = 10 * second;
/** Counted up to whole minutes a rule outlasts its window by less than one; beyond, it was sent too late. */
const overrun = 62 * second;
/** Within this, an unconfirmed rule that is not there was most likely never sent, and one that was being ended was ended by us; later it may have been somebody. */
const retryUnconfirmed = 10 * minute;
const renewalLead = 5 * minute;
const watchInterval = minute;

/** What is remembered, before the request leaves, of a rule that is to be set now. */
export function unconfirmedMemory(
  { now, memory, doorGroups }: Pick<RuleInputs, 'now' | 'memory' | 'doorGroups'>,
  { window, longest }: Extract<RuleDecision, { readonly action: 'set' }>,
): RuleMemory {
  const before = memory === null || memory.stopped !== null ? null : memory.endedTime === null ? memory.before : { ...memory, before: null, endingSince: null };
  // What a glitch of the calendar drops stays known, so that its return is no new declaration.
  const known = memory !== null && overlaps(memory.window, window) ? memory.window.causes : [];
  return {
    doorGroups,
    window: { start: window.start, end: window.end, causes: [...new Set([...known, ...causeKeys(window)])] },
    sentAt: now,
    expected: now + ruleMinutes(window.end, now, longest) * minute,
    endedTime: null,
    longest,
    stopped: null,
    before,
    endingSince: null,
  };
}

/** Whole minutes until `end`, at least one: the interval of a custom rule. */
export function ruleMinutes(end: Instant, now: Instant, longest: number | null): number {
  return Math.min(longest ?? Infinity, Math.max(1, Math.ceil((end - now) / minute)));
}

/** An idle door reads as `""` or `reset`, by firmware. */
export function ruleKind({ type }: UnifiLockRule): 'idle' | 'schedule' | 'custom' | 'person' {
  if (type === '' || type === 'reset' || type === '0' || type === 'null') return 'idle';
  if (type === 'schedule' || type === 'custom') return type;
  return 'person';
}

/** Ours is only a custom rule that ends when the one we remember ends. */
function isOurs(rule: UnifiLockRule, memory: RuleMemory): boolean {
  if (memory.stopped !== null || ruleKind(rule) !== 'custom') return false;
  if (memory.endedTime !== null) return Math.abs(rule.endedTime - memory.endedTime) <= confirmedTolerance;
  return Math.abs(rule.endedTime * second - memory.expected) <= unconfirmedTolerance;
}

/** What one door's lock rule needs now (design 4.6). Whatever is in doubt is not written. */
export function decideRule(inputs: RuleInputs): RuleDecision {
  const { now, memory, rule, emergency } = inputs;
  const current = currentWindow(inputs);
  const running = runningRule(memory, rule);
  const watch = current === undefined ? null : now + watchInterval;
  const none = (state: RuleState, next: RuleMemory | null = memory, lookAgain: Instant | null = watch): RuleDecision => ({
    action: 'none',
    state,
    memory: next,
    lookAgain,
  });
  if (emergency.lockdown || emergency.evacuation) return none('Emergency', memory, now + watchInterval);
  if (running !== null) return decideOurs(inputs, running, current);
  const seen = replaced(memory, rule, now);
  const kind = ruleKind(rule);
  if (kind === 'custom' || kind === 'person') return none('YieldedToPerson', seen);
  if (kind === 'schedule') return none('Schedule', seen);
  if (current === undefined) return none('Idle', seen);
  return decideIdle({ ...inputs, memory: seen }, current);
}

/** The window that is on, of all groups; suspended ones count only as far as a rule of ours runs already. */
function currentWindow({ windows, frozen, memory, now }: RuleInputs): Window | undefined {
  const running = memory?.stopped === null ? memory.window : null;
  const kept = frozen.flatMap((window) => {
    const span = running === null ? null : intersect(window, running);
    return span === null ? [] : [{ ...window, ...span }];
  });
  return mergeWindows([...windows, ...kept]).find(({ start, end }) => start <= now && now < end);
}

/** The memory of our rule that runs, confirmed; null when what runs is not ours. */
function runningRule(memory: RuleMemory | null, rule: UnifiLockRule): RuleMemory | null {
  if (memory === null) return null;
  if (memory.endedTime === null && memory.before !== null && isOurs(rule, memory.before)) return { ...memory.before, longest: memory.longest };
  if (!isOurs(rule, memory)) return null;
  // It runs on: what was to end it never came, and is decided anew.
  if (memory.endedTime !== null) return memory.endingSince === null ? memory : { ...memory, endingSince: null };
  // Its request may have left later than was remembered.
  return { ...memory, endedTime: rule.endedTime, expected: Math.max(memory.expected, rule.endedTime * second), before: null, endingSince: null };
}

function decideOurs(inputs: RuleInputs, memory: RuleMemory, current: Window | undefined): RuleDecision {
  const { now, endsKnown, orphan } = inputs;
  const keep = (lookAgain: Instant | null = null): RuleDecision => ({ action: 'none', state: 'Held', memory, lookAgain });
  if (current === undefined) {
    const tooLong = memory.expected > memory.window.end + overrun;
    const justOver = [...inputs.windows, ...inputs.frozen].some(
      (window) => overlaps(window, memory.window) && Math.abs(window.end - memory.window.end) <= endTolerance,
    );
    if (tooLong && memory.window.end <= now) return { action: 'reset', memory };
    // Within the last minute the rule expires by itself.
    if (memory.window.end <= now || justOver) return keep();
    if (!endsKnown) return keep(now + watchInterval);
    if (orphan) return { action: 'none', state: 'Idle', memory: null, lookAgain: null };
    return { action: 'reset', memory };
  }
  const set: RuleDecision = { action: 'set', window: current, longest: memory.longest };
  if (current.end < memory.window.end - endTolerance) return endsKnown ? set : keep(now + watchInterval);
  const shorter = ruleMinutes(current.end, now, memory.longest) * minute;
  if (memory.expected > current.end + overrun && now + shorter < memory.expected) return set;
  if (!opens(inputs)) return keep(now + watchInterval);
  if (current.end > memory.window.end + endTolerance) return set;
  const renewal = memory.expected < current.end ? renewalAt(memory) : null;
  if (renewal !== null && renewal <= now) return set;
  const causes = [...new Set([...memory.window.causes, ...causeKeys(current)])];
  const learned = causes.length === memory.window.causes.length ? memory : { ...memory, window: { ...memory.window, causes } };
  return { action: 'none', state: 'Held', memory: learned, lookAgain: renewal };
}

/** Some group that is not suspended wants the door open now. */
function opens({ windows, now }: RuleInputs): boolean {
  return windows.some(({ start, end }) => start <= now && now < end);
}

/** A rule that ends before its window, because UniFi takes no longer one, is renewed while it still runs. */
function renewalAt({ sentAt, expected }: RuleMemory): Instant {
  return expected - Math.min(renewalLead, (expected - sentAt) / 2);
}

/** A rule of ours that vanished or was replaced before its time was ended by somebody, unless we were ending it ourselves. */
function replaced(memory: RuleMemory | null, rule: UnifiLockRule, now: Instant): RuleMemory | null {
  if (memory === null || memory.stopped !== null || memory.window.end <= now) return memory;
  if (memory.endingSince !== null && ruleKind(rule) === 'idle' && now - memory.endingSince <= retryUnconfirmed) return null;
  const known = memory.endedTime === null ? memory.before : memory;
  if (known !== null && now < known.expected - expiryTolerance) return { ...memory, stopped: 'Person' };
  if (memory.endedTime !== null || now >= memory.expected - expiryTolerance) return memory;
  // Never seen: it may never have been sent. A door that reads otherwise than idle says nothing about it.
  if (ruleKind(rule) !== 'idle' || now - memory.sentAt <= retryUnconfirmed) return memory;
  return { ...memory, stopped: 'Unconfirmed' };
}

/** An idle door within a window: opened, unless somebody has ended this window already. */
function decideIdle(inputs: RuleInputs, current: Window): RuleDecision {
  const { now, memory, lostSince } = inputs;
  const none = (state: RuleState, next: RuleMemory | null): RuleDecision => ({ action: 'none', state, memory: next, lookAgain: now + watchInterval });
  const set: RuleDecision = { action: 'set', window: current, longest: memory?.longest ?? null };
  if (!opens(inputs)) return none('Idle', memory);
  if (memory === null || !overlaps(memory.window, current)) {
    if (lostSince === null || current.start >= lostSince) return set;
    return none('EndedByPerson', lostMemory(inputs, current));
  }
  if (memory.stopped === null) {
    // Expired by itself: the rest of the window is still to open, unless less than a rule's shortest is left.
    const isRest = memory.endedTime === null || current.end > memory.expected;
    return isRest ? set : none('Held', memory);
  }
  return declaredAnew(memory, current) ? set : none('EndedByPerson', memory);
}

/** Sooner ended or fewer causes is no new declaration: a calendar's glitch must not open what a person has closed. */
function declaredAnew({ window }: RuleMemory, current: Window): boolean {
  return current.end > window.end + endTolerance || causeKeys(current).some((key) => !window.causes.includes(key));
}

function lostMemory({ now, doorGroups, memory }: RuleInputs, window: Window): RuleMemory {
  return {
    doorGroups,
    window: { start: window.start, end: window.end, causes: causeKeys(window) },
    sentAt: now,
    expected: window.end,
    endedTime: null,
    longest: memory?.longest ?? null,
    stopped: 'MemoryLost',
    before: null,
    endingSince: null,
  };
}

/** What a window's causes are remembered by: never their texts, which come from outside. */
function causeKeys({ causes }: Window): readonly string[] {
  return [...new Set(causes.map(({ kind, ref }) => `${kind} ${ref}`))].sort();
}

function overlaps(a: Interval, b: Interval): boolean {
  return a.start < b.end && b.start < a.end;
}
