import { afterEach, describe, expect, it } from 'vitest';
import { civicrmDefinition } from '../../src/sim/civicrm/definition.js';
import { type Answered, pick, rows, startTestSimulator, type TestSimulator } from '../support/sim.js';

const running: TestSimulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((sim) => sim.close()));
});

async function start(seed: unknown, quirks: Record<string, string> = {}, now = '2026-11-20T12:00:00Z'): Promise<TestSimulator> {
  const sim = await startTestSimulator(civicrmDefinition, { seed, quirks, now: Date.parse(now) });
  running.push(sim);
  return sim;
}

const key = { 'X-Civi-Auth': 'Bearer sim-civicrm-key' };

interface Ask {
  readonly headers?: Record<string, string>;
  readonly extra?: Record<string, string>;
}

/** One call the way a client makes it: a form whose `params` is JSON. */
async function api(sim: TestSimulator, path: string, params: unknown = {}, { headers = key, extra = {} }: Ask = {}): Promise<Answered> {
  return sim.call(`/civicrm/ajax/api4/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ params: JSON.stringify(params), ...extra }).toString(),
  });
}

const values = (answer: Answered): readonly Readonly<Record<string, unknown>>[] => rows(pick(answer.json, 'values'));
const idsOf = (answer: Answered): readonly unknown[] => values(answer).map((row) => row['id']);
async function ids(sim: TestSimulator, where: unknown, entity = 'Contact'): Promise<readonly unknown[]> {
  return idsOf(await api(sim, `${entity}/get`, { where, orderBy: { id: 'ASC' } }));
}

const everything = ['access CiviCRM', 'authenticate with api key', 'view all contacts', 'access all custom data', 'access CiviMember'];
const lacking = (permission: string): readonly string[] => everything.filter((each) => each !== permission);

const seed = {
  card_field: 'Door_Access.card_id',
  membership_types: [{ name: 'Gold', label: 'Gold member' }],
  contacts: [
    {
      id: 1,
      first_name: 'Ann',
      last_name: 'Archer',
      card_id: '1001',
      email: 'ann@example.org',
      memberships: [
        { id: 11, type: 'Gold', status: 'Current', join_date: '2020-01-01', start_date: '2026-01-01', end_date: '2026-12-31' },
        { id: 12, type: 'Locker', status: 'Expired', end_date: '2025-01-01' },
        { id: 13, type: 'Gold', status: 'Current', is_test: true },
      ],
    },
    { id: 2, first_name: 'Bob', last_name: 'Baker', card_id: '0', is_deceased: true, memberships: [{ id: 21, type: 'Locker', status: 'New' }] },
    { id: 3, first_name: 'Cy', last_name: 'Cole', card_id: '', email: 'cy@example.org' },
    { id: 4, first_name: 'Di', last_name: 'Dean', card_id: '1004', is_deleted: true, memberships: [{ id: 41, type: 'Gold', status: 'Current' }] },
    { id: 5, display_name: 'Acme', contact_type: 'Organization' },
  ],
};

const joined = {
  select: ['id', 'display_name', 'Door_Access.card_id', 'email_primary.email', 'm.id', 'm.membership_type_id:name', 'm.status_id:name'],
  join: [
    ['Membership AS m', 'LEFT', ['id', '=', 'm.contact_id'], ['m.is_test', '=', false], ['m.status_id:name', 'IN', ['New', 'Current', 'Grace']]],
  ],
  where: [['Door_Access.card_id', 'IS NOT EMPTY'], ['is_deleted', '=', false], ['contact_type', '=', 'Individual'], ['id', '>', 0]],
  orderBy: { id: 'ASC', 'm.id': 'ASC' },
  limit: 500,
};

describe('reading contacts with their memberships', () => {
  it('answers the one paged query with one row for each pair', async () => {
    const answer = await api(await start(seed), 'Contact/get', joined);
    expect(answer.status).toBe(200);
    expect(values(answer)).toEqual([
      {
        id: 1,
        display_name: 'Ann Archer',
        'Door_Access.card_id': '1001',
        'email_primary.email': 'ann@example.org',
        'm.id': 11,
        'm.membership_type_id:name': 'Gold',
        'm.status_id:name': 'Current',
      },
      {
        id: 2,
        display_name: 'Bob Baker',
        'Door_Access.card_id': '0',
        'email_primary.email': null,
        'm.id': 21,
        'm.membership_type_id:name': 'Locker',
        'm.status_id:name': 'New',
      },
    ]);
    expect(answer.json).toMatchObject({ entity: 'Contact', action: 'get', version: 4, count: 2, countFetched: 2, countMatched: 2, debug: null });
  });

  it('keeps a contact without a membership in a LEFT join, drops it in an INNER one, and alone keeps it in EXCLUDE', async () => {
    const sim = await start(seed);
    const read = async (side: string): Promise<unknown> =>
      values(await api(sim, 'Contact/get', { select: ['id', 'm.id'], join: [['Membership AS m', side]], where: [['id', 'IN', [2, 3]]], orderBy: { id: 'ASC' } }));
    expect(await read('LEFT')).toEqual([{ id: 2, 'm.id': 21 }, { id: 3, 'm.id': null }]);
    expect(await read('INNER')).toEqual([{ id: 2, 'm.id': 21 }]);
    expect(await read('EXCLUDE')).toEqual([{ id: 3, 'm.id': null }]);
  });

  it('takes text in an ON condition only within quotes of its own', async () => {
    const sim = await start(seed);
    const on = (value: string): unknown => ({
      select: ['id', 'm.id'],
      join: [['Membership AS m', 'INNER', ['id', '=', 'm.contact_id'], ['m.status_id:name', '=', value]]],
    });
    expect(idsOf(await api(sim, 'Contact/get', on("'New'")))).toEqual([2]);
    expect((await api(sim, 'Contact/get', on('New'))).status).toBe(500);
  });

  it('hides trashed and test rows of the main entity only', async () => {
    const sim = await start(seed);
    expect(await ids(sim, [])).toEqual([1, 2, 3, 5]);
    expect(await ids(sim, [['is_deleted', '=', true]])).toEqual([4]);
    expect(await ids(sim, [['id', 'IN', [1, 4]]])).toEqual([1, 4]);
    // A membership of a trashed contact is still there, a test membership is not.
    expect(await ids(sim, [], 'Membership')).toEqual([11, 12, 21, 41]);
    expect(await ids(sim, [['contact_id.is_deleted', '=', false]], 'Membership')).toEqual([11, 12, 21]);
    const answer = await api(sim, 'Contact/get', { select: ['m.id'], join: [['Membership AS m', 'INNER']], where: [['id', '=', 1]], orderBy: { 'm.id': 'ASC' } });
    expect(values(answer).map((row) => row['m.id'])).toEqual([11, 12, 13]);
  });

  it('reads names and labels of choices, and links between entities', async () => {
    const sim = await start(seed);
    const select = ['membership_type_id', 'membership_type_id:name', 'membership_type_id:label', 'status_id.name', 'contact_id.display_name', 'contact_id.email_primary.email', 'contact_id.Door_Access.card_id'];
    const [row] = values(await api(sim, 'Membership/get', { select, where: [['id', '=', 11]] }));
    expect(row).toEqual({
      id: 11,
      membership_type_id: 1,
      'membership_type_id:name': 'Gold',
      'membership_type_id:label': 'Gold member',
      'status_id.name': 'Current',
      'contact_id.display_name': 'Ann Archer',
      'contact_id.email_primary.email': 'ann@example.org',
      'contact_id.Door_Access.card_id': '1001',
    });
  });

  it.each([
    [['membership_type_id:label', '=', 'Gold member'], [11, 41]],
    [['membership_type_id:name', '=', 'Gold member'], []],
    [['membership_type_id:name', 'NOT IN', ['Gold']], [12, 21]],
    [['status_id:name', 'IN', []], []],
    [['end_date', '<', 'today'], [12]],
    [['end_date', 'IS NULL'], [21, 41]],
    [['end_date', '!=', '2026-12-31'], [12]],
    [['OR', [['id', '=', 12], ['status_id:name', '=', 'New']]], [12, 21]],
    [['NOT', [['membership_type_id:name', '=', 'Locker']]], [11, 41]],
    [['join_date', 'BETWEEN', ['2019-01-01', '2021-01-01']], [11]],
    [['contact_id.last_name', 'LIKE', 'b%'], [21]],
    [['contact_id.first_name', 'CONTAINS', 'NN'], [11, 12]],
  ])('selects memberships where %j', async (clause, expected) => {
    expect(await ids(await start(seed), [clause], 'Membership')).toEqual(expected);
  });

  it('groups, counts and concatenates', async () => {
    const sim = await start(seed);
    const answer = await api(sim, 'Contact/get', {
      select: ['id', 'COUNT(m.id) AS memberships', 'GROUP_CONCAT(DISTINCT m.membership_type_id:name) AS types'],
      join: [['Membership AS m', 'LEFT']],
      groupBy: ['id'],
      orderBy: { id: 'ASC' },
      limit: 2,
    });
    const [ann, bob] = values(answer);
    expect(ann).toMatchObject({ id: 1, memberships: 3 });
    expect(new Set(ann?.['types'] as string[])).toEqual(new Set(['Gold', 'Locker']));
    expect(bob).toEqual({ id: 2, memberships: 1, types: ['Locker'] });
    expect(values(await api(sim, 'Contact/get', { select: ['COUNT(*) AS all'], where: [['id', '=', 99]] }))).toEqual([{ all: 0 }]);
  });
});

describe('empty cards', () => {
  const cards = (list: readonly unknown[]): unknown => ({ contacts: list.map((card, index) => ({ id: index + 1, first_name: 'X', card_id: card })) });

  it('counts 0 as empty in a column of numbers, and as a card in a column of text', async () => {
    const filter = [['Door_Access.card_id', 'IS NOT EMPTY']];
    expect(await ids(await start(cards([0, 7, null])), filter)).toEqual([2]);
    expect(await ids(await start(cards(['0', '7', null, '', ' '])), filter)).toEqual([1, 2, 5]);
  });

  it('answers a card of any JSON type as it was seeded', async () => {
    const strange = ['007', 7, true, { a: 1 }, [1], 'x'];
    const answer = await api(await start(cards(strange)), 'Contact/get', { select: ['Door_Access.card_id'], orderBy: { id: 'ASC' } });
    expect(values(answer).map((row) => row['Door_Access.card_id'])).toEqual(strange);
  });

  it('puts the card in the field that the seed names', async () => {
    const sim = await start({ card_field: 'external_identifier2', contacts: [{ id: 1, card_id: 'A', first_name: 'X' }] });
    expect(values(await api(sim, 'Contact/get', { select: ['external_identifier2', 'Door_Access.card_id'] }))).toEqual([{ id: 1, external_identifier2: 'A' }]);
  });
});

describe('how a request is written', () => {
  it('ignores a JSON body and answers everything', async () => {
    const sim = await start(seed);
    const answer = await sim.call('/civicrm/ajax/api4/Contact/get', { method: 'POST', headers: key, body: { params: { where: [['id', '=', 1]], limit: 1 } } });
    expect(answer.status).toBe(200);
    expect(values(answer)).toHaveLength(4);
  });

  it('takes GET for reading and refuses it for anything else', async () => {
    const sim = await start(seed);
    const params = encodeURIComponent(JSON.stringify({ where: [['id', '=', 1]] }));
    expect(idsOf(await sim.call(`/civicrm/ajax/api4/Contact/get?params=${params}`, { headers: key }))).toEqual([1]);
    expect((await sim.call('/civicrm/ajax/api4/Job/process_membership', { headers: key })).status).toBe(405);
  });

  it('knows the address of a WordPress site without pretty links', async () => {
    const sim = await start(seed);
    const answer = await sim.call('/?page=CiviCRM&q=civicrm/ajax/api4/Contact/get', { headers: key });
    expect(values(answer)).toHaveLength(4);
    expect((await sim.call('/', { headers: key })).status).toBe(404);
  });

  it('re-keys the rows by an index', async () => {
    const sim = await start(seed);
    const params = { select: ['first_name'], where: [['id', '<', 3]], orderBy: { id: 'ASC' } };
    const read = async (index: string): Promise<unknown> => pick((await api(sim, 'Contact/get', params, { extra: { index } })).json, 'values');
    expect(await read('1')).toEqual({ id: 2, first_name: 'Bob' });
    expect(await read('first_name')).toEqual({ Ann: { id: 1, first_name: 'Ann' }, Bob: { id: 2, first_name: 'Bob' } });
    expect(await read('["first_name"]')).toEqual(['Ann', 'Bob']);
    expect(await read('{"id":"first_name"}')).toEqual({ 1: 'Ann', 2: 'Bob' });
  });

  it('makes several calls at once and succeeds when one does', async () => {
    const sim = await start(seed);
    const both = async (calls: unknown): Promise<Answered> =>
      sim.call('/civicrm/ajax/api4', {
        method: 'POST',
        headers: { ...key, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ calls: JSON.stringify(calls) }).toString(),
      });
    const answer = await both({ good: ['Contact', 'get', { where: [['id', '=', 1]] }], bad: ['Contact', 'get', { where: [['nope', '=', 1]] }] });
    expect(answer.status).toBe(200);
    expect(pick(answer.json, 'good', 'count')).toBe(1);
    expect(pick(answer.json, 'bad', 'status')).toBe(500);
    expect((await both([['Nobody', 'get', {}]])).status).toBe(500);
  });

  it('counts the matches only when it knows them', async () => {
    const sim = await start(seed);
    const page = await api(sim, 'Contact/get', { limit: 2, orderBy: { id: 'ASC' } });
    expect(page.json).toMatchObject({ count: 2, countFetched: 2 });
    expect(page.json).not.toHaveProperty('countMatched');
    const counted = await api(sim, 'Contact/get', { select: ['id', 'row_count'], limit: 2, offset: 1, orderBy: { id: 'ASC' } });
    expect(counted.json).toMatchObject({ values: [{ id: 2 }, { id: 3 }], count: 4, countFetched: 2, countMatched: 4 });
    expect((await api(sim, 'Contact/get', { select: ['row_count'] })).json).toMatchObject({ values: [], count: 4 });
  });
});

describe('who may call', () => {
  it('takes the key in three ways, and Authorization only from a program', async () => {
    const sim = await start(seed);
    expect((await api(sim, 'Contact/get')).status).toBe(200);
    expect((await api(sim, 'Contact/get', {}, { headers: {}, extra: { _authx: 'Bearer sim-civicrm-key' } })).status).toBe(200);
    const authorization = { Authorization: 'Bearer sim-civicrm-key' };
    const tricked = await api(sim, 'Contact/get', {}, { headers: authorization });
    expect(tricked.status).toBe(400);
    expect(pick(tricked.json, 'error_message')).toContain('SECURITY ALERT');
    const program = { ...authorization, 'X-Requested-With': 'XMLHttpRequest' };
    expect((await api(sim, 'Contact/get', {}, { headers: program })).status).toBe(200);
  });

  it('refuses a wrong key in plain text and an unknown caller in JSON', async () => {
    const sim = await start(seed);
    const wrong = await api(sim, 'Contact/get', {}, { headers: { 'X-Civi-Auth': 'Bearer nope' } });
    expect(wrong.status).toBe(401);
    expect(wrong.text).toBe('HTTP 401 Invalid credential');
    expect(wrong.headers['content-type']).toContain('text/plain');
    const anonymous = await api(sim, 'Contact/get', {}, { headers: {} });
    expect(anonymous.status).toBe(403);
    expect(pick(anonymous.json, 'status')).toBe(403);
  });

  it('guards the key by a permission or by the site key', async () => {
    const sim = await start({ ...seed, permissions: lacking('authenticate with api key') });
    const guarded = await api(sim, 'Contact/get');
    expect([guarded.status, guarded.text]).toEqual([401, 'HTTP 401 Login not permitted. Must satisfy guard (site_key, perm).']);
    const siteKey = { ...key, 'X-Civi-Key': 'sim-civicrm-site-key' };
    expect((await api(sim, 'Contact/get', {}, { headers: siteKey })).status).toBe(200);
    const strict = await start(seed, { 'authx-guard': 'site_key' });
    expect((await api(strict, 'Contact/get')).status).toBe(401);
    expect((await api(strict, 'Contact/get', {}, { headers: siteKey })).status).toBe(200);
  });

  it('answers maintenance in a shape of its own', async () => {
    const answer = await api(await start({ ...seed, maintenance: true }), 'Contact/get');
    expect(answer.status).toBe(503);
    expect(answer.json).toEqual({ status_code: 503, status_message: 'Temporarily unavailable for maintenance.' });
  });
});

describe('permission traps', () => {
  it('omits an unknown field, and a custom one that the caller may not see, from the answer', async () => {
    const sim = await start({ ...seed, permissions: lacking('access all custom data') });
    const read = { select: ['id', 'Door_Access.card_id', 'no_such_field'], where: [['id', '=', 1]] };
    const answer = await api(sim, 'Contact/get', read);
    expect(answer.status).toBe(200);
    expect(values(answer)).toEqual([{ id: 1 }]);
    const strict = await start({ ...seed, permissions: lacking('access all custom data') }, { 'missing-permission-select': 'error' });
    expect((await api(strict, 'Contact/get', read)).status).toBe(500);
  });

  it('fails, without saying why, when a condition names such a field', async () => {
    const sim = await start({ ...seed, permissions: lacking('access all custom data') });
    const answer = await api(sim, 'Contact/get', { where: [['Door_Access.card_id', 'IS NOT EMPTY']] });
    expect(answer.status).toBe(500);
    expect(answer.json).toMatchObject({ error_code: '1', status: 500 });
    expect(pick(answer.json, 'error_message')).toMatch(/^Sorry an error occurred .*\(Error ID: \w{4}-\w{4}-\w{4}\)$/);
    const open = await start({ ...seed, permissions: [...lacking('access all custom data'), 'view debug output'] });
    const told = await api(open, 'Contact/get', { where: [['Door_Access.card_id', 'IS NOT EMPTY']] });
    expect(told.json).toMatchObject({ error_code: 0, error_message: "Invalid field 'Door_Access.card_id'" });
  });

  it('drops a condition on a field with a permission of its own, which widens the answer', async () => {
    const guarded = { ...seed, field_permissions: { 'Contact.Door_Access.card_id': 'see cards' } };
    const filter = [['Door_Access.card_id', '=', '1001']];
    expect(await ids(await start(guarded), filter)).toEqual([1, 2, 3, 5]);
    expect(await ids(await start({ ...guarded, permissions: [...everything, 'see cards'] }), filter)).toEqual([1]);
    const answer = await api(await start(guarded), 'Contact/get', { select: ['Door_Access.card_id'], orderBy: { 'Door_Access.card_id': 'ASC' } });
    expect(values(answer).every((row) => !('Door_Access.card_id' in row))).toBe(true);
  });

  it('skips a join to an entity that is closed to the caller', async () => {
    const sim = await start({ ...seed, permissions: lacking('access CiviMember') });
    const rest = { ...joined, orderBy: { id: 'ASC' } };
    const answer = await api(sim, 'Contact/get', rest);
    expect(answer.status).toBe(200);
    expect(values(answer)).toHaveLength(2);
    expect(values(answer).every((row) => !('m.id' in row) && 'Door_Access.card_id' in row)).toBe(true);
    expect((await api(sim, 'Contact/get', { ...rest, where: [['m.id', 'IS NOT NULL']] })).status).toBe(500);
    expect((await api(sim, 'Contact/get', joined)).status).toBe(500);
  });

  it('answers 403 when the entity itself is closed, and says so beforehand in its actions', async () => {
    const sim = await start({ ...seed, permissions: lacking('access CiviMember') });
    const answer = await api(sim, 'Membership/get');
    expect([answer.status, pick(answer.json, 'status')]).toEqual([403, 403]);
    expect(values(await api(sim, 'Membership/getActions', { select: ['name'] })).map((row) => row['name'])).not.toContain('get');
    expect(values(await api(await start(seed), 'Membership/getActions')).map((row) => row['name'])).toContain('get');
  });

  it('thins out the rows when the caller may not view all contacts', async () => {
    const sim = await start({ ...seed, permissions: lacking('view all contacts') });
    expect((await api(sim, 'Contact/get', joined)).json).toMatchObject({ values: [], count: 0 });
  });

  it('lists the fields that the caller may see', async () => {
    const names = async (sim: TestSimulator): Promise<readonly unknown[]> =>
      values(await api(sim, 'Contact/getFields', { select: ['name', 'data_type'], where: [['name', 'IN', ['id', 'Door_Access.card_id']]] })).map((row) => row['name']);
    expect(await names(await start(seed))).toEqual(['id', 'Door_Access.card_id']);
    expect(await names(await start({ ...seed, permissions: lacking('access all custom data') }))).toEqual(['id']);
  });

  it('takes permissions away while it runs', async () => {
    const sim = await start(seed);
    await sim.sim('/seed?merge=1', { permissions: lacking('access CiviMember') });
    expect((await api(sim, 'Membership/get')).status).toBe(403);
    expect(await ids(sim, [])).toHaveLength(4);
  });
});

describe('bad requests', () => {
  it.each([
    ['Contact/get', { where: [['nope', '=', 1]] }],
    ['Contact/get', { where: [['id', 'SOUNDS LIKE', 1]] }],
    ['Contact/get', { orderBy: { nope: 'ASC' } }],
    ['Contact/get', { orderBy: { id: 'UP' } }],
    ['Contact/get', { join: [['Nothing AS n', 'LEFT']] }],
    ['Contact/get', { wheer: [['id', '=', 1]] }],
    ['Nothing/get', {}],
    ['Contact/destroy', {}],
    ['Contact/get', 'text'],
  ])('answers %s %j with an anonymous 500', async (path, params) => {
    const answer = await api(await start(seed), path, params);
    expect(answer.status).toBe(500);
    expect(pick(answer.json, 'error_message')).toContain('Error ID');
  });
});

describe('order and pages', () => {
  const many = { contacts: Array.from({ length: 60 }, (_, index) => ({ id: index + 1, first_name: 'Same', card_id: String(index + 1) })) };

  it('has no order of its own unless told so', async () => {
    const read = async (sim: TestSimulator): Promise<string> => idsOf(await api(sim, 'Contact/get', { limit: 30 })).join();
    const sim = await start(many);
    expect(await read(sim)).not.toBe(await read(sim));
    const tame = await start(many, { order: 'id' });
    expect(await read(tame)).toBe(await read(tame));
  });

  it('leaves rows with equal sort keys in any order', async () => {
    const sim = await start(many);
    const read = async (): Promise<string> => idsOf(await api(sim, 'Contact/get', { orderBy: { first_name: 'ASC' } })).join();
    expect(await read()).not.toBe(await read());
  });

  it('pages 20,000 contacts with memberships by key without a gap, and fast', async () => {
    const count = 20_000;
    const contacts = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      first_name: 'A',
      last_name: 'B',
      card_id: String(index + 1),
      memberships: [{ type: 'Gold', status: 'Current' }],
    }));
    const sim = await start({ contacts });
    const began = performance.now();
    let last = 0;
    let seen = 0;
    for (;;) {
      const page = idsOf(await api(sim, 'Contact/get', { ...joined, where: [['Door_Access.card_id', 'IS NOT EMPTY'], ['id', '>', last]], limit: 1000 }));
      if (page.length === 0) break;
      expect(page[0]).toBe(last + 1);
      seen += page.length;
      last = Number(page.at(-1));
    }
    expect(seen).toBe(count);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('the status job', () => {
  const member = (id: number, more: object): unknown => ({
    id,
    first_name: 'M',
    last_name: String(id),
    memberships: [{ id, type: 'Gold', status: 'Current', join_date: '2020-01-01', start_date: '2026-01-01', end_date: '2026-12-31', ...more }],
  });

  async function statuses(sim: TestSimulator): Promise<Record<string, unknown>> {
    const answer = await api(sim, 'Membership/get', { select: ['status_id:name'], where: [['is_test', 'IN', [true, false]]], orderBy: { id: 'ASC' } });
    return Object.fromEntries(values(answer).map((row) => [String(row['id']), row['status_id:name']]));
  }

  it('moves statuses by the simulated date, and only when it runs', async () => {
    const sim = await start({
      membership_types: [{ name: 'Gold' }, { name: 'Retired', is_active: false }],
      contacts: [
        member(1, {}),
        member(2, { is_override: true }),
        member(3, { is_override: true, status_override_end_date: '2027-01-10' }),
        member(4, { end_date: null }),
        member(5, { type: 'Retired' }),
        member(6, { is_test: true }),
        member(7, { owner_membership_id: 1, end_date: null }),
        member(8, { status: 'Expired', end_date: '2030-01-01' }),
        { id: 9, is_deceased: true, memberships: [{ id: 9, type: 'Gold', status: 'Current' }] },
        member(10, { join_date: '2026-12-01', status: 'New' }),
      ],
    });
    await sim.sim('/clock', { now: '2027-01-10T12:00:00Z' });
    expect(new Set(Object.values(await statuses(sim)))).toEqual(new Set(['Current', 'Expired', 'New']));
    await sim.sim('/process_membership', {});
    expect(await statuses(sim)).toEqual({
      1: 'Grace',
      2: 'Current',
      3: 'Grace',
      4: 'Current',
      5: 'Current',
      6: 'Current',
      7: 'Grace',
      8: 'Expired',
      9: 'Deceased',
      10: 'New',
    });
    await sim.sim('/clock', { now: '2027-02-10T12:00:00Z' });
    expect((await api(sim, 'Job/process_membership')).status).toBe(200);
    expect(await statuses(sim)).toMatchObject({ 1: 'Expired', 3: 'Expired', 7: 'Expired' });
  });
});

describe('the state of the world', () => {
  it('comes back from its own dump unchanged', async () => {
    const sim = await start(seed);
    const before = (await api(sim, 'Contact/get', joined)).text;
    const state = await sim.sim('/state');
    await sim.sim('/seed', state);
    expect(await sim.sim('/state')).toEqual(state);
    expect((await api(sim, 'Contact/get', joined)).text).toBe(before);
  });

  it('replaces a contact whole on merge and keeps the others', async () => {
    const sim = await start(seed);
    await sim.sim('/seed?merge=1', { contacts: [{ id: 1, first_name: 'Anna', card_id: '2' }] });
    expect(await ids(sim, [], 'Membership')).toEqual([21, 41]);
    expect(await ids(sim, [['first_name', '=', 'Anna']])).toEqual([1]);
    expect(await ids(sim, [])).toEqual([1, 2, 3, 5]);
  });

  it.each([
    [{ contacts: [{ id: 'x' }] }, 'contacts[0].id'],
    [{ contacts: [{ id: 1, memberships: [{ status: 'New' }] }] }, 'contacts[0].memberships[0].type'],
    [{ contacts: [{ id: 1, memberships: [{ type: 'Gold', end_date: 'soon' }] }] }, 'contacts[0].memberships[0].end_date'],
    [{ contacts: [{ id: 1 }, { id: 1 }] }, 'contacts[1].id'],
    [{ contact: [] }, 'contact: unknown field'],
  ])('refuses the seed %j, naming %s', async (bad, path) => {
    await expect(start(bad)).rejects.toThrow(path);
  });
});
