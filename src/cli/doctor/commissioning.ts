import { Document } from 'yaml';
import { apiVersion } from '../../api/resource.js';
import type { Resource } from '../../api/resource.js';
import { defaultScheduleName, scheduleNameOf } from '../../plan/doors/group.js';
import { plain } from '../../runtime/text.js';
import type { UnifiDoor, UnifiScheduleSummary } from '../../unifi/access-controller.js';
import { freeName } from '../import/door-names.js';

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
  // Doors may share a name, and groups that have doors already keep theirs.
  const used = new Set(groups.map(({ metadata }) => metadata.name));
  const proposals = free.map((door) => {
    const name = freeName(door.name, used);
    used.add(name);
    return { door, name };
  });
  return { proposal: proposalText(proposals), steps: [...missingSchedules(groups, schedules), ...proposedSchedules(proposals, doors), ...hubSteps(groups, doors)] };
}

interface Proposal {
  readonly door: UnifiDoor;
  readonly name: string;
}

/** Of `spec.displayName`, in characters. */
const longestLabel = 100;

function proposalText(proposals: readonly Proposal[]): string {
  const documents = proposals.map(({ door, name }) => {
    const scheduleName = defaultScheduleName(name);
    const label = plain(door.name).trim();
    const document = new Document({
      apiVersion,
      kind: 'DoorGroup',
      metadata: { name },
      spec: { ...(label === '' ? {} : { displayName: Array.from(label).slice(0, longestLabel).join('') }), doors: [{ id: door.id }], unlock: { method: door.hasHub ? 'Schedule' : 'None', ...(door.hasHub ? { schedule: { create: true } } : {}) } },
    });
    const called = label === '' ? door.id : label;
    document.commentBefore = door.hasHub ? ` ${called}: its hub in UniFi must follow the schedule "${scheduleName}".` : ` ${called}: no hub answers for it, so nothing opens it yet.`;
    return document.toString({ lineWidth: 0 });
  });
  return documents.join('---\n');
}

function proposedSchedules(proposals: readonly Proposal[], doors: readonly UnifiDoor[]): readonly string[] {
  return proposals
    .filter(({ door }) => door.hasHub)
    .map(({ door, name }) => `once its group is in force and Sexton has made "${defaultScheduleName(name)}": in UniFi Access, set the unlock schedule of the door ${calledOf(door, doors)} to it`);
}

/** By its id as well where its name does not tell it from others. */
function calledOf({ id, name }: UnifiDoor, doors: readonly UnifiDoor[]): string {
  const label = plain(name);
  return label !== '' && doors.filter((door) => plain(door.name) === label).length === 1 ? `"${label}"` : `"${label}" (${id})`;
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
    return found.map((door) => `check in UniFi Access that the unlock schedule of the door ${calledOf(door, doors)} is "${name}"; whether it follows, \`sexton get doors\` tells after the next window`);
  });
}
