import type { Member } from '../../desired/model.js';
import { errorCode, TransientError } from '../../runtime/errors.js';
import type { HttpClient } from '../../runtime/http.js';
import type { Reading } from '../reading.js';
import { createCivicrmApi, type CivicrmAuth } from './api-client.js';
import { membersOf, requireReadable } from './members.js';
import { missingPermission } from './permissions.js';
import { joinedQuery, separateQueries, type PageQuery } from './queries.js';
import { incomplete, type RowShape } from './rows.js';

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
 * One joined query a page; where the join is refused, contacts and memberships apart. Neither filters by status, and the
 * rows are judged here: CiviCRM drops filters on fields that the caller may not see, and matches nothing for a status it
 * does not know. Pages follow the contact's id, which survives inserts and deletes; the last contact of a full page may be
 * cut and is read again. Every method @throws TransientError or TerminalError when the answer proves nothing; each names
 * the remedy.
 */
export function createCivicrmReader(options: CivicrmReaderOptions): CivicrmReader {
  const { cardField } = options;
  const api = createCivicrmApi(options.http, options.apiPath, options.auth);
  /** The way that worked last. */
  let apart = false;

  async function ask<Result>(read: (query: PageQuery, shape: RowShape) => Promise<Result>): Promise<Result> {
    const shape = { cardField, withEmail: options.withEmail?.() === true };
    const [first, second] = apart ? [separateQueries, joinedQuery] : [joinedQuery, separateQueries];
    try {
      return await read(first(api, shape), shape);
    } catch (error) {
      if (!isRefusedQuery(error)) throw error;
      try {
        const result = await read(second(api, shape), shape);
        apart = !apart;
        return result;
      } catch (other) {
        // What may not be seen either way is told as it showed first.
        if (!isRefusedQuery(other) && errorCode(other) !== 'Forbidden') throw other;
        throw await explained(error);
      }
    }
  }

  async function explained(error: TransientError): Promise<TransientError> {
    const code = error.code === 'JoinRefused' ? 'SourceIncomplete' : error.code;
    const missing = await missingPermission(api, cardField);
    return new TransientError(missing === null ? error.message : `CiviCRM refused the query: ${missing}.`, { code, cause: error });
  }

  return {
    read: () =>
      ask(async (query, { cardField: card }) => {
        let problem = '';
        for (let pass = 0; pass < passes; pass += 1) {
          const outcome = await readPass(query, card);
          if (!('problem' in outcome)) return outcome;
          problem = outcome.problem;
        }
        throw incomplete(`CiviCRM did not answer whole in ${passes} passes: ${problem}.`);
      }),
    readContacts: async (ids) => {
      const sorted = [...new Set(ids)].sort((a, b) => a - b);
      if (sorted.length === 0) return [];
      return ask(async (query) => {
        const members: Member[] = [];
        for (let from = 0; from < sorted.length; from += pageSize) {
          const where = [['id', 'IN', sorted.slice(from, from + pageSize)]];
          const { rows, size, matched } = await query({ where, limit: 0 });
          if (matched !== null && matched !== size) throw incomplete(`CiviCRM sent ${size} of ${matched} rows.`);
          members.push(...membersOf(rows));
        }
        requireReadable(members);
        return members;
      });
    },
  };
}

/** Refused as such, or by a 500, which may be anything. */
function isRefusedQuery(error: unknown): error is TransientError {
  return error instanceof TransientError && (error.code === 'JoinRefused' || error.code === 'QueryFailed');
}

async function readPass(query: PageQuery, cardField: string): Promise<Reading<Member> | { readonly problem: string }> {
  const members: Member[] = [];
  let expected: number | null = null;
  let seen = 0;
  let last = 0;
  let limit = pageSize;
  for (;;) {
    const where = [[cardField, 'IS NOT EMPTY'], ['is_deleted', '=', false], ['id', '>', last]];
    const { rows, size, matched, whole: complete } = await query({ where, limit, counted: last === 0 });
    if (last === 0) expected = matched;
    const full = size === limit;
    if (size > limit || (!full && matched !== null && matched !== size)) {
      return { problem: `${size} rows came, limit ${limit}, matching ${matched ?? 'unknown'}` };
    }
    const cut = full && !complete ? rows.at(-1)?.contact : undefined;
    const whole = rows.filter(({ contact }) => contact !== cut);
    if (whole.some(({ contact }) => contact <= last)) throw incomplete('CiviCRM sent contacts of an earlier page again.');
    const page = membersOf(whole);
    for (const member of page) if (member.card !== null && member.card !== '') members.push(member);
    seen += complete ? page.length : whole.length;
    if (!full) break;
    last = whole.at(-1)?.contact ?? last;
    // One contact with more memberships than a page has rows.
    limit = whole.length === 0 ? limit * 2 : pageSize;
    if (limit > largestPage) throw incomplete(`CiviCRM sent more than ${largestPage / 2} memberships of contact ${cut ?? 0}.`);
  }
  if (expected !== null && expected !== seen) return { problem: `${seen} of ${expected} rows came` };
  requireReadable(members);
  return members.length > 0 ? { items: members } : { items: members, warnings: [nobody] };
}

const nobody = 'CiviCRM shows no contact with a card: check civicrm.cardField, and that the API user may "view all contacts".';
