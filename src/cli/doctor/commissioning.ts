import { Document } from 'yaml';
import { apiVersion } from '../../api/resource.js';
import type { Resource } from '../../api/resource.js';
import { defaultScheduleName, scheduleNameOf } from '../../plan/doors/group.js';
import { plain } from '../../runtime/text.js';
import type { UnifiDoor, UnifiScheduleSummary } from '../../unifi/access-controller.js';
import { doorGroupNames } from '../import/door-names.js';

export interface CommissioningFacts {
  readonly doors: readonly UnifiDoor[];
  readonly schedules: readonly UnifiScheduleSummary[];
  readonly groups: readonly Resource<'DoorGroup'>[];
}

export interface Commissioning {
  /** YAML of door groups for doors that no group has yet; empty when every door has one. */
  readonly proposal: string;
  /** What a person does in UniFi, in order. */
  readonly steps: readonly string[];
}

/** What is between the doors that UniFi has and doors that open by themselves. */
export function commissioning({ doors, schedules, groups }: CommissioningFacts): Commissioning {
  const taken = new Set(groups.flatMap(({ spec }) => spec.doors.flatMap(({ id, name }) => [id, name])));
  const free = doors.filter(({ id, name }) => !taken.has(id) && !taken.has(name));
  const names = doorGroupNames([...groups.map(({ metadata }) => metadata.name), ...free.map(({ id }) => id)]);
  const byLabel = doorGroupNames(free.map(({ name }) => name));
  const used = new Set(groups.map(({ metadata }) => metadata.name));
  const proposals = free.map((door) => {
    const wanted = byLabel.get(door.name) ?? '';
    return { door, name: wanted === '' || used.has(wanted) ? (names.get(door.id) ?? wanted) : wanted };
  });
  return { proposal: proposalText(proposals), steps: [...missingSchedules(groups, schedules), ...proposedSchedules(proposals), ...hubSteps(groups, doors)] };
}

interface Proposal {
  readonly door: UnifiDoor;
  readonly name: string;
}

function proposalText(proposals: readonly Proposal[]): string {
  const documents = proposals.map(({ door, name }) => {
    const scheduleName = defaultScheduleName(name);
    const document = new Document({
      apiVersion,
      kind: 'DoorGroup',
      metadata: { name },
      spec: { displayName: plain(door.name), doors: [{ id: door.id }], unlock: { method: door.hasHub ? 'Schedule' : 'None', ...(door.hasHub ? { schedule: { create: true } } : {}) } },
    });
    document.commentBefore = door.hasHub ? ` ${plain(door.name)}: its hub in UniFi must follow the schedule "${scheduleName}".` : ` ${plain(door.name)}: no hub answers for it, so nothing opens it yet.`;
    return document.toString({ lineWidth: 0 });
  });
  return documents.join('---\n');
}

function proposedSchedules(proposals: readonly Proposal[]): readonly string[] {
  return proposals
    .filter(({ door }) => door.hasHub)
    .map(({ door, name }) => `once its group is in force and "${defaultScheduleName(name)}" is there: in UniFi Access, set the unlock schedule of the door "${plain(door.name)}" to it`);
}

function missingSchedules(groups: readonly Resource<'DoorGroup'>[], schedules: readonly UnifiScheduleSummary[]): readonly string[] {
  const there = new Set(schedules.map(({ name }) => name));
  return groups.flatMap(({ metadata, spec }) => {
    const { method, schedule } = spec.unlock;
    const name = scheduleNameOf(metadata.name, spec);
    if (method !== 'Schedule' || schedule.create || there.has(name)) return [];
    return [`create the schedule "${name}" in UniFi Access, with no hours on any day (for DoorGroup/${metadata.name}), or say \`create: true\``];
  });
}

function hubSteps(groups: readonly Resource<'DoorGroup'>[], doors: readonly UnifiDoor[]): readonly string[] {
  return groups.flatMap(({ metadata, spec }) => {
    if (spec.unlock.method !== 'Schedule') return [];
    const name = scheduleNameOf(metadata.name, spec);
    const found = doors.filter((door) => spec.doors.some(({ id, name: label }) => id === door.id || label === door.name));
    return found.map((door) => `check in UniFi Access that the unlock schedule of the door "${plain(door.name)}" is "${name}"; whether it follows, \`sexton get doors\` tells after the next window`);
  });
}
