import { withCounted, withLeaversSeen, withSeen, type Budget } from '../plan/members/budget.js';
import type { GuardedChange, GuardedPlan } from '../plan/members/guarded-plan.js';
import { tryAll, type PlaneDeps } from './plane.js';
import type { PlannedPeople } from './plan-people.js';
import type { Survey } from './survey-people.js';

/** Before the first write: a process that dies between two of them has counted and approved neither too little nor twice. */
export async function countChanges({ survey, guarded }: PlannedPeople, released: readonly GuardedChange[], deps: PlaneDeps): Promise<void> {
  const seen = (before: Budget): Budget => (judgesAll(survey) ? withSeen(before, guarded, survey.spec.guards, false) : before);
  await countAndBegin(seen, guarded, released, deps);
}

/** The same for leavers who go before the others are planned: of those nothing is learned. */
export async function countLeavers(survey: Survey, guarded: GuardedPlan, leavers: readonly GuardedChange[], deps: PlaneDeps): Promise<void> {
  const seen = (before: Budget): Budget => (judgesAll(survey) ? withLeaversSeen(before, guarded, survey.spec.guards) : before);
  await countAndBegin(seen, { ...guarded, changes: leavers }, leavers, deps);
}

/** One file that cannot be written does not keep the other from it. */
async function countAndBegin(seen: (before: Budget) => Budget, counted: GuardedPlan, released: readonly GuardedChange[], { budget, approvals, clock }: PlaneDeps): Promise<void> {
  const failed = await tryAll(
    () => budget.update((before) => withCounted(seen(before), counted, clock.now())),
    async () => (released.length > 0 ? approvals.begin(released.map(({ operation }) => operation)) : undefined),
  );
  if (failed !== null) throw failed.error;
}

/** After the last look at UniFi. Writes nothing when nothing changed. `wrote`: this run has sent changes. */
export async function settleChanges({ survey, guarded }: PlannedPeople, wrote: boolean, { budget, approvals }: PlaneDeps): Promise<void> {
  if (!judgesAll(survey)) return;
  await budget.update((before) => withSeen(before, guarded, survey.spec.guards, wrote));
  await approvals.seen(new Set(guarded.operations));
}

/** While only blocks are carried out, nothing is learned of what else is done or waits. */
function judgesAll({ suspended, memory }: Survey): boolean {
  return suspended === null && memory.readAt !== null;
}
