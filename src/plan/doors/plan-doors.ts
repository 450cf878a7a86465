import { emptyWeek, sameWeek } from '../../desired/calendar/weekly-program.js';
import type { UnifiSchedule } from '../../unifi/access-controller.js';
import type { DoorChange, KeepPolicy } from './changes.js';
import { findConflicts } from './conflicts.js';
import { policyNameOf, scheduleNameOf, type DesiredGroup, type OwnedGroup } from './group.js';
import { narrowedWeek } from './narrowed-week.js';
import { resolveDoors, type ObservedDoors, type ResolvedDoors } from './observed.js';

export type GroupProblemReason = 'Conflict' | 'ScheduleMissing' | 'SharedSchedule' | 'ForeignHolidays' | 'SourceIncomplete';

export interface GroupProblem {
  readonly reason: GroupProblemReason;
  readonly message: string;
}

export interface GroupPlan {
  readonly name: string;
  readonly changes: readonly DoorChange[];
  readonly doors: ResolvedDoors;
  readonly scheduleId: string | null;
  /** The schedule that the group asks for; null for other methods. */
  readonly scheduleName: string | null;
  readonly policyId: string | null;
  /** The schedule that the inventory remembers is not this group's any longer. */
  readonly leaves: boolean;
  /** Why the group, and it alone, is not programmed. */
  readonly problem: GroupProblem | null;
}

export interface DoorsPlan {
  /** Groups in force, by name. */
  readonly groups: readonly GroupPlan[];
  /** Groups whose file is gone, confirmed: what is left to revoke. Empty changes: nothing, it can be forgotten. */
  readonly removed: readonly { readonly name: string; readonly changes: readonly DoorChange[] }[];
}

export interface RemovedGroup {
  readonly name: string;
  /** Null when its last accepted version is lost: its doors are then locked. */
  readonly deletionPolicy: 'Lock' | 'Orphan' | null;
}

/** The difference between what groups should hold and what UniFi holds. One group's problem is its own. */
export function planDoors(
  groups: readonly DesiredGroup[],
  removed: readonly RemovedGroup[],
  observed: ObservedDoors,
  inventory: Readonly<Record<string, OwnedGroup>>,
): DoorsPlan {
  const conflicts = findConflicts(groups, observed, inventory);
  const inUse = new Set(groups.filter(({ name }) => !conflicts.has(name)).map((group) => findSchedule(group, observed)?.id));
  return {
    groups: groups.map((group) => planGroup(group, conflicts.get(group.name) ?? null, observed, inventory[group.name], inUse)),
    removed: removed.map(({ name, deletionPolicy }) => ({
      name,
      changes: deletionPolicy === 'Orphan' ? [] : revokeAll(name, inventory[name], observed, inUse),
    })),
  };
}

function findSchedule(group: DesiredGroup, observed: ObservedDoors): ObservedDoors['schedules'][number] | undefined {
  if (group.spec.unlock.method !== 'Schedule') return undefined;
  const wanted = scheduleNameOf(group.name, group.spec);
  return observed.schedules.find(({ name }) => name === wanted);
}

function planGroup(
  group: DesiredGroup,
  conflict: string | null,
  observed: ObservedDoors,
  owned: OwnedGroup | undefined,
  inUse: ReadonlySet<string | undefined>,
): GroupPlan {
  const doors = resolveDoors(group.spec.doors, observed.doors);
  const byName = group.spec.unlock.method === 'Schedule';
  const schedule = findSchedule(group, observed);
  // Another schedule or another method: the old object is revoked first, as a deletion. A quarrel or a suspension decides nothing.
  const leaves = conflict === null && !group.suspended && owned?.scheduleId != null && owned.scheduleId !== schedule?.id;
  const plan = (problem: GroupProblem | null, changes: readonly DoorChange[], scheduleId: string | null = null): GroupPlan => ({
    name: group.name,
    changes,
    doors,
    scheduleId,
    scheduleName: byName ? scheduleNameOf(group.name, group.spec) : null,
    policyId: owned?.policyId ?? null,
    leaves,
    problem,
  });
  if (conflict !== null) return plan({ reason: 'Conflict', message: conflict }, []);
  const revoked = leaves && group.spec.deletionPolicy === 'Lock' ? revokeSchedule(group.name, owned, observed, inUse) : [];
  if (!byName) return plan(null, [...revoked, ...revokePolicy(group.name, owned, observed)]);
  const name = scheduleNameOf(group.name, group.spec);

  if (schedule === undefined) {
    if (!group.spec.unlock.schedule.create || group.suspended) {
      const remedy = `create it there and point the hub's unlock schedule at it, or set spec.unlock.schedule.create: true`;
      return plan({ reason: 'ScheduleMissing', message: `UniFi has no schedule "${name}"; ${remedy}` }, revoked);
    }
    if (group.unknown !== null) return plan({ reason: 'SourceIncomplete', message: group.unknown }, revoked);
    const create = { verb: 'create' as const, doorGroup: group.name, name, week: group.week };
    return plan(null, [...revoked, create, ...keepPolicy(group, doors, null, observed, owned)]);
  }

  const refusal = whyNotOurs(group, schedule.id, observed, owned);
  if (refusal !== null) return plan(refusal, revoked, schedule.id);
  if (group.unknown !== null) return plan({ reason: 'SourceIncomplete', message: group.unknown }, revoked, schedule.id);
  const before = observed.details.get(schedule.id)?.week ?? emptyWeek;
  const week = group.suspended ? narrowedWeek(before, group.week) : group.week;
  const program: DoorChange[] = sameWeek(before, week)
    ? []
    : [{ verb: 'program', doorGroup: group.name, scheduleId: schedule.id, name, before, week }];
  const policy = group.suspended ? [] : keepPolicy(group, doors, schedule.id, observed, owned);
  return { ...plan(null, [...revoked, ...program, ...policy], schedule.id), policyId: ownPolicy(group, observed, owned)?.id ?? null };
}

/** Why a schedule of that name must not be written; checked before every write. */
function whyNotOurs(group: DesiredGroup, scheduleId: string, observed: ObservedDoors, owned: OwnedGroup | undefined): GroupProblem | null {
  const summary = observed.schedules.find(({ id }) => id === scheduleId);
  if (summary?.isDefault === true) {
    return { reason: 'Conflict', message: `"${summary.name}" is a default schedule of UniFi; name another one in spec.unlock.schedule.name` };
  }
  const ours = ownPolicy(group, observed, owned)?.id;
  const others = observed.policies.filter((policy) => policy.scheduleId === scheduleId && policy.id !== ours);
  if (others.length > 0) {
    const names = others.map(({ name }) => `"${name}"`).join(', ');
    return {
      reason: 'SharedSchedule',
      message: `access policies ${names} use this schedule too and would change with it; give them another schedule in UniFi`,
    };
  }
  const holidays = observed.holidays.get(scheduleId) ?? [];
  if (holidays.length > 0) {
    return {
      reason: 'ForeignHolidays',
      message: `the schedule has holidays of its own (${holidays.join(', ')}); move them to closures of an OfficeHours and set "No Holidays" in UniFi`,
    };
  }
  return null;
}

function ownPolicy(group: DesiredGroup, observed: ObservedDoors, owned: OwnedGroup | undefined): ObservedDoors['policies'][number] | undefined {
  const remembered = observed.policies.find(({ id }) => id === owned?.policyId);
  if (remembered !== undefined || !group.spec.policy.manage) return remembered;
  return observed.policies.find(({ name }) => name === policyNameOf(group.name, group.spec));
}

function keepPolicy(
  group: DesiredGroup,
  { doors, missing }: ResolvedDoors,
  scheduleId: string | null,
  observed: ObservedDoors,
  owned: OwnedGroup | undefined,
): DoorChange[] {
  if (!group.spec.policy.manage) return revokePolicy(group.name, owned, observed);
  // A policy for some of the doors would look right and be wrong.
  if (missing.length > 0) return [];
  const doorIds = doors.map(({ id }) => id).sort();
  const existing = ownPolicy(group, observed, owned);
  const name = policyNameOf(group.name, group.spec);
  const keep: KeepPolicy = { verb: 'policy', doorGroup: group.name, policyId: existing?.id ?? null, name, before: null, doorIds, scheduleId };
  if (existing === undefined) return [keep];
  const before = { doorIds: existing.resources.map(({ id }) => id).sort(), scheduleId: existing.scheduleId };
  const same = before.doorIds.join() === doorIds.join() && before.scheduleId === scheduleId && existing.name === name;
  return same ? [] : [{ ...keep, before }];
}

function revokeAll(
  name: string,
  owned: OwnedGroup | undefined,
  observed: ObservedDoors,
  inUse: ReadonlySet<string | undefined>,
): DoorChange[] {
  return [...revokeSchedule(name, owned, observed, inUse), ...revokePolicy(name, owned, observed)];
}

function revokeSchedule(
  name: string,
  owned: OwnedGroup | undefined,
  observed: ObservedDoors,
  inUse: ReadonlySet<string | undefined>,
): DoorChange[] {
  if (owned?.scheduleId == null || inUse.has(owned.scheduleId)) return [];
  const schedule: UnifiSchedule | undefined = observed.details.get(owned.scheduleId);
  if (schedule === undefined || sameWeek(schedule.week, emptyWeek)) return [];
  return [{ verb: 'revoke', doorGroup: name, scheduleId: schedule.id, name: schedule.name, before: schedule.week }];
}

/** Only a policy that Sexton made is deleted; an adopted one stays as it is. */
function revokePolicy(name: string, owned: OwnedGroup | undefined, observed: ObservedDoors): DoorChange[] {
  const policy = observed.policies.find(({ id }) => id === owned?.policyId);
  if (policy === undefined || owned?.policyCreated !== true) return [];
  return [{ verb: 'revoke-policy', doorGroup: name, policyId: policy.id, name: policy.name }];
}
