import { applyLockRules, type RuledDoor, type RuleOutcome } from '../apply/doors/lock-rules.js';
import type { RuleMemories } from '../apply/doors/rule-memory.js';
import { mergeWindows, type Window } from '../desired/windows.js';
import type { Instant } from '../desired/model.js';
import type { DesiredGroup } from '../plan/doors/group.js';
import type { GroupPlan } from '../plan/doors/plan-doors.js';
import type { RuleMemory } from '../plan/doors/lock-rules.js';
import type { UnifiDoor } from '../unifi/access-controller.js';
import type { DoorFacts } from './door-facts.js';
import type { ResourceReading } from '../store/resource-store.js';
import { ruleOnRecord } from './audited-doors.js';
import type { PlaneDeps } from './plane.js';
import type { DoorExpectation } from './watch-doors.js';

interface LockRuleInputs {
  readonly reading: ResourceReading;
  readonly facts: DoorFacts;
  /** With the doors that each group's references stand for. */
  readonly plans: readonly GroupPlan[];
  readonly doors: readonly UnifiDoor[];
  /** False: looks and decides only. */
  readonly write: boolean;
  readonly checkpoint: () => void;
}

/** A rule that ended this long ago needs no memory. */
const memoryKept = 10 * 60_000;

/** Lock rules of every door that a `method: LockRule` group names or named. @throws never */
export async function runLockRules(inputs: LockRuleInputs, deps: PlaneDeps): Promise<readonly RuleOutcome[]> {
  const { unifi, rules, clock } = deps;
  const { write, checkpoint } = inputs;
  const doors = ruledDoors(inputs, rules, clock.now());
  const over = rules.doorIds().filter((id) => {
    const memory = rules.of(id);
    const isNamed = doors.some((door) => door.id === id && door.doorGroups.length > 0);
    return memory !== null && !isNamed && Math.max(memory.window.end, memory.expected) + memoryKept < clock.now();
  });
  if (write) {
    await rules.flush();
    for (const id of over) await rules.learn(id, null);
  }
  return applyLockRules(
    doors.filter(({ id }) => !over.includes(id)),
    { unifi, rules, clock, checkpoint, write, onRecord: ruleOnRecord(deps, inputs) },
  );
}

/** Milliseconds until a rule has to be looked at although no window's edge is near; undefined when none has. */
export function untilNextLook(outcomes: readonly RuleOutcome[], now: Instant): number | undefined {
  const looks = outcomes.flatMap(({ lookAgain }) => lookAgain ?? []);
  return looks.length === 0 ? undefined : Math.max(1_000, Math.min(...looks) - now);
}

function ruledDoors({ facts, plans, doors }: LockRuleInputs, rules: RuleMemories, now: Instant): RuledDoor[] {
  const groups = groupsOfDoors(facts, plans);
  const policies = new Map<string, string | null>([
    ...facts.removed.map(({ name, deletionPolicy }) => [name, deletionPolicy] as const),
    ...facts.groups.map(({ name, spec }) => [name, spec.deletionPolicy] as const),
  ]);
  const lost = new Set(plans.filter(({ doors: { missing } }) => missing.length > 0).map(({ name }) => name));
  return doors.flatMap(({ id, name, hasHub }): RuledDoor[] => {
    const all = groups.get(id) ?? [];
    const mine = all.filter(isRuled);
    const memory = rules.of(id);
    if (mine.length === 0 && memory === null) return [];
    const left = (memory?.doorGroups ?? []).filter((group) => !mine.some((each) => each.name === group));
    return [
      {
        id,
        name,
        hasHub,
        doorGroups: mine.map((group) => group.name),
        windows: windowsOf(mine.filter(({ suspended }) => !suspended), facts),
        frozen: windowsOf(mine.filter(({ suspended }) => suspended), facts),
        endsKnown: endsKnown(memory, mine, facts, lost) || isClosed(memory, mine, facts, now),
        orphan: left.length > 0 && left.every((group) => policies.get(group) === 'Orphan'),
        scheduled: all.some((group) => !isRuled(group)),
      },
    ];
  });
}

function isRuled({ spec }: DesiredGroup): boolean {
  return spec.unlock.method === 'LockRule';
}

/** Groups that open each door, by door id. */
function groupsOfDoors({ groups }: DoorFacts, plans: readonly GroupPlan[]): ReadonlyMap<string, readonly DesiredGroup[]> {
  const byDoor = new Map<string, DesiredGroup[]>();
  for (const group of groups.filter(({ spec }) => spec.unlock.method !== 'None')) {
    const resolved = plans.find(({ name }) => name === group.name)?.doors.doors ?? [];
    for (const { id } of resolved) byDoor.set(id, [...(byDoor.get(id) ?? []), group]);
  }
  return byDoor;
}

function windowsOf(groups: readonly DesiredGroup[], { calendar }: DoorFacts): Window[] {
  const names = new Set(groups.map(({ name }) => name));
  return calendar.groups.flatMap(({ doorGroup, windows }) => (names.has(doorGroup) ? windows : []));
}

/** A source that was not read, or a door whose name in UniFi is another now, must not end what is running. */
function endsKnown(memory: RuleMemory | null, mine: readonly DesiredGroup[], { groups }: DoorFacts, lost: ReadonlySet<string>): boolean {
  const served = groups.filter((group) => isRuled(group) && memory?.doorGroups.includes(group.name) === true);
  return [...mine, ...served].every(({ unknown, keeps }) => unknown === null && keeps === null) && !served.some(({ name }) => lost.has(name));
}

/** A closure shuts every group that the rule serves now: whatever a source would say, it opens nothing. */
function isClosed(memory: RuleMemory | null, mine: readonly DesiredGroup[], { calendar }: DoorFacts, now: Instant): boolean {
  const served = new Set([...mine.map(({ name }) => name), ...(memory?.doorGroups ?? [])]);
  const closed = calendar.groups.filter((group) => group.closed.some(({ start, end }) => start <= now && now < end));
  return served.size > 0 && closed.filter(({ doorGroup }) => served.has(doorGroup)).length === served.size;
}

/** What each door of a group should do, for the watch. */
export function expectations({ facts, plans }: Pick<LockRuleInputs, 'facts' | 'plans'>, unknown: string | null): ReadonlyMap<string, DoorExpectation> {
  const problems = new Set(plans.filter(({ problem }) => problem !== null).map(({ name }) => name));
  const why = (group: DesiredGroup): string | null => {
    if (unknown !== null) return unknown;
    if (problems.has(group.name)) return `DoorGroup/${group.name} is not programmed`;
    if (group.suspended) return `DoorGroup/${group.name} is suspended`;
    return (facts.programs.get(group.name)?.leftOut.length ?? 0) > 0 ? 'some ranges are left out (TooManyRanges)' : group.unknown;
  };
  return new Map(
    [...groupsOfDoors(facts, plans)].map(([id, groups]) => [
      id,
      { windows: mergeWindows(windowsOf(groups, facts)), unknown: groups.map(why).find((each) => each !== null) ?? null },
    ]),
  );
}
