import type { Member } from '../../desired/model.js';
import { incomplete, type ContactRow, type MembershipRow, type Row } from './rows.js';

/**
 * Rows in order of their contact, as members with their memberships in order of id.
 * @throws TransientError `SourceIncomplete` when a contact comes out of order or a row comes twice
 */
export function membersOf(rows: readonly Row[]): readonly Member[] {
  const members: Member[] = [];
  let start = 0;
  while (start < rows.length) {
    const contact = rows[start]?.contact ?? 0;
    let end = start + 1;
    while (rows[end]?.contact === contact) end += 1;
    if (contact <= (members.at(-1)?.contact ?? 0)) throw incomplete(`CiviCRM sent contacts out of order near ${contact}.`);
    members.push(...memberOf(rows.slice(start, end)));
    start = end;
  }
  return members;
}

/** Fewer are single bad records. */
const fewest = 3;

/**
 * Bad memberships are their contacts' trouble, one by one; many of them, at least three and a tenth of all, are an answer
 * that says nothing. @throws TransientError `SourceIncomplete`
 */
export function requireReadable(members: readonly Member[]): void {
  const memberships = members.flatMap((member) => member.memberships);
  const bad = memberships.flatMap(({ unreadable }) => unreadable ?? []);
  if (bad.length < fewest || bad.length * 10 < memberships.length) return;
  throw incomplete(`CiviCRM sent an unreadable ${[...new Set(bad)].sort().join(', ')} for ${bad.length} of ${memberships.length} memberships.`);
}

/** Contacts in order, each with those of the memberships that are its own. @throws TransientError as `membersOf` */
export function withMemberships(contacts: readonly ContactRow[], memberships: readonly MembershipRow[]): readonly Row[] {
  const byOwner = new Map<number, MembershipRow[]>();
  for (const each of memberships) {
    const known = byOwner.get(each.owner);
    if (known === undefined) byOwner.set(each.owner, [each]);
    else known.push(each);
  }
  return contacts.flatMap((contact): Row[] => {
    const own = byOwner.get(contact.contact) ?? [];
    if (own.length === 0) return [{ ...contact, membershipId: 0, membership: null }];
    return own.map(({ membershipId, membership }) => ({ ...contact, membershipId, membership }));
  });
}

function memberOf(group: readonly Row[]): readonly Member[] {
  const [row] = group;
  if (row === undefined) return [];
  const { contact, firstName, lastName, email, deceased, deleted, card } = row;
  const ids = new Set(group.map(({ membershipId }) => membershipId));
  // A contact comes once without a membership, or once with each.
  if (ids.size < group.length || (ids.has(0) && ids.size > 1)) throw incomplete(`CiviCRM sent contact ${contact} twice.`);
  const memberships = group.flatMap(({ membership }) => membership ?? []).sort((a, b) => a.id - b.id);
  return [{ contact, firstName, lastName, email, deceased, deleted, card, memberships }];
}
