import type { Resource } from '../../api/resource.js';
import { scheduleNameOf } from '../../plan/doors/group.js';
import { doorsNamed } from '../../plan/doors/observed.js';
import type { UnifiDoor, UnifiScheduleSummary } from '../../unifi/access-controller.js';
import { failed, ok, warning, type Check } from './check.js';

export interface DeclaredFacts {
  readonly groups: readonly Resource<'DoorGroup'>[];
  readonly doors: readonly UnifiDoor[];
  readonly schedules: readonly UnifiScheduleSummary[];
}

/** Whether UniFi has the doors and schedules that door groups name. */
export function declaredChecks(facts: DeclaredFacts): readonly Check[] {
  const { groups } = facts;
  if (groups.length === 0) return [warning('unifi.doors', 'no DoorGroup is in force, so no door opens by itself', 'sexton doctor --commission proposes one for each door')];
  const [doors, schedules] = [groups.flatMap((group) => doorFaults(group, facts)), groups.flatMap((group) => scheduleFaults(group, facts))];
  return [
    ...(doors.length === 0 ? [ok('unifi.doors', 'each door of a DoorGroup is there, once')] : doors),
    ...(schedules.length === 0 ? [ok('unifi.schedules', 'each schedule of a DoorGroup is there')] : schedules),
  ];
}

function doorFaults({ metadata, spec }: Resource<'DoorGroup'>, { doors }: DeclaredFacts): readonly Check[] {
  const group = `DoorGroup/${metadata.name}`;
  return spec.doors.flatMap((ref): readonly Check[] => {
    const { id, name } = ref;
    const found = doorsNamed(ref, doors);
    const called = id === undefined ? `"${name ?? ''}"` : `with the id ${id}`;
    const [door] = found;
    if (door === undefined) return [failed('unifi.doors', `UniFi has no door ${called} (${group})`, `correct it in ${group}: \`sexton get doors\` lists them all, with name and id`)];
    if (found.length > 1) {
      return [failed('unifi.doors', `UniFi has ${found.length} doors ${called} (${group})`, `name it by its id in ${group} (${found.map((each) => each.id).join(' or ')}), or rename one in UniFi`)];
    }
    if (door.hasHub || spec.unlock.method === 'None') return [];
    return [warning('unifi.doors', `no hub answers for the door "${door.name}" (${group}), so nothing opens it`, 'connect its hub and adopt it in UniFi Access')];
  });
}

function scheduleFaults({ metadata, spec }: Resource<'DoorGroup'>, { schedules }: DeclaredFacts): readonly Check[] {
  const { method, schedule } = spec.unlock;
  if (method !== 'Schedule') return [];
  const name = scheduleNameOf(metadata.name, spec);
  const found = schedules.filter((each) => each.name === name);
  if (found.length === 0 && !schedule.create) {
    return [failed('unifi.schedules', `UniFi has no schedule "${name}" (DoorGroup/${metadata.name})`, 'create it in UniFi Access, with no hours on any day, or say `create: true`; then point the hubs of these doors at it')];
  }
  return [];
}
