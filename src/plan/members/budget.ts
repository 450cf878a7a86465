import type { SpecOf } from '../../api/resource.js';
import type { Instant } from '../../desired/model.js';
import { isoInstant } from '../../runtime/instant.js';
import { planHash } from '../plan-hash.js';
import type { GuardedPlan } from './guarded-plan.js';
import type { MemberVerb } from './changes.js';

type Guards = SpecOf<'TierMapping'>['guards'];

/** What the brakes remember. No people: counts, and beginnings of keyed operation hashes. */
export interface Budget {
  /** Oldest first; only those in which something was written. */
  readonly hours: readonly BudgetHour[];
  /** Operations that waited for a person at the last look. */
  readonly waiting: readonly string[];
  /** Verbs of which a person approved some and left the rest: what waits of them goes on waiting, however little it is. */
  readonly decided: readonly MemberVerb[];
  /** Of the guards under which they wait: an operator who changes them has decided. */
  readonly guards: string;
  /** ISO 8601 UTC: when the first provisioning began; null: none is under way. */
  readonly bootstrapSince: string | null;
  /** ISO 8601 UTC: when the counts were found lost; null: they are whole. */
  readonly lostAt: string | null;
}

export interface BudgetHour {
  /** `2026-11-21T12` */
  readonly hour: string;
  /** ISO 8601 UTC: the newest moment counted in it. */
  readonly last: string;
  /** The highest number of ACTIVE users of ours that was seen. */
  readonly active: number;
  /** Changes that nobody approved, by verb; counted before their first write. */
  readonly changes: Readonly<Partial<Record<MemberVerb, number>>>;
  /** Counted and not seen done yet: tried again, they are not counted again. */
  readonly started: readonly string[];
}

/** What the last 24 h leave to a verb. */
export interface Spent {
  /** Unapproved changes of the last 24 h. */
  readonly changes: Readonly<Partial<Record<MemberVerb, number>>>;
  /** The highest number of active users of the last 24 h, 0 when nothing was written. */
  readonly mostActive: number;
  /** As many active users of ours as were seen when something was last written, however long ago. */
  readonly lastActive: number;
  /** The operation was counted before and is not done yet. */
  counted(operation: string): boolean;
  /** The operation waited for a person at the last look. */
  waited(operation: string): boolean;
  /** Others that waited with it were approved before. */
  decided(verb: MemberVerb): boolean;
  /** A first provisioning has begun and is not complete. */
  readonly bootstrap: boolean;
  /** The counts of the last 24 h are not whole. */
  readonly lost: boolean;
}

export const emptyBudget: Budget = { hours: [], waiting: [], decided: [], guards: '', bootstrapSince: null, lostAt: null };

const window = 86_400_000;

export function spentOf(budget: Budget, guards: Guards, now: Instant): Spent {
  const hours = budget.hours.filter(({ last }) => isRecent(last, now));
  const changes: Partial<Record<MemberVerb, number>> = {};
  for (const hour of hours) for (const [verb, count] of entries(hour.changes)) changes[verb] = (changes[verb] ?? 0) + count;
  const counted = new Set(hours.flatMap(({ started }) => started));
  const known = budget.guards === guardsHash(guards);
  const waiting = new Set(known ? budget.waiting : []);
  const decided = new Set(known ? budget.decided : []);
  return {
    changes,
    mostActive: Math.max(0, ...hours.map(({ active }) => active)),
    lastActive: budget.hours.at(-1)?.active ?? 0,
    counted: (operation) => counted.has(short(operation)),
    waited: (operation) => waiting.has(short(operation)),
    decided: (verb) => decided.has(verb),
    bootstrap: guards.bootstrap === 'Allow' && budget.bootstrapSince !== null && isRecent(budget.bootstrapSince, now),
    lost: budget.lostAt !== null && isRecent(budget.lostAt, now),
  };
}

/** Before the first write: what this plan may do counts, also if the process dies between two of its writes. */
export function withCounted(budget: Budget, plan: GuardedPlan, now: Instant): Budget {
  const released = plan.changes.filter(({ held }) => held === null);
  if (released.length === 0) return budget;
  const bootstraps = plan.bootstrap && released.some(({ change }) => change.verb === 'add');
  const hour = isoInstant(now).slice(0, 13);
  const counting = released.filter(({ counts }) => counts);
  // Tried again after a kill, a change is made now and not when it was first counted: its count comes along.
  const recent = budget.hours.filter(({ last }) => isRecent(last, now)).map((each) => (each.hour === hour ? each : withoutStarted(each, counting)));
  const before = recent.find((each) => each.hour === hour) ?? { hour, last: '', active: 0, changes: {}, started: [] };
  const known = new Set(recent.flatMap(({ started }) => started));
  const fresh = counting.filter(({ operation }) => !known.has(short(operation)));
  const changes: Partial<Record<MemberVerb, number>> = { ...before.changes };
  for (const { change } of fresh) changes[change.verb] = (changes[change.verb] ?? 0) + 1;
  const next: BudgetHour = {
    hour,
    last: isoInstant(now),
    active: Math.max(before.active, plan.activeCount),
    changes,
    started: [...new Set([...before.started, ...fresh.map(({ operation }) => short(operation))])].sort(),
  };
  return {
    ...budget,
    hours: [...recent.filter((each) => each.hour !== hour), next],
    bootstrapSince: bootstraps ? (budget.bootstrapSince ?? isoInstant(now)) : budget.bootstrapSince,
    lostAt: budget.lostAt !== null && isRecent(budget.lostAt, now) ? budget.lostAt : null,
  };
}

function withoutStarted(hour: BudgetHour, again: GuardedPlan['changes']): BudgetHour {
  const changes: Partial<Record<MemberVerb, number>> = { ...hour.changes };
  const retried = again.filter(({ operation }) => hour.started.includes(short(operation)));
  if (retried.length === 0) return hour;
  for (const { change } of retried) changes[change.verb] = Math.max(0, (changes[change.verb] ?? 0) - 1);
  const gone = new Set(retried.map(({ operation }) => short(operation)));
  return { ...hour, changes, started: hour.started.filter((operation) => !gone.has(operation)) };
}

/**
 * After a look at UniFi: what is planned no longer is done, or not needed; what waits is remembered. `wrote`: something was
 * written since the last look.
 */
export function withSeen(budget: Budget, plan: GuardedPlan, guards: Guards, wrote: boolean): Budget {
  const planned = new Set(plan.operations.map(short));
  const waiting = plan.changes.filter(({ approvable }) => approvable);
  const decided = new Set([...(budget.guards === guardsHash(guards) ? budget.decided : []), ...plan.changes.filter(({ approved }) => approved).map(({ change }) => change.verb)]);
  const pending = budget.hours.some(({ started }) => started.some((operation) => !planned.has(operation)));
  const settled = pending ? budget.hours.map((hour) => ({ ...hour, started: hour.started.filter((operation) => planned.has(operation)) })) : budget.hours;
  const newest = settled.at(-1);
  return {
    ...budget,
    // Hours that are over are dropped with the next change: a cycle without one writes nothing.
    hours: wrote && newest !== undefined ? [...settled.slice(0, -1), { ...newest, active: Math.max(newest.active, plan.activeCount) }] : settled,
    waiting: waiting.map(({ operation }) => short(operation)).sort(),
    decided: [...new Set(waiting.map(({ change }) => change.verb))].filter((verb) => decided.has(verb)).sort(),
    guards: waiting.length === 0 ? '' : guardsHash(guards),
    bootstrapSince: plan.bootstrap && plan.provisioning ? budget.bootstrapSince : null,
  };
}

/**
 * After a look that tells who leaves and nothing else: what waits of leavers is remembered beside what is known of others,
 * so that approving some of a mass change still releases none of the rest if the process dies now.
 */
export function withLeaversSeen(budget: Budget, plan: GuardedPlan, guards: Guards): Budget {
  const leavers = plan.changes.filter(({ change }) => change.verb === 'deactivate');
  const waiting = leavers.filter(({ approvable }) => approvable).map(({ operation }) => short(operation));
  if (waiting.length === 0) return budget;
  const before = budget.guards === guardsHash(guards) ? budget : { waiting: [], decided: [] };
  const decided: readonly MemberVerb[] = leavers.some(({ approved }) => approved) ? [...before.decided, 'deactivate'] : before.decided;
  return { ...budget, waiting: [...new Set([...before.waiting, ...waiting])].sort(), decided: [...new Set(decided)].sort(), guards: guardsHash(guards) };
}

/** Nothing of a budget lies in the future: a clock that went back would keep it for ever. */
export function notAfter(budget: Budget, now: Instant): Budget {
  const clamped = (at: string): string => (Date.parse(at) > now ? isoInstant(now) : at);
  return {
    ...budget,
    hours: budget.hours.map((hour) => ({ ...hour, last: clamped(hour.last) })),
    bootstrapSince: budget.bootstrapSince === null ? null : clamped(budget.bootstrapSince),
    lostAt: budget.lostAt === null ? null : clamped(budget.lostAt),
  };
}

function isRecent(at: string, now: Instant): boolean {
  return now - Date.parse(at) < window;
}

/** Enough to tell operations of one plan apart, too little to learn anything from. */
function short(operation: string): string {
  return operation.slice(0, 8);
}

function guardsHash(guards: Guards): string {
  return planHash(Object.entries(guards).map(([name, value]) => `${name}=${value}`));
}

function entries(changes: BudgetHour['changes']): [MemberVerb, number][] {
  return Object.entries(changes) as [MemberVerb, number][];
}
