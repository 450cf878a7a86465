import { emptyWeek, sameWeek } from '../../desired/calendar/weekly-program.js';
import type { DoorChange, ProgramSchedule, RevokeSchedule } from '../../plan/doors/changes.js';
import { foreignPolicies, sharedSchedule } from '../../plan/doors/policy.js';
import { TransientError } from '../../runtime/errors.js';
import type { AccessController, WeekSchedule } from '../../unifi/access-controller.js';
import { failure, type Applied } from '../outcome.js';

export interface ApplyDoors {
  readonly unifi: AccessController;
  /** Called right before each write; ends the run when a stop was asked for, or the plan is too old. @throws */
  readonly checkpoint: () => void;
  /** The id of the fence that this run made, for changes that waited for it. @throws TransientError FenceFailed */
  readonly fence: () => string;
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
async function applyChange(change: Exclude<DoorChange, { readonly verb: 'policy' }>, deps: ApplyDoors): Promise<string | null> {
  const { unifi, checkpoint } = deps;
  switch (change.verb) {
    case 'create': {
      const groupId = change.holidays === null ? null : (change.holidays.id ?? deps.fence());
      checkpoint();
      const { id } = await unifi.createSchedule({ name: change.name, week: change.week, ...(groupId === null ? {} : { holidayGroupId: groupId }) });
      await readBack(unifi, id, { name: change.name, week: change.week, groupId });
      return id;
    }
    case 'program':
      await writeSchedule(change, change.week, deps);
      return null;
    case 'revoke':
      await writeSchedule(change, emptyWeek, deps);
      return null;
    case 'revoke-policy':
      checkpoint();
      await unifi.deletePolicy(change.policyId);
      return null;
  }
}

/** Week and holidays in one write, once nobody else's policy leans on the schedule. */
async function writeSchedule(change: ProgramSchedule | RevokeSchedule, week: WeekSchedule, { unifi, checkpoint, fence }: ApplyDoors): Promise<void> {
  const groupId = change.holidays === null ? null : (change.holidays.id ?? fence());
  const others = foreignPolicies(await unifi.listPolicies(), change.scheduleId, change.ownPolicyId);
  if (others.length > 0) throw new TransientError(sharedSchedule(others), { code: 'SharedSchedule' });
  checkpoint();
  await unifi.updateSchedule(change.scheduleId, { week, ...(groupId === null ? {} : { holidayGroupId: groupId, holidaySchedule: [] }) });
  await readBack(unifi, change.scheduleId, { name: change.name, week, groupId });
}

async function readBack(
  unifi: AccessController,
  id: string,
  written: { readonly name: string; readonly week: WeekSchedule; readonly groupId: string | null },
): Promise<void> {
  const held = await unifi.getSchedule(id);
  const fenced = written.groupId === null || (held.holidayGroupId === written.groupId && held.holidaySchedule.length === 0);
  if (!fenced || !sameWeek(held.week, written.week)) {
    throw new TransientError(`schedule "${written.name}" reads back otherwise than it was written`, { code: 'ReadBackDiffers' });
  }
}

async function keepPolicy(
  change: Extract<DoorChange, { readonly verb: 'policy' }>,
  scheduleId: string | null,
  { unifi, checkpoint }: ApplyDoors,
): Promise<string> {
  if (scheduleId === null) throw new TransientError(`policy "${change.name}" waits for its schedule`, { code: 'ScheduleMissing' });
  const content = { name: change.name, doorIds: change.doorIds, scheduleId };
  checkpoint();
  const id = change.policyId ?? (await unifi.createPolicy(content)).id;
  if (change.policyId !== null) await unifi.updatePolicy(id, content);
  const held = (await unifi.listPolicies()).find((policy) => policy.id === id);
  const doorIds = held?.resources.map((resource) => resource.id).sort() ?? [];
  if (held?.scheduleId !== scheduleId || doorIds.join() !== [...change.doorIds].sort().join()) {
    throw new TransientError(`access policy "${change.name}" reads back otherwise than it was written`, { code: 'ReadBackDiffers' });
  }
  return id;
}
