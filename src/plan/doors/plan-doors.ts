import { fenceUntil, type Fence } from '../../desired/calendar/fence.js';
import type { LocalDate, LocalTime } from '../../desired/calendar/local-time.js';
import type { DoorChange, HolidayGroupChange } from './changes.js';
import { findConflicts } from './conflicts.js';
import type { GroupProblem, PlanContext } from './context.js';
import { planFence, unusedFences, type FencePlan } from './fence.js';
import { scheduleNameOf, type DesiredGroup, type OwnedGroup, type Remembered } from './group.js';
import { resolveDoors, type ObservedDoors, type ResolvedDoors } from './observed.js';
import { ownerGroupName, ownerMark, ownershipHold, type OwnerMark, type OwnershipHold } from './owner.js';
import { keepPolicy, ownPolicy, revokePolicy } from './policy.js';
import { revokeSchedule } from './revoke-schedule.js';
import { planSchedule, refusal, shrinkHeld } from './schedule.js';

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
  /** The last date on which its schedule opens doors should nothing write it again; null: it has no fence. */
  readonly fencedUntil: LocalDate | null;
  /** Why the group, and it alone, is not programmed. */
  readonly problem: GroupProblem | null;
}

export interface DoorsPlan {
  /** Why nothing of all this may be written until a person releases it. */
  readonly hold: OwnershipHold | null;
  readonly owner: OwnerMark;
  readonly fence: FencePlan;
  /** The name of the fence that stays even while no schedule holds it yet; null: none does. */
  readonly keptFence: string | null;
  /** The mark, today's fence, old fences: what is to be made and deleted. */
  readonly holidayGroups: readonly HolidayGroupChange[];
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

export interface DoorsPlanInputs {
  readonly groups: readonly DesiredGroup[];
  readonly removed: readonly RemovedGroup[];
  readonly observed: ObservedDoors;
  readonly remembered: Remembered;
  readonly installationId: string;
  /** Today's; null: the configuration says `fence: Off`. */
  readonly fence: Fence | null;
  /** Why today's fence could not be made a moment ago; null: nobody has failed at it. */
  readonly fenceFailed: string | null;
  readonly today: LocalDate;
  readonly local: LocalTime;
}

/** The difference between what groups should hold and what UniFi holds. One group's problem is its own. */
export function planDoors(inputs: DoorsPlanInputs): DoorsPlan {
  const { observed, remembered, installationId } = inputs;
  const conflicts = findConflicts(inputs.groups, observed, remembered.doorGroups);
  const context = contextOf(inputs, conflicts);
  const groups = inputs.groups.map((group) => planGroup(group, conflicts.get(group.name) ?? null, remembered.doorGroups[group.name], context));
  const removed = inputs.removed.map(({ name, deletionPolicy }) => {
    const owned = remembered.doorGroups[name];
    const revoked = [...revokeSchedule(name, owned, context), ...revokePolicy(name, owned, observed)];
    return { name, changes: deletionPolicy === 'Orphan' ? [] : revoked };
  });
  const keptFence = inputs.groups.some(({ spec }) => spec.unlock.method === 'Schedule') ? (inputs.fence?.name ?? null) : null;
  const hold = ownershipHold(observed, remembered, installationId);
  const owner = ownerMark(observed, installationId);
  const unmarked = hold === null && inputs.groups.length > 0 && owner.state === 'Absent';
  return {
    hold,
    owner,
    fence: context.fence,
    keptFence,
    holidayGroups: [
      ...(unmarked ? [{ verb: 'mark' as const, id: null, name: ownerGroupName }] : []),
      ...(context.fence.state === 'Missing' && groups.some(needsNewFence) ? [{ verb: 'fence' as const, id: null, name: context.fence.fence.name }] : []),
      ...unusedFences(observed.holidayGroups, observed.schedules, keptFence).map(({ id, name }) => ({ verb: 'drop-fence' as const, id, name })),
    ],
    groups,
    removed,
  };
}

/** True when a change of the group waits for a fence that is not there yet. */
export function needsNewFence({ changes }: Pick<GroupPlan, 'changes'>): boolean {
  return changes.some((change) => 'holidays' in change && change.holidays?.id === null);
}

function contextOf({ groups, observed, fence, fenceFailed, today, local }: DoorsPlanInputs, conflicts: ReadonlyMap<string, string>): PlanContext {
  const until = new Map([...observed.holidays.values()].map(({ id, name }) => [id, fence?.name === name ? fence.until : fenceUntil(name, local)]));
  const groupOf = (scheduleId: string): string => observed.details.get(scheduleId)?.holidayGroupId ?? '';
  return {
    observed,
    fence: planFence(fence, observed, fenceFailed),
    today,
    inUse: new Set(groups.flatMap((group) => (conflicts.has(group.name) ? [] : (findSchedule(group, observed)?.id ?? [])))),
    fencedUntil: (scheduleId) => until.get(groupOf(scheduleId)) ?? null,
    holidaysOf: (scheduleId) => observed.holidays.get(groupOf(scheduleId)),
  };
}

function findSchedule(group: DesiredGroup, observed: ObservedDoors): ObservedDoors['schedules'][number] | undefined {
  if (group.spec.unlock.method !== 'Schedule') return undefined;
  const wanted = scheduleNameOf(group.name, group.spec);
  return observed.schedules.find(({ name }) => name === wanted);
}

function planGroup(group: DesiredGroup, conflict: string | null, owned: OwnedGroup | undefined, context: PlanContext): GroupPlan {
  const { observed, fence } = context;
  const doors = resolveDoors(group.spec.doors, observed.doors);
  const byName = group.spec.unlock.method === 'Schedule';
  const schedule = findSchedule(group, observed);
  // Another schedule or another method: the old object is revoked first, as a deletion. A quarrel or a suspension decides nothing.
  const elsewhere = owned?.scheduleId != null && owned.scheduleId !== schedule?.id;
  const leaves = conflict === null && !group.suspended && elsewhere;
  const plan = (problem: GroupProblem | null, changes: readonly DoorChange[], scheduleId: string | null = null): GroupPlan => ({
    name: group.name,
    changes,
    doors,
    scheduleId,
    scheduleName: byName ? scheduleNameOf(group.name, group.spec) : null,
    policyId: owned?.policyId ?? null,
    leaves,
    fencedUntil: schedule === undefined ? null : context.fencedUntil(schedule.id),
    problem,
  });
  if (conflict !== null) return plan({ reason: 'Conflict', message: conflict }, shrinkHeld(group, owned, context));
  const stays = elsewhere && group.suspended && observed.details.has(owned.scheduleId);
  const shrunk = stays ? shrinkHeld(group, owned, context) : [];
  const revoked = leaves && group.spec.deletionPolicy === 'Lock' ? revokeSchedule(group.name, owned, context) : shrunk;
  if (!byName) return plan(null, [...revoked, ...revokePolicy(group.name, owned, observed)]);
  const name = scheduleNameOf(group.name, group.spec);

  if (schedule === undefined) {
    if (!group.spec.unlock.schedule.create || group.suspended) {
      const remedy = `create it there and point the hub's unlock schedule at it, or set spec.unlock.schedule.create: true`;
      return plan({ reason: 'ScheduleMissing', message: `UniFi has no schedule "${name}"; ${remedy}` }, revoked);
    }
    if (group.unknown !== null) return plan({ reason: 'SourceIncomplete', message: group.unknown }, revoked);
    if (fence.state === 'Failed') return plan({ reason: 'FenceFailed', message: fence.message }, revoked);
    const holidays = fence.state === 'Off' ? null : { id: fence.state === 'Held' ? fence.id : null, name: fence.fence.name };
    const create = { verb: 'create' as const, doorGroup: group.name, name, week: group.week, holidays };
    return plan(null, [...revoked, create, ...keepPolicy(group, doors, null, observed, owned)]);
  }

  const refused = refusal(group, schedule, owned, context);
  if (refused !== null) return plan(refused, revoked, schedule.id);
  // The schedule that it holds closes first; the one that it names waits for the suspension to end.
  if (stays) return plan(null, shrunk);
  const program = planSchedule(group, schedule, owned, context);
  if (program.problem !== null) return plan(program.problem, [...revoked, ...program.changes], schedule.id);
  const policy = group.suspended ? [] : keepPolicy(group, doors, schedule.id, observed, owned);
  return { ...plan(null, [...revoked, ...program.changes, ...policy], schedule.id), policyId: ownPolicy(group, observed, owned)?.id ?? null };
}
