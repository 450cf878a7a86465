import { withCounted, withSeen } from '../plan/members/budget.js';
import type { GuardedChange } from '../plan/members/guarded-plan.js';
import { tryAll, type PlaneDeps } from './plane.js';
import type { PlannedPeople } from './plan-people.js';

/** Before the first write: a process that dies between two of them has counted and approved neither too little nor twice. */
export async function countChanges(planned: PlannedPeople, released: readonly GuardedChange[], { budget, approvals, clock }: PlaneDeps): Promise<void> {
  const { guarded, spec } = planned;
  const failed = await tryAll(
    () => budget.update((before) => withCounted(judgesAll(planned) ? withSeen(before, guarded, spec.guards, false) : before, guarded, clock.now())),
    async () => (released.length > 0 ? approvals.begin(released.map(({ operation }) => operation)) : undefined),
  );
  if (failed !== null) throw failed.error;
}

/** After the last look at UniFi. Writes nothing when nothing changed. `wrote`: this run has sent changes. */
export async function settleChanges(planned: PlannedPeople, wrote: boolean, { budget, approvals }: PlaneDeps): Promise<void> {
  if (!judgesAll(planned)) return;
  const { guarded, spec } = planned;
  await budget.update((before) => withSeen(before, guarded, spec.guards, wrote));
  await approvals.seen(new Set(guarded.operations));
}

/** While only blocks are carried out, nothing is learned of what else is done or waits. */
function judgesAll({ suspended, memory }: PlannedPeople): boolean {
  return suspended === null && memory.readAt !== null;
}
