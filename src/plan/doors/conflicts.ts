import { isFence } from '../../desired/calendar/fence.js';
import { compareText } from '../../runtime/text.js';
import { policyNameOf, scheduleNameOf, type DesiredGroup, type OwnedGroup } from './group.js';
import { resolveDoors, type ObservedDoors } from './observed.js';

/** What only one group can have. */
interface Claim {
  readonly key: string;
  /** The group has been programmed with it before. */
  readonly held: boolean;
  /** The sentence for whoever comes second. */
  readonly taken: (rival: string) => string;
}

interface Claimant {
  readonly group: DesiredGroup;
  readonly claims: readonly Claim[];
  readonly programmed: boolean;
}

/** Groups that share a schedule, an access policy or a door with one that was there first, each with the sentence that says so. */
export function findConflicts(
  groups: readonly DesiredGroup[],
  observed: ObservedDoors,
  inventory: Readonly<Record<string, OwnedGroup>>,
): ReadonlyMap<string, string> {
  const claimants = groups.filter(({ spec }) => spec.unlock.method === 'Schedule').map((group) => claimant(group, observed, inventory[group.name]));
  const conflicts = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const { group, claims } of inPrecedence(claimants)) {
    const quarrel = claims.find(({ key }) => taken.has(key));
    if (quarrel !== undefined) conflicts.set(group.name, quarrel.taken(taken.get(quarrel.key) ?? ''));
    else for (const { key } of claims) taken.set(key, group.name);
  }
  return conflicts;
}

function claimant(group: DesiredGroup, observed: ObservedDoors, owned: OwnedGroup | undefined): Claimant {
  const schedule = scheduleNameOf(group.name, group.spec);
  const policy = group.spec.policy.manage ? policyNameOf(group.name, group.spec) : null;
  const policyHeld = owned?.policyId != null && observed.policies.some(({ id, name }) => id === owned.policyId && name === policy);
  const programmed = owned === undefined ? holdsFence(schedule, observed) : owned.scheduleName === schedule;
  // An inventory that is lost, or of an older program, names no doors.
  const doors = owned?.doorIds ?? null;
  return {
    group,
    programmed,
    claims: [
      { key: `schedule ${schedule}`, held: programmed, taken: (rival) => `DoorGroup/${rival} uses the schedule "${schedule}" already; give each group its own` },
      ...(policy === null
        ? []
        : [{ key: `policy ${policy}`, held: policyHeld || (doors === null && programmed), taken: (rival: string) => `DoorGroup/${rival} keeps the access policy "${policy}" already; give each group its own` }]),
      ...resolveDoors(group.spec.doors, observed.doors).doors.map(({ id, name }) => ({
        key: `door ${id}`,
        held: doors === null ? programmed : doors.includes(id),
        taken: (rival: string) => `door "${name}" belongs to DoorGroup/${rival} already; a door follows one schedule`,
      })),
    ],
  };
}

/** Only Sexton puts a fence on a schedule, beside a program. */
function holdsFence(scheduleName: string, { schedules, details, holidays }: ObservedDoors): boolean {
  const schedule = schedules.find(({ name }) => name === scheduleName);
  const held = schedule === undefined ? undefined : holidays.get(details.get(schedule.id)?.holidayGroupId ?? '');
  return held !== undefined && isFence(held.name);
}

/**
 * A group that asks for what it has been programmed with, then one that asks for more, last one that reaches for what
 * another has and still asks for: no edit and no new file pushes out what works. Among equals the one that was programmed
 * before, then the one accepted first, then by name.
 */
function inPrecedence(claimants: readonly Claimant[]): Claimant[] {
  const held = new Set(claimants.flatMap(({ claims }) => claims.filter((claim) => claim.held).map(({ key }) => key)));
  const rank = ({ group, claims, programmed }: Claimant): string => {
    const more = claims.filter((claim) => !claim.held);
    const reach = more.length === 0 ? 0 : more.some(({ key }) => held.has(key)) ? 2 : 1;
    return `${reach} ${programmed ? 0 : 1} ${group.acceptedAt} ${group.name}`;
  };
  const ranked = claimants.map((each) => ({ each, rank: rank(each) }));
  return ranked.sort((a, b) => compareText(a.rank, b.rank)).map(({ each }) => each);
}
