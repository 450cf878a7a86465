import type { DesiredPerson } from '../../desired/members/people.js';
import type { UnifiUser } from '../../unifi/access-controller.js';
import type { PeopleIndex } from './observed.js';

/** Users of an older program that wait for `sexton adopt members`; all of one contact. */
export interface Adoption {
  readonly contact: number;
  readonly users: readonly Pick<UnifiUser, 'id' | 'status'>[];
  /** Why none of them can be taken over; null: the only one can. */
  readonly conflict: string | null;
  /** The contact has a user of ours already. */
  readonly ownUser: boolean;
}

/** Sorted by contact. Candidates are listed and never touched before a person has said so. */
export function adoptions(index: PeopleIndex): Adoption[] {
  return [...index.candidates]
    .map(([contact, users]) => ({
      contact,
      users: users.map(({ id, status }) => ({ id, status })),
      conflict: conflictOf(users, index.byContact.get(contact) ?? []),
      ownUser: index.byContact.has(contact),
    }))
    .sort((a, b) => a.contact - b.contact);
}

function conflictOf(users: readonly UnifiUser[], own: readonly UnifiUser[]): string | null {
  const ids = (list: readonly UnifiUser[]): string => list.map(({ id, status }) => `${id} (${status})`).join(', ');
  if (own.length > 0) return `UniFi user ${ids(own)} carries the contact's number already; delete one of them in UniFi`;
  return users.length > 1 ? `${users.length} UniFi users could be taken over: ${ids(users)}; delete all but one in UniFi` : null;
}

export interface AdoptionNote {
  /** The contact waits for a person; false: only something to tidy up. */
  readonly pending: boolean;
  readonly reason: string;
}

/**
 * What to say of a contact while its user waits; null where nothing hangs on it: a deactivated user of somebody
 * without access is only backlog.
 * @param person null: the membership database does not list the contact
 */
export function adoptionNote({ contact, users, conflict, ownUser }: Adoption, person: DesiredPerson | null): AdoptionNote | null {
  const withAccess = person?.outcome === 'Access' || person?.outcome === 'Quarantined';
  const active = users.some(({ status }) => status !== 'DEACTIVATED');
  if (!active && (!withAccess || ownUser)) return null;
  const named = users.map(({ id, status }) => `UniFi user ${id} (${status})`).join(', ');
  const remedy = conflict ?? `run: sexton adopt members ${contact}`;
  if (!withAccess) return { pending: true, reason: `${named} of an older program is not ours yet, so its access is not ended; ${remedy}, or deactivate it in UniFi` };
  if (ownUser) return { pending: false, reason: `${named} of an older program is this contact too; ${remedy}` };
  return { pending: true, reason: `${named} of an older program waits to be taken over, and no second one is created; ${remedy}` };
}
