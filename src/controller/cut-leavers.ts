import type { Applied } from '../apply/outcome.js';
import type { MemberChange } from '../plan/members/changes.js';
import { carryOut } from './carry-out-members.js';
import { rememberActiveUsers } from './members-owner.js';
import { tryAll, type PlaneDeps } from './plane.js';
import { countLeavers } from './spent-changes.js';
import { guardPeople, type Survey } from './survey-people.js';

/** Users whose access this run has ended or tried to end, by id; null: UniFi said yes. */
export type Cuts = ReadonlyMap<string, Applied<MemberChange>['error']>;

/**
 * Leavers first, before UniFi is asked for anything but its lists: nothing delays them. The brakes judge them as part of
 * all that the lists show to be different, and what waits for a person waits here too.
 * @param before each is tried once a run: one that UniFi leaves hanging stands in nobody's way
 * @returns `before` and those of this round
 */
export async function cutLeavers(survey: Survey, mapping: string, before: Cuts, deps: PlaneDeps): Promise<Cuts> {
  const { plan, spec } = survey;
  const guarded = await guardPeople(plan, survey, deps);
  const leavers = guarded.changes.filter(({ change, held }) => change.verb === 'deactivate' && held === null && !before.has(change.userId));
  if (leavers.length === 0) return before;
  const users = { template: spec.identity.employeeNumber, count: plan.activeCount - leavers.length };
  // A cut needs no memory, and waits for no disk; what the disk does not take is told by what follows.
  await tryAll(
    () => countLeavers(survey, guarded, leavers, deps),
    () => rememberActiveUsers(users, deps),
  );
  const { applied } = await carryOut(leavers, survey, mapping, deps);
  // Nothing was sent for those whose plan had grown old by then: they are in the next round.
  const sent = applied.filter(({ error }) => error?.code !== 'StalePlan');
  const tried = sent.length > 0 ? sent : applied;
  return new Map([...before, ...tried.map(({ change, error }) => [change.userId ?? '', error] as const)]);
}

/** Whom UniFi still shows with access although it was tried to end it. */
export function failedCut(change: MemberChange, cuts: Cuts): Applied<MemberChange> {
  const told = cuts.get(change.userId ?? '') ?? null;
  return { change, error: told ?? { code: 'StillActive', message: `UniFi took the deactivation of user ${change.userId ?? ''} and shows it active all the same; deactivate it there` } };
}
