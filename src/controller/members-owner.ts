import { observeOwner } from '../apply/doors/observe-doors.js';
import { ownershipHold, type OwnershipHold } from '../plan/doors/owner.js';
import { usersReplaced, type ActiveUsers } from '../plan/members/owner.js';
import type { PlaneDeps } from './plane.js';

/** Why no user may be written until a person releases it; the doors plane judges the same mark by itself. @throws when UniFi cannot be read */
export async function membersHold(users: ActiveUsers, { unifi, ledger, installationId }: PlaneDeps): Promise<OwnershipHold | null> {
  // Taken before the look: the doors plane may make the mark in between.
  const remembered = ledger.current();
  return ownershipHold(await observeOwner(unifi), remembered, installationId) ?? usersReplaced(remembered.activeUsers, users);
}

/** Before users are deactivated with what will be left of them, afterwards with what is: a kill in between is no other controller. */
export async function rememberActiveUsers(users: ActiveUsers, { ledger }: PlaneDeps): Promise<void> {
  const known = ledger.current().activeUsers;
  if (known?.template === users.template && known.count === users.count) return;
  await ledger.update((inventory) => ({ ...inventory, activeUsers: users }));
}
