import { ownerGroupName } from '../../plan/doors/owner.js';
import { needsNewFence, type DoorsPlan } from '../../plan/doors/plan-doors.js';
import { errorCode, errorMessage, TransientError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import type { AccessController } from '../../unifi/access-controller.js';
import type { Ledger } from '../ledger.js';
import { failure, type Applied } from '../outcome.js';
import { applyGroup, type AppliedGroup } from './apply-doors.js';
import { dropFences, makeFence } from './fence.js';
import { markOwner } from './owner.js';

export interface ApplyPlanDeps {
  readonly unifi: AccessController;
  readonly ledger: Ledger;
  readonly installationId: string;
  /** Called right before each write. @throws Stopping, StalePlan */
  readonly checkpoint: () => void;
  /** Told what became of the owner's mark and of each fence, by name. Null: done. */
  readonly onHolidayGroup: (name: string, error: Applied<unknown>['error']) => void;
  readonly log: Logger;
}

/**
 * The whole plan, in the order in which a kill between any two writes does no harm: the owner's mark, today's fence,
 * each group by itself, and only then the fences that nobody holds any longer.
 */
export async function applyPlan(plan: DoorsPlan, deps: ApplyPlanDeps): Promise<ReadonlyMap<string, AppliedGroup>> {
  const groups = [...plan.removed, ...plan.groups].filter(({ changes }) => changes.length > 0);
  try {
    await claim(plan, deps);
  } catch (error) {
    deps.log.warn('the mark of this installation could not be made', { code: errorCode(error), error: errorMessage(error) });
    const stopped = failure(error);
    deps.onHolidayGroup(ownerGroupName, stopped);
    return new Map(groups.map(({ name, changes }) => [name, { applied: changes.map((change) => ({ change, error: stopped })), scheduleId: null, policyId: null }]));
  }
  const fence = await fenceFor(plan, deps);
  const applied = await Promise.all(groups.map(async ({ name, changes }) => [name, await applyGroup(changes, { ...deps, fence })] as const));
  await dropFences(plan.keptFence, deps);
  return new Map(applied);
}

/** After this the inventory knows that the mark was there, before anything else is written. */
async function claim({ holidayGroups, owner }: DoorsPlan, deps: ApplyPlanDeps): Promise<void> {
  const absent = holidayGroups.some(({ verb }) => verb === 'mark');
  if (absent) {
    await markOwner(deps);
    deps.onHolidayGroup(ownerGroupName, null);
  }
  if ((absent || owner.state === 'Ours') && !deps.ledger.current().ownerSeen) {
    await deps.ledger.update((inventory) => ({ ...inventory, ownerSeen: true }));
  }
}

/** Hands out the fence that the run made, or throws what became of it; made once, and only when somebody needs it. */
async function fenceFor({ fence, groups }: DoorsPlan, deps: ApplyPlanDeps): Promise<() => string> {
  if (fence.state !== 'Missing' || !groups.some(needsNewFence)) {
    return () => {
      throw new TransientError('there is no fence for today', { code: 'FenceFailed' });
    };
  }
  try {
    const id = await makeFence(fence, deps);
    deps.onHolidayGroup(fence.fence.name, null);
    return () => id;
  } catch (error) {
    deps.onHolidayGroup(fence.fence.name, failure(error));
    return () => {
      throw error;
    };
  }
}
