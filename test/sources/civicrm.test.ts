import { afterEach, describe, expect, it } from 'vitest';
import { clockAt } from '../../src/runtime/clock.js';
import { createHttpClient } from '../../src/runtime/http-client.js';
import { silentLogger } from '../../src/runtime/log.js';
import { civicrmDefinition } from '../../src/sim/civicrm/definition.js';
import type { CivicrmAuth } from '../../src/sources/civicrm/api-client.js';
import { createCivicrmReader } from '../../src/sources/civicrm/reader.js';
import { createPolledSource } from '../../src/sources/polled-source.js';
import { revisionOf } from '../../src/sources/revision.js';
import { until } from '../support/process.js';
import { startTestSimulator } from '../support/sim.js';

const now = Date.parse('2026-06-10T16:00:00Z');
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

const person = (id: number, more: object) => ({ id, first_name: `First${id}`, last_name: `Last${id}`, card_id: id, memberships: [], ...more });
const gold = (id: number, more: object = {}) => ({
  id,
  type: 'Gold',
  status: 'Current',
  join_date: '2020-01-01',
  start_date: '2026-01-01',
  end_date: '2026-12-31',
  ...more,
});

const contacts = [
  person(1, { memberships: [gold(11)], email: 'one@example.org' }),
  person(2, { memberships: [] }),
  person(3, { memberships: [gold(31, { status: 'Expired' }), gold(32, { type: 'Day Pass', status: 'Grace', end_date: null })] }),
  person(4, { memberships: [gold(41, { is_test: true })] }),
  person(5, { card_id: null, memberships: [gold(51)] }),
  person(6, { is_deleted: true, memberships: [gold(61)] }),
  person(7, { is_deceased: true, memberships: [gold(71)] }),
  person(8, { card_id: 'not a card', memberships: [gold(81, { is_override: true })] }),
];

const permissions = [
  'access CiviCRM',
  'access AJAX API',
  'authenticate with api key',
  'view all contacts',
  'access all custom data',
  'access CiviMember',
];
const seed = { card_field: 'Door_Access.card_id', contacts, permissions };

interface Setup {
  readonly auth?: CivicrmAuth;
  readonly cardField?: string;
  readonly apiPath?: string;
  readonly withEmail?: () => boolean;
  readonly quirks?: Record<string, string>;
  readonly seed?: object;
}

async function database(setup: Setup = {}) {
  const sim = await startTestSimulator(civicrmDefinition, { seed: { ...seed, ...setup.seed }, now, quirks: setup.quirks ?? {} });
  const clock = clockAt(now, false);
  const http = createHttpClient({ baseUrl: sim.listening, clock, log: silentLogger });
  cleanups.push(() => http.close(), () => sim.close());
  const reader = createCivicrmReader({
    http,
    apiPath: setup.apiPath ?? '/civicrm/ajax/api4',
    cardField: setup.cardField ?? 'Door_Access.card_id',
    auth: setup.auth ?? { kind: 'XCiviAuth', apiKey: 'sim-civicrm-key' },
    ...(setup.withEmail === undefined ? {} : { withEmail: setup.withEmail }),
  });
  const source = createPolledSource({ name: 'civicrm', pollInterval: 600_000, clock, log: silentLogger, revisionOf, read: () => reader.read() });
  return { sim, source, reader };
}

describe('a healthy database', () => {
  it('gives every contact with a card, and all its memberships but tests', async () => {
    const { source } = await database();
    const state = await source.poll();
    expect(state.failure).toBeNull();
    expect(state.warnings).toBeUndefined();
    const members = state.snapshot?.items ?? [];
    expect(members.map(({ contact, memberships }) => [contact, memberships.map(({ id }) => id)])).toEqual([
      [1, [11]],
      [2, []],
      [3, [31, 32]],
      [4, []],
      [7, [71]],
      [8, [81]],
    ]);
    expect(members[0]).toEqual({
      contact: 1,
      firstName: 'First1',
      lastName: 'Last1',
      email: null,
      deceased: false,
      deleted: false,
      card: 1,
      memberships: [{ id: 11, type: 'Gold', status: 'Current', override: false, overrideEndDate: null, startDate: '2026-01-01', endDate: '2026-12-31' }],
    });
    expect(members[2]?.memberships).toMatchObject([{ status: 'Expired' }, { type: 'Day Pass', status: 'Grace', endDate: null }]);
    expect(members[4]?.deceased).toBe(true);
    expect(members[5]).toMatchObject({ card: 'not a card', memberships: [{ override: true }] });
  });

  it.each([
    ['Authorization', { auth: { kind: 'Authorization', apiKey: 'sim-civicrm-key' } }],
    ['an address with a trailing slash', { apiPath: '/civicrm/ajax/api4/' }],
  ] as const)('is read by %s too', async (_, setup) => {
    const { source } = await database(setup);
    expect((await source.poll()).snapshot?.items).toHaveLength(6);
  });

  it('tells e-mails only when they are wanted', async () => {
    const { source } = await database({ withEmail: () => true });
    const state = await source.poll();
    expect(state.snapshot?.items.slice(0, 2).map(({ email }) => email)).toEqual(['one@example.org', null]);
  });

  it('is read page by page, each row once', async () => {
    const many = Array.from({ length: 1300 }, (_, index) => person(index + 1, { memberships: [gold(2 * index + 1), gold(2 * index + 2)] }));
    const { sim, source } = await database({ seed: { contacts: many } });
    const state = await source.poll();
    expect(state.failure).toBeNull();
    expect(state.snapshot?.items).toHaveLength(1300);
    expect(state.snapshot?.items.every(({ memberships }) => memberships.length === 2)).toBe(true);
    expect((await sim.sim('/requests')) as unknown[]).toHaveLength(6);
  });

  it('answers for contacts by id, also deleted ones and ones without a card', async () => {
    const { reader } = await database({ seed: { permissions: [...permissions, 'access deleted contacts'] } });
    const found = await reader.readContacts([6, 5, 999, 1]);
    expect(found.map(({ contact, deleted, card }) => [contact, deleted, card])).toEqual([
      [1, false, 1],
      [5, false, null],
      [6, true, 6],
    ]);
  });
});

describe('a missing permission removes nobody and is named', () => {
  it.each([
    ['access all custom data', 'QueryFailed', /access all custom data/],
    ['access CiviMember', 'SourceIncomplete', /access CiviMember/],
    ['access CiviCRM', 'Forbidden', /access CiviCRM/],
    ['authenticate with api key', 'Unauthorized', /authenticate with api key/],
  ])('%s', async (permission, code, remedy) => {
    const { sim, source } = await database();
    const good = (await source.poll()).snapshot;
    await sim.sim('/seed?merge=1', { permissions: permissions.filter((each) => each !== permission) });
    const state = await source.poll();
    expect(state.failure?.code).toBe(code);
    expect(state.failure?.message).toMatch(remedy);
    expect(state.snapshot).toBe(good);
    await sim.sim('/seed?merge=1', { permissions });
    expect((await source.poll()).failure).toBeNull();
  });

  it.each([
    ['access all custom data', /Door_Access\.card_id.*access all custom data/],
    ['access CiviMember', /access CiviMember/],
  ])('%s, where a field that may not be seen is an error', async (permission, remedy) => {
    const { sim, source } = await database({ quirks: { 'missing-permission-select': 'error' } });
    const good = (await source.poll()).snapshot;
    await sim.sim('/seed?merge=1', { permissions: permissions.filter((each) => each !== permission) });
    const state = await source.poll();
    expect(state.failure?.message).toMatch(remedy);
    expect(state.snapshot).toBe(good);
  });

  it('a misspelled card field is told from one that may not be seen', async () => {
    const hidden = await database({ seed: { permissions: permissions.filter((each) => each !== 'access all custom data') } });
    expect((await hidden.source.poll()).failure?.message).toContain('may not see Door_Access.card_id');
    const misspelled = await database({ cardField: 'Door_Access.card' });
    expect((await misspelled.source.poll()).failure?.message).toContain('no field Door_Access.card');
  });

  it.each([
    'Contact.id',
    'Contact.is_deleted',
    'Contact.first_name',
    'Contact.Door_Access.card_id',
    'Membership.id',
    'Membership.contact_id',
    'Membership.is_test',
    'Membership.status_id',
    'Membership.membership_type_id',
    'Membership.end_date',
    'Membership.is_override',
  ])('a permission of %s alone, without which conditions are dropped in silence', async (field) => {
    const { sim, source } = await database();
    const good = (await source.poll()).snapshot;
    await sim.sim('/seed?merge=1', { field_permissions: { [field]: 'see everything' } });
    const state = await source.poll();
    expect(state.failure?.code).toBe('SourceIncomplete');
    expect(state.failure?.message).toContain(field.replace(/^Contact\./, '').replace(/^Membership\./, 'm.'));
    expect(state.snapshot).toBe(good);
  });

  it('a card field that only some may see', async () => {
    const { source } = await database({ seed: { field_permissions: { 'Contact.Door_Access.card_id': 'see cards' } } });
    expect((await source.poll()).failure).toMatchObject({ code: 'SourceIncomplete', message: expect.stringContaining('Door_Access.card_id') as unknown });
  });

  it('a misspelled card field', async () => {
    const { source } = await database({ cardField: 'Door_Access.card' });
    expect((await source.poll()).failure).toMatchObject({ code: 'QueryFailed', message: expect.stringContaining('cardField') as unknown });
  });

  it('nobody visible is a warning', async () => {
    const { source } = await database({ seed: { permissions: permissions.filter((each) => each !== 'view all contacts') } });
    expect((await source.poll()).warnings?.[0]).toMatch(/view all contacts/);
  });

  it('a site key opens the guard that wants one', async () => {
    const auth = { kind: 'XCiviAuth', apiKey: 'sim-civicrm-key', siteKey: 'sim-civicrm-site-key' } as const;
    const { source } = await database({ auth, quirks: { 'authx-guard': 'site_key' } });
    expect((await source.poll()).failure).toBeNull();
    const without = await database({ quirks: { 'authx-guard': 'site_key' } });
    expect((await without.source.poll()).failure?.message).toMatch(/CIVICRM_SITE_KEY/);
  });
});

describe('a database that refuses the join', () => {
  const refused = { quirks: { 'explicit-join': 'skip' } };

  it.each(['skip', 'error'])('is read in two queries, with the same answer (%s)', async (setting) => {
    const joined = (await (await database({ seed: { contacts } })).source.poll()).snapshot?.items;
    const { source, reader } = await database({ quirks: { 'explicit-join': setting } });
    const state = await source.poll();
    expect(state.failure).toBeNull();
    expect(state.snapshot?.items).toEqual(joined);
    expect((await reader.readContacts([5, 6, 999, 1])).map(({ contact, deleted }) => [contact, deleted])).toEqual([[1, false], [5, false], [6, true]]);
  });

  it('asks for the join once, and again when the two no longer answer', async () => {
    const { sim, source } = await database(refused);
    await source.poll();
    await sim.remove('/requests');
    await source.poll();
    const paths = async () => ((await sim.sim('/requests')) as { path: string }[]).map(({ path }) => path.replace(/.*api4/, ''));
    expect(await paths()).toEqual(['/Contact/get', '/Membership/get', '/Contact/get']);
    await sim.sim('/fault', { match: 'Membership/get', times: 3, status: 500, body: '' });
    expect((await source.poll()).failure).not.toBeNull();
    expect((await source.poll()).failure).toBeNull();
  });

  it('is read page by page, each contact once, however many memberships it has', async () => {
    const many = Array.from({ length: 1300 }, (_, index) => person(index + 1, { memberships: [gold(3 * index + 1), gold(3 * index + 2), gold(3 * index + 3)] }));
    const { sim, source } = await database({ ...refused, seed: { contacts: many } });
    const state = await source.poll();
    expect(state.snapshot?.items).toHaveLength(1300);
    expect(state.snapshot?.items.every(({ memberships }) => memberships.length === 3)).toBe(true);
    expect((await sim.sim('/requests')) as unknown[]).toHaveLength(1 + 9);
  });

  it('a merge between the two queries makes nobody a leaver: the page is read again', async () => {
    const { sim, source } = await database(refused);
    await source.poll();
    await sim.remove('/requests');
    await sim.sim('/fault', { match: 'Membership/get', delayMs: 400 });
    const reading = source.poll();
    // The memberships are read by then, their answer is on its way.
    await until('memberships are asked for', async () => ((await sim.sim('/requests')) as { path: string }[]).some(({ path }) => path.endsWith('Membership/get')));
    // Contact 1 was merged into contact 2, which has its card and membership now.
    await sim.sim('/seed?merge=1', { contacts: [person(1, { is_deleted: true }), person(2, { memberships: [gold(11)] })] });
    const { failure, snapshot } = await reading;
    expect(failure).toBeNull();
    const held = snapshot?.items.flatMap(({ contact, memberships }) => memberships.map(({ id }) => [id, contact]));
    expect(held?.filter(([id]) => id === 11)).toEqual([[11, 2]]);
  });

  it('memberships that may not be read either name their permission', async () => {
    const { source } = await database({ ...refused, seed: { permissions: permissions.filter((each) => each !== 'access CiviMember') } });
    expect((await source.poll()).failure?.message).toMatch(/access CiviMember/);
  });
});

describe('a failing database', () => {
  it.each([
    ['an answer cut short', { truncateBytes: 200 }, 'ConnectionFailed'],
    ['an error body with status 200', { status: 200, body: { error_code: 0, error_message: 'DB Error: First1' } }, 'ApiError'],
    ['a web page', { status: 200, body: '<html>Sign in</html>' }, 'NotJson'],
    ['maintenance', { status: 503, body: { status_code: 503, status_message: 'Temporarily unavailable for maintenance.' } }, 'Maintenance'],
    ['a crash', { status: 500, body: { error_code: '1', error_message: 'Sorry (Error ID: 77)', status: 500 } }, 'QueryFailed'],
    ['a reset connection', { reset: true }, 'ConnectionFailed'],
    ['a redirect to the login', { status: 302, body: '', headers: { location: '/user/login' } }, 'Redirect'],
    ['an empty list that counts more', { status: 200, body: { values: [], count: 6, countFetched: 0, countMatched: 6 } }, 'SourceIncomplete'],
  ])('keeps the last good members through %s, and recovers', async (_, fault, code) => {
    const { sim, source } = await database();
    const good = (await source.poll()).snapshot;
    await sim.sim('/fault', { match: 'Contact/get', times: -1, ...fault });
    const failed = await source.poll();
    expect(failed.failure?.code).toBe(code);
    expect(failed.failure?.message).not.toContain('First1');
    expect(failed.snapshot).toBe(good);
    await sim.remove('/fault');
    expect((await source.poll()).failure).toBeNull();
  });

  it('reads on after one crash on the second page', async () => {
    const many = Array.from({ length: 700 }, (_, index) => person(index + 1, {}));
    const { sim, source } = await database({ seed: { contacts: many } });
    await sim.sim('/fault', { match: 'Contact/get', times: 1, delayMs: 0 });
    await sim.sim('/fault', { match: 'Contact/get', times: 1, status: 500, body: '' });
    expect((await source.poll()).snapshot?.items).toHaveLength(700);
    const requests = (await sim.sim('/requests')) as { status: number }[];
    expect(requests.map(({ status }) => status)).toEqual([200, 500, 200]);
  });

  it('names a wrong key without showing it', async () => {
    const { source } = await database({ auth: { kind: 'XCiviAuth', apiKey: 'wrong-key-value' } });
    const { failure } = await source.poll();
    expect(failure?.code).toBe('Unauthorized');
    expect(failure?.message).not.toContain('wrong-key-value');
  });
});
