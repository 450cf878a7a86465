import type { Resource } from '../api/resource.js';
import { onRecord } from '../apply/audit/audit.js';
import type { AuditedChange } from '../apply/audit/record.js';
import { observeDoors } from '../apply/doors/observe-doors.js';
import { takeOver } from '../apply/doors/owner.js';
import { failure } from '../apply/outcome.js';
import { ownerGroupName, ownerMark, ownershipHold } from '../plan/doors/owner.js';
import { activeUsers, usersReplaced, type ActiveUsers } from '../plan/members/owner.js';
import { checkpoint, inForce, type PlaneDeps } from './plane.js';

export interface Adoption {
  /** What it will do, a sentence each, for the person who asked. */
  readonly steps: readonly string[];
  /** On record as an order of `by`. @throws what UniFi answers */
  carryOut(by: string): Promise<void>;
}

/** What taking over this UniFi means; null when it is ours already. @throws when UniFi cannot be read */
export async function adoptController(deps: PlaneDeps): Promise<Adoption | null> {
  const { unifi, ledger, installationId } = deps;
  const check = checkpoint(deps);
  const remembered = ledger.current();
  const observed = await observeDoors(unifi, { scheduleNames: new Set(), scheduleIds: new Set(), fenceName: null });
  const mark = ownerMark(observed, installationId);
  const hold = ownershipHold(observed, remembered, installationId);
  const present = new Set(observed.schedules.map(({ id }) => id));
  const gone = Object.entries(remembered.doorGroups).filter(([, { scheduleId }]) => scheduleId !== null && !present.has(scheduleId));
  const users = await activeUsersNow(deps);
  const usersGone = users !== null && usersReplaced(remembered.activeUsers, users) !== null;
  const forgotten = hold?.reason === 'ControllerReplaced' ? gone.map(([name]) => name).sort() : [];
  if (mark.state === 'Ours' && forgotten.length === 0 && !usersGone) return null;

  const replaced = mark.state === 'Foreign' ? `deletes the holiday group "${ownerGroupName}" of installation ${mark.installation || '(not named)'} and ` : '';
  return {
    steps: [
      ...(mark.state === 'Ours' ? [] : [`${replaced}makes "${ownerGroupName}" with the id of this installation, ${installationId}`]),
      ...(forgotten.length === 0 ? [] : [`forgets what it wrote for ${forgotten.join(', ')}: this UniFi has none of these schedules`]),
      ...(usersGone ? [`forgets that ${remembered.activeUsers?.count ?? 0} users of its own were active: ${users.count} are; the others are planned anew, as far as the guards let`] : []),
    ],
    async carryOut(by) {
      const change: AuditedChange = {
        plane: 'doors',
        verb: 'adopt',
        object: { kind: 'HolidayGroup', id: mark.state === 'Foreign' ? mark.groupId : null, name: ownerGroupName },
        before: mark.state === 'Foreign' ? { installation: mark.installation } : null,
        after: { installation: installationId, ...(forgotten.length === 0 ? {} : { forgotten }) },
        causes: [{ kind: 'person', ref: 'sexton adopt controller', text: `ordered by ${by}`, by }],
      };
      const outcome = await onRecord(
        deps.audit,
        [change],
        () => takeOver(observed, { unifi, installationId, checkpoint: check }).then(() => null, (error: unknown) => ({ error })),
        (failed) => [failed === null ? null : failure(failed.error)],
      );
      if (outcome !== null) throw outcome.error;
      await ledger.update((inventory) => ({
        ...inventory,
        ownerSeen: true,
        ...(usersGone ? { activeUsers: null } : {}),
        doorGroups: Object.fromEntries(Object.entries(inventory.doorGroups).filter(([name]) => !forgotten.includes(name))),
      }));
    },
  };
}

/** By the TierMapping in force; null without one. */
async function activeUsersNow({ store, unifi }: PlaneDeps): Promise<ActiveUsers | null> {
  const mapping = inForce(await store.list()).find((each): each is Resource<'TierMapping'> => each.kind === 'TierMapping');
  return mapping === undefined ? null : activeUsers(await unifi.listUsers(), mapping.spec.identity.employeeNumber);
}
