import type { Member } from '../../desired/model.js';
import { incomplete, type Row } from './rows.js';

/**
 * Rows in strict order of contact and membership, as members.
 * @throws TransientError `SourceIncomplete` when the order or the uniqueness does not hold
 */
export function membersOf(rows: readonly Row[]): readonly Member[] {
  const members: Member[] = [];
  let group: Row[] = [];
  let previous: Row | null = null;
  for (const row of rows) {
    if (previous !== null && !follows(previous, row)) {
      throw incomplete(`CiviCRM sent rows out of order near contact ${row.contact}.`);
    }
    if (previous !== null && previous.contact !== row.contact) {
      members.push(...memberOf(group));
      group = [];
    }
    group.push(row);
    previous = row;
  }
  return [...members, ...memberOf(group)];
}

function follows(previous: Row, row: Row): boolean {
  if (row.contact !== previous.contact) return row.contact > previous.contact;
  return previous.membershipId > 0 && row.membershipId > previous.membershipId;
}

function memberOf(group: readonly Row[]): readonly Member[] {
  const [row] = group;
  if (row === undefined) return [];
  const { contact, firstName, lastName, email, deceased, deleted, card } = row;
  const memberships = group.flatMap(({ membership }) => membership ?? []);
  return [{ contact, firstName, lastName, email, deceased, deleted, card, memberships }];
}
