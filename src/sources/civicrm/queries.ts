import type { CivicrmApi } from './api-client.js';
import { withMemberships } from './members.js';
import { incomplete, parseContactRow, parseMembershipRow, parseRow, selectedContactKeys, selectedKeys, selectedMembershipKeys, type ContactRow, type Row, type RowShape } from './rows.js';

export interface Question {
  readonly where: readonly (readonly unknown[])[];
  /** 0: none. Of rows in a joined query, of contacts where they are asked for alone. */
  readonly limit: number;
  /** Asks for the number of all matching rows too. */
  readonly counted?: boolean;
}

export interface Page {
  readonly rows: readonly Row[];
  /** Contacts or rows that count against the limit. */
  readonly size: number;
  /** Of what counts against the limit; null where the server does not know. */
  readonly matched: number | null;
  /** False: the last contact of a full page may lack memberships that did not fit. */
  readonly whole: boolean;
}

/** One page of contacts in order of id, with their memberships. */
export type PageQuery = (question: Question) => Promise<Page>;

/** Contact and memberships come from one moment, so that a merge or renewal between two queries makes nobody look like a leaver. */
export function joinedQuery(api: CivicrmApi, shape: RowShape): PageQuery {
  return async ({ where, limit, counted = false }) => {
    const { values, matched } = await api.get('Contact', {
      select: [...selectedKeys(shape), ...(counted ? ['row_count'] : [])],
      join: [['Membership AS m', 'LEFT', ['id', '=', 'm.contact_id'], ['m.is_test', '=', false]]],
      where,
      // Not by m.id too: where the join is refused, that turns missing keys, which name the permission, into a bare 500.
      orderBy: { id: 'ASC' },
      limit,
    });
    return { rows: values.map((value) => parseRow(value, shape)), size: values.length, matched, whole: false };
  };
}

const looks = 3;

/**
 * For databases that refuse the join: contacts, their memberships, and the contacts again. What lies between two equal
 * looks at the contacts is of one moment too; a page that goes on changing is no answer.
 */
export function separateQueries(api: CivicrmApi, shape: RowShape): PageQuery {
  async function contactsOf({ where, limit, counted = false }: Question): Promise<{ readonly contacts: readonly ContactRow[]; readonly matched: number | null }> {
    const select = [...selectedContactKeys(shape), ...(counted ? ['row_count'] : [])];
    const { values, matched } = await api.get('Contact', { select, where, orderBy: { id: 'ASC' }, limit });
    return { contacts: values.map((value) => parseContactRow(value, shape)), matched };
  }

  async function membershipsOf(contacts: readonly ContactRow[]): Promise<readonly Row[]> {
    if (contacts.length === 0) return [];
    const ids = contacts.map(({ contact }) => contact);
    const where = [['contact_id', 'IN', ids], ['is_test', '=', false]];
    const { values, matched } = await api.get('Membership', { select: selectedMembershipKeys(), where, orderBy: { id: 'ASC' }, limit: 0 });
    if (matched !== null && matched !== values.length) throw incomplete(`CiviCRM sent ${values.length} of ${matched} memberships.`);
    const memberships = values.map((value) => parseMembershipRow(value, shape));
    const asked = new Set(ids);
    if (memberships.some(({ owner }) => !asked.has(owner))) throw incomplete('CiviCRM sent memberships of contacts that it was not asked for.');
    return withMemberships(contacts, memberships);
  }

  return async (question) => {
    let before = await contactsOf(question);
    for (let look = 0; look < looks; look += 1) {
      const rows = await membershipsOf(before.contacts);
      const after = await contactsOf(question);
      if (JSON.stringify(after) === JSON.stringify(before)) return { rows, size: before.contacts.length, matched: before.matched, whole: true };
      before = after;
    }
    throw incomplete(`CiviCRM's contacts changed in each of ${looks} looks while their memberships were read.`);
  };
}
