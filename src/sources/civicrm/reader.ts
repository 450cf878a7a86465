import type { Member } from '../../desired/model.js';
import type { HttpClient } from '../../runtime/http.js';
import type { Reading } from '../reading.js';
import { createCivicrmApi, type CivicrmApi, type CivicrmAuth } from './api-client.js';
import { membersOf } from './members.js';
import { incomplete, parseRow, selectedKeys, type Row, type RowShape } from './rows.js';

interface CivicrmReaderOptions {
  readonly http: HttpClient;
  readonly apiPath: string;
  /** `Group.field` of the custom field that holds the card. */
  readonly cardField: string;
  readonly auth: CivicrmAuth;
  /** Asked at each reading. Default: no, and every e-mail is null. */
  readonly withEmail?: () => boolean;
}

export interface CivicrmReader {
  /** Every contact with something in the card field, all memberships but tests. */
  read(): Promise<Reading<Member>>;
  /** These contacts, deleted ones and ones without a card too; who is missing was not answered. In order of id. */
  readContacts(ids: readonly number[]): Promise<readonly Member[]>;
}

const pageSize = 500;
const largestPage = 16_000;
const passes = 3;

/**
 * One joined query a page: contact and memberships come from one moment, so that a merge or renewal between two queries
 * can make nobody look like a leaver. The join does not filter by status, and the rows are judged here: CiviCRM drops
 * filters on fields that the caller may not see, and matches nothing for a status it does not know. Pages follow the
 * contact's id, which survives inserts and deletes; the last contact of a full page may be cut and is read again.
 * Every method @throws TransientError or TerminalError when the answer proves nothing; each names the remedy.
 */
export function createCivicrmReader(options: CivicrmReaderOptions): CivicrmReader {
  const api = createCivicrmApi(options.http, options.apiPath, options.auth);
  const shape = (): RowShape => ({ cardField: options.cardField, withEmail: options.withEmail?.() === true });

  return {
    read: async () => {
      let problem = '';
      for (let pass = 0; pass < passes; pass += 1) {
        const outcome = await readPass(api, shape());
        if (!('problem' in outcome)) return outcome;
        problem = outcome.problem;
      }
      throw incomplete(`CiviCRM did not answer whole in ${passes} passes: ${problem}.`);
    },
    readContacts: async (ids) => {
      const members: Member[] = [];
      const sorted = [...new Set(ids)].sort((a, b) => a - b);
      for (let from = 0; from < sorted.length; from += pageSize) {
        const where = [['id', 'IN', sorted.slice(from, from + pageSize)]];
        const { rows, matched } = await query(api, shape(), { where, limit: 0 });
        if (matched !== null && matched !== rows.length) throw incomplete(`CiviCRM sent ${rows.length} of ${matched} rows.`);
        members.push(...membersOf(rows));
      }
      return members;
    },
  };
}

async function readPass(api: CivicrmApi, shape: RowShape): Promise<Reading<Member> | { readonly problem: string }> {
  const members: Member[] = [];
  let expected: number | null = null;
  let seen = 0;
  let last = 0;
  let limit = pageSize;
  for (;;) {
    const where = [[shape.cardField, 'IS NOT EMPTY'], ['is_deleted', '=', false], ['id', '>', last]];
    const { rows, matched } = await query(api, shape, { where, limit, counted: last === 0 });
    if (last === 0) expected = matched;
    const full = rows.length === limit;
    if (rows.length > limit || (!full && matched !== null && matched !== rows.length)) {
      return { problem: `${rows.length} rows came, limit ${limit}, matching ${matched ?? 'unknown'}` };
    }
    const cut = full ? rows.at(-1)?.contact : undefined;
    const whole = rows.filter(({ contact }) => contact !== cut);
    if (whole.some(({ contact }) => contact <= last)) throw incomplete('CiviCRM sent contacts of an earlier page again.');
    for (const member of membersOf(whole)) if (member.card !== null && member.card !== '') members.push(member);
    seen += whole.length;
    if (!full) break;
    last = whole.at(-1)?.contact ?? last;
    // One contact with more memberships than a page has rows.
    limit = whole.length === 0 ? limit * 2 : pageSize;
    if (limit > largestPage) throw incomplete(`CiviCRM sent more than ${largestPage / 2} memberships of contact ${cut ?? 0}.`);
  }
  if (expected !== null && expected !== seen) return { problem: `${seen} of ${expected} rows came` };
  return members.length > 0 ? { items: members } : { items: members, warnings: [nobody] };
}

const nobody = 'CiviCRM shows no contact with a card: check civicrm.cardField, and that the API user may "view all contacts".';

interface Question {
  readonly where: readonly (readonly unknown[])[];
  readonly limit: number;
  /** Asks for the number of all matching rows too. */
  readonly counted?: boolean;
}

interface Rows {
  readonly rows: readonly Row[];
  readonly matched: number | null;
}

async function query(api: CivicrmApi, shape: RowShape, { where, limit, counted = false }: Question): Promise<Rows> {
  const { values, matched } = await api.get('Contact', {
    select: [...selectedKeys(shape), ...(counted ? ['row_count'] : [])],
    join: [['Membership AS m', 'LEFT', ['id', '=', 'm.contact_id'], ['m.is_test', '=', false]]],
    where,
    // Not by m.id too: where the join is refused, that turns missing keys, which name the permission, into a bare 500.
    orderBy: { id: 'ASC' },
    limit,
  });
  return { rows: values.map((value) => parseRow(value, shape)), matched };
}
