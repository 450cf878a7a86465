import type { AppliedGroup } from '../apply/doors/apply-doors.js';
import type { OwnedDoorGroup } from '../apply/inventory.js';
import type { DoorsPlan, GroupPlan } from '../plan/doors/plan-doors.js';
import { tryAll, type PlaneDeps } from './plane.js';

/** Writes down what each group owns now; what could not be revoked stays remembered and is tried again. */
export async function rememberGroups(plan: DoorsPlan, applied: ReadonlyMap<string, AppliedGroup>, { ledger, store }: PlaneDeps): Promise<void> {
  const revoked = plan.removed.filter(({ name }) => !hasFailed(applied.get(name))).map(({ name }) => name);
  const remember = (): Promise<void> => ledger.update((inventory) => {
    const doorGroups: Record<string, OwnedDoorGroup> = { ...inventory.doorGroups };
    for (const group of plan.groups) {
      doorGroups[group.name] = ownedAfter(group, doorGroups[group.name], applied.get(group.name));
    }
    const remembered = Object.entries(doorGroups).filter(
      ([name, owned]) => !revoked.includes(name) && (owned.scheduleId !== null || owned.policyId !== null),
    );
    return { ...inventory, doorGroups: Object.fromEntries(remembered) };
  });
  const failed = await tryAll(remember, ...revoked.map((name) => () => store.forget('DoorGroup', name)));
  if (failed !== null) throw failed.error;
}

const nothing: OwnedDoorGroup = { scheduleId: null, scheduleName: null, policyId: null, policyCreated: false, doorIds: null };

function ownedAfter(group: GroupPlan, before: OwnedDoorGroup = nothing, applied?: AppliedGroup): OwnedDoorGroup {
  const done = (applied?.applied ?? []).filter(({ error }) => error === null).map(({ change }) => change.verb);
  const failed = (applied?.applied ?? []).filter(({ error }) => error !== null).map(({ change }) => change.verb);
  const kept = group.leaves && !failed.includes('revoke') ? { ...before, scheduleId: null, scheduleName: null } : before;
  const policyGone = done.includes('revoke-policy') ? { ...kept, policyId: null, policyCreated: false } : kept;
  // A group that may not write owns nothing new; a revocation that failed leaves the old object on the list.
  if (group.problem !== null || failed.includes('revoke')) return policyGone;
  const found = group.scheduleId ?? applied?.scheduleId ?? null;
  const scheduleId = found ?? policyGone.scheduleId;
  const made = applied?.policyId ?? null;
  const policyId = made ?? (done.includes('revoke-policy') ? null : group.policyId);
  const createdNow = group.changes.some((change) => change.verb === 'policy' && change.policyId === null) && made !== null;
  return {
    scheduleId,
    scheduleName: found === null ? policyGone.scheduleName : group.scheduleName,
    policyId,
    policyCreated: createdNow || (before.policyCreated && policyId !== null && before.policyId === policyId),
    doorIds: scheduleId === null ? [] : doorsAfter(group, before),
  };
}

/** A door that UniFi does not name now is not given up. */
function doorsAfter({ doors: { doors, missing } }: GroupPlan, { doorIds }: OwnedDoorGroup): readonly string[] {
  return [...new Set([...(missing.length > 0 ? (doorIds ?? []) : []), ...doors.map(({ id }) => id)])].sort();
}

function hasFailed(applied: AppliedGroup | undefined): boolean {
  return applied?.applied.some(({ error }) => error !== null) ?? false;
}
