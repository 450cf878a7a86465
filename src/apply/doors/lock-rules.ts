import type { Instant } from '../../desired/model.js';
import type { Window } from '../../desired/windows.js';
import {
  decideRule,
  ruleKind,
  ruleMinutes,
  unconfirmedMemory,
  type RuleDecision,
  type RuleInputs,
  type RuleMemory,
  type RuleState,
} from '../../plan/doors/lock-rules.js';
import { delay, type Clock } from '../../runtime/clock.js';
import { TerminalError, TransientError, errorCode } from '../../runtime/errors.js';
import type { AccessController } from '../../unifi/access-controller.js';
import { failure } from '../outcome.js';
import type { RuleMemories } from './rule-memory.js';

/** A door that is driven by lock rules, or was. */
export interface RuledDoor extends Pick<RuleInputs, 'windows' | 'frozen' | 'endsKnown' | 'orphan' | 'doorGroups'> {
  readonly id: string;
  readonly name: string;
  readonly hasHub: boolean;
  /** A schedule of ours may hold it too: then a rule that reads `schedule` is nobody else's. */
  readonly scheduled: boolean;
}

interface ApplyRules {
  readonly unifi: AccessController;
  readonly rules: RuleMemories;
  readonly clock: Clock;
  /** Ends the run between two writes. @throws */
  readonly checkpoint: () => void;
  /** False: looks, decides and writes nothing. */
  readonly write: boolean;
  /** Carries one write out on record. */
  readonly onRecord: (write: RuleWrite, carryOut: () => Promise<boolean>) => Promise<boolean>;
}

/** A lock rule that is about to be set, or ended. */
export interface RuleWrite {
  readonly door: RuledDoor;
  /** Null: it is ended. */
  readonly window: Window | null;
  /** The rule's type before, as UniFi says it. */
  readonly rule: string;
}

/** What a door's lock rule is after this run. */
export interface RuleOutcome {
  readonly doorId: string;
  readonly doorName: string;
  readonly doorGroups: readonly string[];
  readonly state: RuleState | 'ForeignSchedule' | 'Pending' | 'Unsupported' | 'Offline' | 'Failed';
  /** The type as UniFi said it last; '' when idle or unknown. */
  readonly rule: string;
  /** What this run sent, or would send: until when the door is opened, null: it is ended. */
  readonly sent: readonly { readonly until: Instant | null }[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly lookAgain: Instant | null;
}

/** Between looking and writing nothing may take longer: a person may have acted meanwhile. */
const freshLook = 15_000;
/** Halvings of an interval that is refused, and looks that were overtaken. */
const attempts = 16;
const watchInterval = 60_000;
/** UniFi's clock against ours, for a rule that UniFi has just said it took. */
const allowedSkew = 180_000;
/** A write that was answered within this was carried out when it left. */
const quick = 2_000;
/** After 0, 1 and 3 s: some hubs take their time to lock. */
const readBackWaits = [0, 1_000, 2_000] as const;

const unsupported: ReadonlySet<string> = new Set(['CODE_DEVICE_API_NOT_SUPPORTED', 'CODE_OPERATION_FORBIDDEN']);
const offline = 'CODE_DEVICE_DEVICE_OFFLINE';
const refusedInterval = /PARAM|INVALID|INTERVAL|RANGE|LIMIT/;
/** Errors after which the request has changed nothing for sure. */
const neverTaken: ReadonlySet<string> = new Set(['Overtaken', 'StalePlan', 'Stopping', 'TooManyRequests', offline]);

/** Doors one at a time; ends come first. One door's trouble is its own. @throws never */
export async function applyLockRules(doors: readonly RuledDoor[], deps: ApplyRules): Promise<readonly RuleOutcome[]> {
  const outcomes: RuleOutcome[] = [];
  for (const door of [...doors].sort((a, b) => a.windows.length - b.windows.length)) outcomes.push(await applyRule(door, deps));
  return outcomes;
}

async function applyRule(door: RuledDoor, deps: ApplyRules): Promise<RuleOutcome> {
  const sent: { readonly until: Instant | null }[] = [];
  let rule = '';
  const outcome = (state: RuleOutcome['state'], lookAgain: Instant | null, error: RuleOutcome['error'] = null): RuleOutcome => ({
    doorId: door.id,
    doorName: door.name,
    doorGroups: door.doorGroups,
    state,
    rule,
    sent,
    error,
    lookAgain,
  });
  if (!door.hasHub) return outcome('Unsupported', null, { code: 'NoHub', message: `door "${door.name}" has no hub in UniFi` });
  try {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const look = await lookAt(door, deps);
      rule = look.rule.type;
      const decision = decideRule(look);
      if (decision.action === 'none') {
        if (deps.write && decision.memory !== look.memory) await deps.rules.learn(door.id, decision.memory);
        const foreign = decision.state === 'Schedule' && !door.scheduled && !isOpen(door, look.now);
        return outcome(foreign ? 'ForeignSchedule' : decision.state, decision.lookAgain);
      }
      const until = decision.action === 'set' ? decision.window.end : null;
      if (!deps.write) {
        sent.push({ until });
        return outcome('Pending', null);
      }
      deps.checkpoint();
      const carryOut = (): Promise<boolean> => (decision.action === 'set' ? setRule(door, look, decision, deps) : endRule(door, look, decision.memory, deps));
      if (await deps.onRecord({ door, window: decision.action === 'set' ? decision.window : null, rule }, carryOut)) sent.push({ until });
    }
    throw new TransientError(`the lock rule of door "${door.name}" does not settle`, { code: 'NotSettled' });
  } catch (error) {
    const code = errorCode(error);
    const state = unsupported.has(code) ? 'Unsupported' : code === offline ? 'Offline' : 'Failed';
    return outcome(state, state === 'Offline' ? deps.clock.now() + watchInterval : null, failure(error));
  }
}

function isOpen({ windows }: RuledDoor, now: Instant): boolean {
  return windows.some(({ start, end }) => start <= now && now < end);
}

interface Look extends RuleInputs {
  /** Monotonic milliseconds. */
  readonly at: number;
}

async function lookAt({ id, ...door }: RuledDoor, { unifi, rules, clock }: ApplyRules): Promise<Look> {
  const at = clock.monotonic();
  const [emergency, rule] = await Promise.all([unifi.getEmergency(), unifi.getLockRule(id)]);
  return { ...door, at, now: clock.now(), memory: rules.of(id), lostSince: rules.lostSince, rule, emergency };
}

/** Called when the request leaves. @throws TransientError Overtaken, StalePlan, Stopping */
function leave(look: Look, { clock, checkpoint }: ApplyRules): void {
  checkpoint();
  if (clock.monotonic() - look.at > freshLook) throw new TransientError('the door was looked at too long ago', { code: 'Overtaken' });
}

/** Remembers, writes and reads back. False: nothing was sent, or a shorter interval is to be tried: look again. */
async function setRule(door: RuledDoor, look: Look, decision: Extract<RuleDecision, { readonly action: 'set' }>, deps: ApplyRules): Promise<boolean> {
  const { unifi, rules, clock } = deps;
  const memory = unconfirmedMemory(look, decision);
  await rules.remember(door.id, memory).catch((error: unknown) => {
    // A rule that ends sooner needs no memory: forgotten, it passes for a person's, and expires.
    if (ruleKind(look.rule) !== 'custom' || look.memory === null || memory.expected >= look.memory.expected) throw error;
  });
  let sending = { at: 0, ends: 0, minutes: 0 };
  try {
    await unifi.setLockRule(door.id, () => {
      leave(look, deps);
      const now = clock.now();
      if (decision.window.end <= now) throw new TransientError('the window is over', { code: 'Overtaken' });
      const minutes = ruleMinutes(decision.window.end, now, decision.longest);
      sending = { at: clock.monotonic(), ends: now + minutes * 60_000, minutes };
      return { type: 'custom', minutes };
    });
  } catch (error) {
    const code = errorCode(error);
    if (!(error instanceof TerminalError) && !neverTaken.has(code)) throw error;
    const tooLong = error instanceof TerminalError && refusedInterval.test(code) && sending.minutes > 1;
    const longest = tooLong ? Math.floor(sending.minutes / 2) : (look.memory?.longest ?? null);
    // What ran before still runs; a door without a rule keeps only what was learned about its intervals.
    await rules.learn(door.id, look.memory === null ? (tooLong ? { ...memory, longest } : null) : { ...look.memory, longest });
    if (tooLong || code === 'Overtaken') return false;
    throw error;
  }
  await confirmRule(door, memory, { ...sending, late: clock.monotonic() - sending.at }, deps);
  return true;
}

/** The rule that was just set, as UniFi holds it. A request that took long may have been carried out late: its rule is then too long. */
async function confirmRule(
  door: RuledDoor,
  memory: RuleMemory,
  sending: { readonly ends: Instant; readonly late: number },
  { unifi, rules }: ApplyRules,
): Promise<void> {
  const held = await unifi.getLockRule(door.id);
  const kind = ruleKind(held);
  if (kind === 'idle' || kind === 'schedule') {
    throw new TransientError(`the lock rule of door "${door.name}" reads back otherwise than it was written`, { code: 'ReadBackDiffers' });
  }
  const beyond = held.endedTime * 1000 - sending.ends;
  const ours = kind === 'custom' && beyond >= -allowedSkew && beyond <= allowedSkew + sending.late;
  if (!ours) return;
  const overrun = sending.late > quick ? Math.min(sending.late, Math.max(0, beyond)) : 0;
  await rules.learn(door.id, { ...memory, expected: sending.ends + overrun, endedTime: held.endedTime, before: null });
}

/** Ends our own rule and waits until it is gone. False: nothing was sent, look again. */
async function endRule(door: RuledDoor, look: Look, memory: RuleMemory, deps: ApplyRules): Promise<boolean> {
  const { unifi, rules, clock } = deps;
  // So that after a kill, or an answer that got lost, its end does not pass for a person's. A disk that takes nothing keeps no door open.
  await rules.learn(door.id, { ...memory, endingSince: clock.now() });
  try {
    await unifi.setLockRule(door.id, () => {
      leave(look, deps);
      return { type: 'reset' };
    });
  } catch (error) {
    const code = errorCode(error);
    if (error instanceof TerminalError || neverTaken.has(code)) await rules.learn(door.id, memory);
    if (code === 'Overtaken') return false;
    throw error;
  }
  let gone = false;
  for (const wait of readBackWaits) {
    if (wait > 0) await delay(clock, wait);
    const [rule, doors] = await Promise.all([unifi.getLockRule(door.id), unifi.listDoors()]);
    gone = !(ruleKind(rule) === 'custom' && Math.abs(rule.endedTime - (memory.endedTime ?? 0)) <= 2);
    if (gone && doors.find(({ id }) => id === door.id)?.lock !== 'Unlocked') break;
  }
  if (!gone) throw new TransientError(`the lock rule of door "${door.name}" goes on after its reset`, { code: 'ReadBackDiffers' });
  await rules.learn(door.id, null);
  return true;
}
