import { ownerGroupName, ownershipHold, type OwnershipHold } from '../plan/doors/owner.js';
import type { PlaneDeps } from './plane.js';

/** Whether this UniFi is ours to write to, read that moment, whatever the other plane does. Null: it is. */
export async function ownershipOf({ unifi, ledger, installationId }: PlaneDeps): Promise<OwnershipHold | null> {
  // Before the look: the other plane may make the mark just now.
  const remembered = ledger.current();
  const [holidayGroups, schedules] = await Promise.all([unifi.listHolidayGroups(), unifi.listSchedules()]);
  const marks = holidayGroups.filter(({ name }) => name === ownerGroupName);
  const holidays = new Map(await Promise.all(marks.map(async ({ id }) => [id, await unifi.getHolidayGroup(id)] as const)));
  return ownershipHold({ holidayGroups, holidays, schedules }, remembered, installationId);
}
