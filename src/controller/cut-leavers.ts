import { rememberActiveUsers } from './members-owner.js';
import { tryAll, type PlaneDeps } from './plane.js';
import { carryOut } from './carry-out-members.js';
import { countLeavers } from './spent-changes.js';
import { guardPeople, type Survey } from './survey-people.js';

export interface LeaversCut {
  /** Ids of the users that were tried, successfully or not. */
  readonly tried: ReadonlySet<string>;
  readonly done: number;
}

/**
 * Leavers first, where UniFi has to be asked for more before anything else can be planned: nothing delays them. The
 * brakes judge them as part of all that the lists show to be different, and what waits for a person waits here too.
 * @param before who was tried earlier in this run: a UniFi that says yes and does nothing is asked once
 */
export async function cutLeavers(survey: Survey, mapping: string, before: ReadonlySet<string>, deps: PlaneDeps): Promise<LeaversCut> {
  const { plan, spec } = survey;
  const guarded = await guardPeople(plan, survey, deps);
  const leavers = guarded.changes.filter(({ change, held }) => change.verb === 'deactivate' && held === null && !before.has(change.userId));
  if (leavers.length === 0) return { tried: new Set(), done: 0 };
  const users = { template: spec.identity.employeeNumber, count: plan.activeCount - leavers.length };
  // A cut needs no memory, and waits for no disk; what the disk does not take is told by what follows.
  await tryAll(
    () => rememberActiveUsers(users, deps),
    () => countLeavers(survey, guarded, leavers, deps),
  );
  const { applied } = await carryOut(leavers, survey, mapping, deps);
  // Not sent at all: the plan had grown old by then.
  const sent = applied.filter(({ error }) => error?.code !== 'StalePlan');
  return { tried: new Set(sent.flatMap(({ change }) => change.userId ?? [])), done: applied.filter(({ error }) => error === null).length };
}
