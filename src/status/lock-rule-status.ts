import type { ConditionReason } from '../api/conditions.js';
import type { RuleOutcome } from '../apply/doors/lock-rules.js';
import type { UnifiDoor } from '../unifi/access-controller.js';
import type { NextCondition, ReadyInputs } from './conditions.js';
import { groupFollowing, type DoorFollowing } from './following.js';
import type { DoorsReport, GroupReport } from './report.js';

type Programmed = NonNullable<ReadyInputs['programmed']>;

/** Whether the lock rules of a group's doors are as declared. What a person or an emergency decides is as declared too: they come first. */
export function rulesProgrammed(group: GroupReport, report: DoorsReport): Programmed {
  const rules = rulesOf(group, report);
  const first = (...states: readonly RuleOutcome['state'][]): RuleOutcome | undefined => rules.find(({ state }) => states.includes(state));
  const failed = first('Failed', 'Offline');
  const unsupported = first('Unsupported');
  if (unsupported !== undefined) {
    return {
      status: 'False',
      reason: 'LockRuleUnsupported',
      message: `door "${unsupported.doorName}": its hub takes no lock rules (${unsupported.error?.code ?? ''}); update it, or use method Schedule`,
    };
  }
  if (failed !== undefined) {
    return { status: 'False', reason: 'WriteFailed', message: `door "${failed.doorName}": ${failed.error?.message ?? ''} (${failed.error?.code ?? ''}); it is tried again` };
  }
  const pending = rules.filter(({ state }) => state === 'Pending');
  if (pending.length > 0) {
    const count = `${pending.length} ${pending.length === 1 ? 'lock rule' : 'lock rules'}`;
    if (report.withheld !== null) return { status: 'False', reason: report.withheldFor ?? 'ClockSkew', message: `${count} withheld: ${report.withheld}` };
    if (report.dryRun) return { status: 'False', reason: 'DryRun', message: `${count} not written: mode is DryRun` };
    return { status: 'False', reason: 'Reconciling', message: `${count} to write` };
  }
  const person = first('YieldedToPerson');
  if (person !== undefined) {
    return { status: 'True', reason: 'YieldedToPerson', message: `door "${person.doorName}": a person's rule "${person.rule}" is left alone until it is gone` };
  }
  const ended = first('EndedByPerson');
  if (ended !== undefined) {
    return {
      status: 'True',
      reason: 'EndedByPerson',
      message: `door "${ended.doorName}": this window's rule was ended in UniFi, or its memory was lost; it is not set again before the next window`,
    };
  }
  const emergency = first('Emergency');
  if (emergency !== undefined) return { status: 'True', reason: 'YieldedToPerson', message: 'an emergency is on in UniFi; no lock rule is written' };
  return { status: 'True', reason: 'Programmed', message: 'the lock rules are as declared, read back' };
}

function rulesOf({ plan }: GroupReport, { rules }: DoorsReport): readonly RuleOutcome[] {
  const ids = new Set(plan.doors.doors.map(({ id }) => id));
  return rules.filter(({ doorId }) => ids.has(doorId));
}

export function followingOfDoor(door: Pick<UnifiDoor, 'id'>, { following, rules }: DoorsReport): DoorFollowing {
  const seen = following.get(door.id) ?? { status: 'Unknown' as const, fault: null, why: 'no DoorGroup opens it' };
  if (rules.find(({ doorId }) => doorId === door.id)?.state !== 'ForeignSchedule' || seen.status === 'False') return seen;
  const fault = { desired: 'Closed' as const, since: 0, rule: 'schedule' };
  return { status: 'False', fault, why: 'is open outside every window: a schedule in UniFi holds it' };
}

/** The condition Following of a group, and its field in the status. */
export function followingOfGroup(group: GroupReport, report: DoorsReport): { readonly status: DoorFollowing['status']; readonly conditions: readonly Omit<NextCondition, 'observedGeneration'>[] } {
  if (group.method === 'None') return { status: 'Unknown', conditions: [] };
  const doors = group.plan.doors.doors.map((door) => ({ name: door.name, following: followingOfDoor(door, report) }));
  const judged = groupFollowing(doors);
  const message = judged.status === 'True' ? 'the doors do what is declared' : judged.why;
  return { status: judged.status, conditions: [{ type: 'Following', status: judged.status, reason: reasonOf(judged, group, report), message }] };
}

function reasonOf({ status, fault }: DoorFollowing, group: GroupReport, report: DoorsReport): ConditionReason {
  if (status === 'True') return 'AsDeclared';
  if (fault === null) return report.dryRun ? 'DryRun' : 'NotObserved';
  const states = new Set(rulesOf(group, report).map(({ state }) => state));
  if (states.has('ForeignSchedule') || (group.method === 'LockRule' && fault.rule === 'schedule')) return 'ForeignSchedule';
  if (states.has('YieldedToPerson')) return 'YieldedToPerson';
  if (states.has('EndedByPerson') && fault.desired === 'Open') return 'EndedByPerson';
  return fault.desired === 'Open' ? 'ClosedInWindow' : 'OpenOutsideWindow';
}
