import type { AddChange, PolicyChange, RenameChange } from '../../plan/members/changes.js';
import { sameName } from '../../desired/members/person-name.js';
import { errorCode, TransientError } from '../../runtime/errors.js';
import type { AccessController } from '../../unifi/access-controller.js';
import type { FreshUsers } from './fresh-users.js';

/** The id of the user, made when there is none. @throws TransientError UserAppeared when one is there by now */
export async function createOrRename(change: AddChange, unifi: AccessController, users: FreshUsers): Promise<string> {
  const { contact, employeeNumber } = change;
  const names = { firstName: change.name.first, lastName: change.name.last };
  if (change.userId === null) {
    if (await users.isTaken(employeeNumber)) {
      throw new TransientError(`a user of contact ${contact} has appeared in UniFi; it is planned for anew`, { code: 'UserAppeared' });
    }
    return (await unifi.createUser({ ...names, employeeNumber })).id;
  }
  if (change.rename) await unifi.updateUser(change.userId, names);
  return change.userId;
}

type RefuseEmail = (contact: number, email: string) => Promise<void>;

export async function rename(change: RenameChange, unifi: AccessController, refuse: RefuseEmail): Promise<void> {
  const { userId, name, before } = change;
  if (!sameName(before, name)) await unifi.updateUser(userId, { firstName: name.first, lastName: name.last });
  await writeEmail(userId, change, unifi, refuse);
}

/** Apart from everything else, since UniFi may refuse it for good: administrators are not listed, and have addresses too. */
export async function writeEmail(
  userId: string,
  { contact, email }: { readonly contact: number; readonly email: string | null },
  unifi: AccessController,
  refuse: RefuseEmail,
): Promise<void> {
  if (email === null) return;
  try {
    await unifi.updateUser(userId, { email });
  } catch (error) {
    if (!refusedForGood.has(errorCode(error))) throw error;
    await refuse(contact, email);
  }
}

const refusedForGood: ReadonlySet<string> = new Set(['CODE_ADMIN_EMAIL_EXIST', 'CODE_USER_EMAIL_ERROR']);

/**
 * Foreign direct policies are preserved: the list is read that moment, and replaced whole. `created`: by this run, without
 * any of its own. What comes with a group or with being a user is not made the user's own by giving it once more.
 */
export async function setPolicies(
  user: { readonly id: string; readonly created: boolean },
  change: PolicyChange | AddChange,
  unifi: AccessController,
  managed: ReadonlySet<string>,
): Promise<void> {
  const direct = user.created ? [] : await unifi.listDirectPolicies(user.id);
  const all = change.verb === 'add' && change.inherits ? await allPolicies(user, unifi) : [];
  const policies = change.policies.filter((id) => direct.includes(id) || !all.includes(id));
  const wanted = [...new Set([...direct.filter((id) => !managed.has(id)), ...policies])];
  if (wanted.length === direct.length && wanted.every((id) => direct.includes(id))) return;
  await unifi.setPolicies(user.id, wanted);
}

async function allPolicies({ id, created }: { readonly id: string; readonly created: boolean }, unifi: AccessController): Promise<readonly string[]> {
  const { policyIds } = await unifi.getUser(id);
  return created ? policyIds : [...policyIds, ...(await unifi.listEffectivePolicies(id))];
}

/** Only a deactivated user that still is the contact's: a pending one waits for its own owner, whatever the plan saw. */
export async function activate(userId: string, { contact, employeeNumber }: AddChange, unifi: AccessController): Promise<void> {
  const user = await unifi.getUser(userId);
  if (user.employeeNumber !== employeeNumber) {
    throw new TransientError(`UniFi user ${userId} is not contact ${contact}'s any longer; it is planned for anew`, { code: 'UserChanged' });
  }
  if (user.status === 'ACTIVE') return;
  if (user.status !== 'DEACTIVATED') {
    throw new TransientError(`UniFi user ${userId} of contact ${contact} is ${user.status}; only deactivated users are activated`, { code: 'UserChanged' });
  }
  await unifi.updateUser(userId, { status: 'ACTIVE' });
}
