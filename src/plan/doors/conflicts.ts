import { policyNameOf, scheduleNameOf, type DesiredGroup, type OwnedGroup } from './group.js';
import { resolveDoors, type ObservedDoors } from './observed.js';

/** Groups that share a schedule, an access policy or a door with one that was there first, each with the sentence that says so. */
export function findConflicts(
  groups: readonly DesiredGroup[],
  observed: ObservedDoors,
  inventory: Readonly<Record<string, OwnedGroup>>,
): ReadonlyMap<string, string> {
  const conflicts = new Map<string, string>();
  const schedules = new Map<string, string>();
  const policies = new Map<string, string>();
  const doors = new Map<string, string>();
  for (const group of [...groups].filter(({ spec }) => spec.unlock.method === 'Schedule').sort(byPrecedence(inventory))) {
    const schedule = scheduleNameOf(group.name, group.spec);
    const resolved = resolveDoors(group.spec.doors, observed.doors).doors;
    const policy = group.spec.policy.manage ? policyNameOf(group.name, group.spec) : null;
    const rival = schedules.get(schedule);
    const policyRival = policy === null ? undefined : policies.get(policy);
    const shared = resolved.find(({ id }) => doors.has(id));
    if (rival !== undefined) {
      conflicts.set(group.name, `DoorGroup/${rival} uses the schedule "${schedule}" already; give each group its own`);
    } else if (policyRival !== undefined) {
      conflicts.set(group.name, `DoorGroup/${policyRival} keeps the access policy "${policy ?? ''}" already; give each group its own`);
    } else if (shared !== undefined) {
      conflicts.set(group.name, `door "${shared.name}" belongs to DoorGroup/${doors.get(shared.id) ?? ''} already; a door follows one schedule`);
    } else {
      schedules.set(schedule, group.name);
      if (policy !== null) policies.set(policy, group.name);
      for (const { id } of resolved) doors.set(id, group.name);
    }
  }
  return conflicts;
}

/** The group that holds its schedule already, then the one accepted first, then by name. */
function byPrecedence(inventory: Readonly<Record<string, OwnedGroup>>): (a: DesiredGroup, b: DesiredGroup) => number {
  const rank = (group: DesiredGroup): string => {
    const holds = inventory[group.name]?.scheduleName === scheduleNameOf(group.name, group.spec);
    return `${holds ? 0 : 1} ${group.acceptedAt} ${group.name}`;
  };
  return (a, b) => (rank(a) < rank(b) ? -1 : 1);
}
