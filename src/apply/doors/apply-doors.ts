import { emptyWeek, sameWeek } from '../../desired/calendar/weekly-program.js';
import type { DoorChange } from '../../plan/doors/changes.js';
import { TransientError } from '../../runtime/errors.js';
import type { AccessController, WeekSchedule } from '../../unifi/access-controller.js';
import { failure, type Applied } from '../outcome.js';

export interface ApplyDoors {
  readonly unifi: AccessController;
  /** Ends the run between two writes: a stop was asked for, or the plan is too old. @throws */
  readonly checkpoint: () => void;
}

/** What one group's changes led to. Ids are those that the changes made. */
export interface AppliedGroup {
  readonly applied: readonly Applied<DoorChange>[];
  readonly scheduleId: string | null;
  readonly policyId: string | null;
}

/** One group's changes in order; the first failure leaves the rest for the next reconcile. */
export async function applyGroup(changes: readonly DoorChange[], deps: ApplyDoors): Promise<AppliedGroup> {
  const applied: Applied<DoorChange>[] = [];
  let scheduleId: string | null = null;
  let policyId: string | null = null;
  let stopped: Applied<DoorChange>['error'] = null;
  for (const change of changes) {
    if (stopped !== null) {
      applied.push({ change, error: stopped });
      continue;
    }
    try {
      deps.checkpoint();
      if (change.verb === 'policy') policyId = await keepPolicy(change, change.scheduleId ?? scheduleId, deps);
      else scheduleId = (await applyChange(change, deps)) ?? scheduleId;
      applied.push({ change, error: null });
    } catch (error) {
      stopped = failure(error);
      applied.push({ change, error: stopped });
    }
  }
  return { applied, scheduleId, policyId };
}

/** The id of a schedule that it made. */
async function applyChange(change: Exclude<DoorChange, { readonly verb: 'policy' }>, { unifi }: ApplyDoors): Promise<string | null> {
  switch (change.verb) {
    case 'create': {
      const { id } = await unifi.createSchedule({ name: change.name, week: change.week });
      await readBack(unifi, id, change.name, change.week);
      return id;
    }
    case 'program':
      await unifi.updateSchedule(change.scheduleId, { week: change.week });
      await readBack(unifi, change.scheduleId, change.name, change.week);
      return null;
    case 'revoke':
      await unifi.updateSchedule(change.scheduleId, { week: emptyWeek });
      await readBack(unifi, change.scheduleId, change.name, emptyWeek);
      return null;
    case 'revoke-policy':
      await unifi.deletePolicy(change.policyId);
      return null;
  }
}

async function readBack(unifi: AccessController, id: string, name: string, week: WeekSchedule): Promise<void> {
  const held = await unifi.getSchedule(id);
  if (!sameWeek(held.week, week)) {
    throw new TransientError(`schedule "${name}" reads back otherwise than it was written`, { code: 'ReadBackDiffers' });
  }
}

async function keepPolicy(
  change: Extract<DoorChange, { readonly verb: 'policy' }>,
  scheduleId: string | null,
  { unifi }: ApplyDoors,
): Promise<string> {
  if (scheduleId === null) throw new TransientError(`policy "${change.name}" waits for its schedule`, { code: 'ScheduleMissing' });
  const content = { name: change.name, doorIds: change.doorIds, scheduleId };
  const id = change.policyId ?? (await unifi.createPolicy(content)).id;
  if (change.policyId !== null) await unifi.updatePolicy(id, content);
  const held = (await unifi.listPolicies()).find((policy) => policy.id === id);
  const doorIds = held?.resources.map((resource) => resource.id).sort() ?? [];
  if (held?.scheduleId !== scheduleId || doorIds.join() !== [...change.doorIds].sort().join()) {
    throw new TransientError(`access policy "${change.name}" reads back otherwise than it was written`, { code: 'ReadBackDiffers' });
  }
  return id;
}
