import { describe, expect, it } from 'vitest';
import { errorCode, errorMessage, TerminalError } from '../../src/runtime/errors.js';
import { judgeAnswer } from '../../src/sources/civicrm/answer.js';
import { membersOf, requireReadable } from '../../src/sources/civicrm/members.js';
import { parseRow, type RowShape } from '../../src/sources/civicrm/rows.js';

function failureOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return null;
}

const answer = (status: number, body: unknown) => ({ status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('an answer', () => {
  it('counts with 2xx, values and no error', () => {
    expect(judgeAnswer(answer(200, { values: [1, 2], count: 2, countFetched: 2 }))).toEqual({ values: [1, 2], matched: null });
    expect(judgeAnswer(answer(200, { values: [1, 2], count: 9, countFetched: 2, countMatched: 9 })).matched).toBe(9);
    expect(judgeAnswer(answer(200, { values: [1, 2], count: 9 })).matched).toBe(9);
  });

  it.each([
    ['a guard', 401, 'HTTP 401 Login not permitted. Must satisfy guard (site_key, perm).', 'Unauthorized', /authenticate with api key/],
    ['a wrong key', 401, 'HTTP 401 Invalid credential', 'Unauthorized', /CIVICRM_API_KEY/],
    ['no permission', 403, { error_code: 0, error_message: 'Authorization failed', status: 403 }, 'Forbidden', /view all contacts/],
    ['a firewall', 403, '<html>blocked</html>', 'Forbidden', /firewall/],
    ['a stripped header', 400, { error_code: 400, error_message: 'SECURITY ALERT: Ajax requests…' }, 'BadRequest', /X-Requested-With/],
    ['a wrong path', 404, '<html></html>', 'NotFound', /apiPath/],
    ['a wrong method', 405, '', 'BadRequest', /405/],
    ['an anonymised crash', 500, { error_code: '1', error_message: 'Sorry (Error ID: ab12-cd)', status: 500 }, 'QueryFailed', /ab12-cd.*cardField/],
    ['maintenance', 503, { status_code: 503, status_message: 'Temporarily unavailable for maintenance.' }, 'Maintenance', /maintenance/],
    ['a gateway', 502, '<html></html>', 'ServerError', /502/],
    ['a login page', 200, '<html><form></form></html>', 'NotJson', /login page/],
    ['an answer cut short', 200, '{"values":[{"id":1', 'NotJson', /cut short/],
    ['an error with status 200', 200, { error_code: 0, error_message: 'DB Error', values: [] }, 'ApiError', /error/],
    ['no values', 200, { count: 3 }, 'SourceIncomplete', /values/],
    ['values by key', 200, { values: { 7: {} } }, 'SourceIncomplete', /values/],
    ['fewer rows than fetched', 200, { values: [1], countFetched: 2 }, 'SourceIncomplete', /1 rows/],
    ['more rows than matched', 200, { values: [1, 2], countMatched: 1 }, 'SourceIncomplete', /2 rows/],
  ])('fails with code and remedy: %s', (_, status, body, code, remedy) => {
    const error = failureOf(() => judgeAnswer(answer(status, body)));
    expect(errorCode(error)).toBe(code);
    expect(errorMessage(error)).toMatch(remedy);
  });

  it('repeats nothing of the body, and says which failures only a person can mend', () => {
    const error = failureOf(() => judgeAnswer(answer(403, { error_message: 'Ada Lovelace, ada@example.org' })));
    expect(errorMessage(error)).not.toContain('Ada');
    expect(error).toBeInstanceOf(TerminalError);
    expect(failureOf(() => judgeAnswer(answer(503, '')))).not.toBeInstanceOf(TerminalError);
  });
});

const shape: RowShape = { cardField: 'Door_Access.card_id', withEmail: false };
const row = {
  'id': 7,
  'first_name': 'Ada',
  'last_name': null,
  'is_deceased': false,
  'is_deleted': false,
  'Door_Access.card_id': '00123',
  'm.id': 70,
  'm.contact_id': 7,
  'm.membership_type_id': 2,
  'm.membership_type_id:name': 'Gold',
  'm.status_id:name': 'Current',
  'm.is_test': false,
  'm.is_override': null,
  'm.status_override_end_date': null,
  'm.start_date': '2026-01-01',
  'm.end_date': '2026-12-31',
};
const noMembership = Object.fromEntries(Object.keys(row).filter((key) => key.startsWith('m.')).map((key) => [key, null]));

describe('a row', () => {
  it('is a contact beside a membership', () => {
    expect(parseRow(row, shape)).toMatchObject({
      contact: 7,
      firstName: 'Ada',
      lastName: '',
      email: null,
      card: '00123',
      membership: { id: 70, type: 'Gold', status: 'Current', override: false, overrideEndDate: null, endDate: '2026-12-31' },
    });
  });

  it('takes ids and flags as text from older versions, and dates with a time', () => {
    const old = { ...row, 'id': '7', 'm.id': '70', 'is_deceased': '1', 'm.is_override': '0', 'm.end_date': '2026-12-31 00:00:00' };
    expect(parseRow(old, shape)).toMatchObject({ contact: 7, deceased: true, membership: { id: 70, override: false, endDate: '2026-12-31' } });
  });

  it('keeps the card exactly as it came', () => {
    for (const card of [123, '０１２', ' 7 ', true, ['1']]) expect(parseRow({ ...row, 'Door_Access.card_id': card }, shape).card).toBe(card);
  });

  it('has no membership without one, and none from a test', () => {
    expect(parseRow({ ...row, ...noMembership }, shape)).toMatchObject({ membershipId: 0, membership: null });
    expect(parseRow({ ...row, 'm.is_test': true }, shape)).toMatchObject({ membershipId: 70, membership: null });
  });

  it('gives a nameless type a name that no rule can mean', () => {
    expect(parseRow({ ...row, 'm.membership_type_id:name': null }, shape).membership?.type).toBe('#2');
  });

  it.each([...Object.keys(row)])('without the key %s is incomplete and names a remedy', (key) => {
    const error = failureOf(() => parseRow(Object.fromEntries(Object.entries(row).filter(([name]) => name !== key)), shape));
    expect(errorCode(error)).toBe('SourceIncomplete');
    expect(errorMessage(error)).toContain(key);
    const remedy = key.startsWith('m.') ? 'access CiviMember' : key === shape.cardField ? 'access all custom data' : 'view all contacts';
    expect(errorMessage(error)).toContain(remedy);
  });

  it('asks for the e-mail only when it is wanted', () => {
    expect(errorMessage(failureOf(() => parseRow(row, { ...shape, withEmail: true })))).toContain('email_primary.email');
    expect(parseRow({ ...row, 'email_primary.email': 'a@example.org' }, { ...shape, withEmail: true }).email).toBe('a@example.org');
  });

  it.each([
    ['a status without a name', { 'm.status_id:name': null }, 'status_id:name'],
    ['a date that is none', { 'm.end_date': 'tomorrow' }, 'end_date'],
    ['a flag that is none', { 'm.is_override': 'maybe' }, 'is_override'],
    ['a type that is a list', { 'm.membership_type_id:name': ['Gold'] }, 'membership_type_id:name'],
  ])('with %s has a membership that says nothing, which is that contact\'s trouble alone', (_, change, field) => {
    expect(parseRow({ ...row, ...change }, shape)).toMatchObject({ contact: 7, membership: { id: 70, unreadable: field } });
  });

  it.each([
    ['a flag that is none', { is_deceased: 'maybe' }],
    ['a name that is a list', { first_name: ['Ada'] }],
    ['an id below one', { id: 0 }],
    ['an id with a leading zero', { 'm.id': '070' }],
    ['the membership of somebody else', { 'm.contact_id': 8 }],
  ])('with %s proves nothing', (_, change) => {
    const error = failureOf(() => parseRow({ ...row, ...change }, shape));
    expect(errorCode(error)).toBe('SourceIncomplete');
    expect(errorMessage(error)).not.toContain('Ada');
  });
});

describe('rows in order', () => {
  const at = (id: number, membership: number | null) =>
    parseRow(membership === null ? { ...row, ...noMembership, id } : { ...row, id, 'm.id': membership, 'm.contact_id': id }, shape);

  it('become members with all their memberships', () => {
    const members = membersOf([at(3, null), at(7, 71), at(7, 70), at(9, 5)]);
    expect(members.map(({ contact, memberships }) => [contact, memberships.map(({ id }) => id)])).toEqual([
      [3, []],
      [7, [70, 71]],
      [9, [5]],
    ]);
  });

  it.each([
    ['contacts out of order', [at(9, 5), at(7, 70)]],
    ['a contact in two places', [at(7, 70), at(9, 5), at(7, 71)]],
    ['a row twice', [at(7, 70), at(7, 70)]],
    ['a contact without a membership, twice', [at(7, null), at(7, null)]],
    ['a contact with and without one', [at(7, null), at(7, 70)]],
  ])('are refused: %s', (_, rows) => {
    expect(errorCode(failureOf(() => membersOf(rows)))).toBe('SourceIncomplete');
  });

  it('with two memberships that say nothing are believed, with many of them refused', () => {
    const said = (bad: number, of: number) =>
      membersOf(Array.from({ length: of }, (_, index) => parseRow({ ...row, 'id': index + 1, 'm.id': index + 1, 'm.contact_id': index + 1, 'm.status_id:name': index < bad ? null : 'Current' }, shape)));
    for (const [bad, of] of [[2, 2], [2, 50], [4, 50]] as const) expect(() => { requireReadable(said(bad, of)); }).not.toThrow();
    for (const [bad, of] of [[3, 3], [5, 50], [50, 50]] as const) expect(errorCode(failureOf(() => { requireReadable(said(bad, of)); }))).toBe('SourceIncomplete');
  });
});
