import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';
import { TerminalError, TransientError } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import type { AccessController, WeekSchedule } from '../../src/unifi/access-controller.js';
import { weekdays } from '../../src/unifi/access-controller.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { normalizeInstant } from '../../src/unifi/developer-api/schedules.js';
import { bodyOf, serve } from '../runtime/http-server.js';

interface Seen {
  readonly call: string;
  readonly body: string;
}

interface Reply {
  readonly status?: number;
  readonly body: unknown;
}

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

const ok = (data: unknown): Reply => ({ body: { code: 'SUCCESS', msg: 'success', data } });

/** A controller that says what `reply` says; `seen` holds what it was asked. */
async function controller(reply: (call: string, url: URL) => Reply): Promise<{ unifi: AccessController; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '', 'http://x');
      const call = `${request.method ?? ''} ${url.pathname.replace('/api/v1/developer', '')}`;
      seen.push({ call: call + url.search, body });
      const { status = 200, body: answer } = reply(call, url);
      response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  const unifi = createUnifiClient({ url: `${server.url}/`, token: 'tok-secret-1', clock: systemClock, log: silentLogger });
  cleanup.push(() => server.close(), () => unifi.close());
  return { unifi, seen };
}

const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));

async function failure(promise: Promise<unknown>): Promise<TransientError | TerminalError> {
  const error: unknown = await promise.then(() => new Error('it succeeded'), (reason: unknown) => reason);
  if (error instanceof TransientError || error instanceof TerminalError) return error;
  throw error instanceof Error ? error : new Error(String(error));
}

const emptyWeek = Object.fromEntries(weekdays.map((day) => [day, []])) as unknown as WeekSchedule;
const user = (n: number) => ({ id: `u${n}`, first_name: 'F', last_name: 'L', employee_number: `civicrm-${n}`, status: 'ACTIVE' });

describe('the envelope decides, not the status', () => {
  it.each([
    ['success with an odd status', 404, { code: 'SUCCESS', data: null }, null, ''],
    ['success as a number', 200, { code: 1, codeS: 'SUCCESS' }, null, ''],
    ['a refusal with 200', 200, { code: 'CODE_CREDS_NFC_HAS_BIND_USER', msg: 'bound' }, 'TerminalError', 'CODE_CREDS_NFC_HAS_BIND_USER'],
    ['a system error with 200', 200, { code: 'CODE_SYSTEM_ERROR', msg: 'Server system error.' }, 'TransientError', 'CODE_SYSTEM_ERROR'],
    ['a refusal with 400', 400, { code: 'CODE_PARAMS_INVALID' }, 'TerminalError', 'CODE_PARAMS_INVALID'],
    ['a system error with 500', 500, { code: 'CODE_SYSTEM_ERROR' }, 'TransientError', 'CODE_SYSTEM_ERROR'],
    ['a routing error', 404, { code: 404, codeS: 'CODE_NOT_FOUND', msg: 'The API was not found.', error: 'you entered no-man zone' }, 'TerminalError', 'NoManZone'],
    ['a routing error with 200', 200, { code: 404, codeS: 'CODE_NOT_FOUND', error: 'you entered no-man zone' }, 'TerminalError', 'NoManZone'],
    ['an object that is gone', 404, { code: 'CODE_NOT_FOUND', msg: 'user not found' }, 'TerminalError', 'CODE_NOT_FOUND'],
    ['a bad token', 401, { code: 'CODE_AUTH_FAILED' }, 'TerminalError', 'CODE_AUTH_FAILED'],
    ['a bad token without an envelope', 401, '', 'TerminalError', 'CODE_AUTH_FAILED'],
    ['a missing scope', 403, { code: 'CODE_UNAUTHORIZED' }, 'TerminalError', 'CODE_UNAUTHORIZED'],
    ['a missing scope with 200', 200, { code: 'CODE_UNAUTHORIZED' }, 'TerminalError', 'CODE_UNAUTHORIZED'],
    ['a page of HTML', 200, '<!doctype html><title>UniFi OS</title>', 'TransientError', 'UnreadableAnswer'],
    ['half a JSON', 200, '{"code":"SUCC', 'TransientError', 'UnreadableAnswer'],
    ['an unknown number', 200, { code: 5 }, 'TransientError', 'Code5'],
    ['a gateway error', 502, '<html>', 'TransientError', 'ServerError'],
  ])('%s', async (_name, status, body, kind, code) => {
    const { unifi } = await controller(() => ({ status, body }));
    const call = unifi.updateUser('u1', { status: 'ACTIVE' });
    if (kind === null) await expect(call).resolves.toBeUndefined();
    else expect(await failure(call)).toMatchObject({ name: kind, code });
  });

  it('names the scope and where it is given, and the other kind of key', async () => {
    const denied = await controller(() => ({ status: 403, body: { code: 'CODE_UNAUTHORIZED', msg: 'no' } }));
    const message = (await failure(denied.unifi.setPolicies('u1', []))).message;
    expect(message).toContain('edit:user');
    expect(message).toContain('People & Groups: Edit');
    expect((await failure(denied.unifi.listDoors())).message).toContain('Locations: View');
    const lost = await controller(() => ({ status: 404, body: { code: 404, codeS: 'CODE_NOT_FOUND', error: 'you entered no-man zone' } }));
    expect((await failure(lost.unifi.listDoors())).message).toMatch(/path and verb.*Integrations/);
  });

  it('does not repeat what it was sent, nor the token', async () => {
    const { unifi } = await controller(() => ({ body: { code: 'CODE_USER_EMAIL_ERROR', msg: 'bad address ada@example.org of Lovelace\u202e\n' } }));
    const error = await failure(unifi.createUser({ firstName: 'Ada', lastName: 'Lovelace', employeeNumber: 'c-1', email: 'ada@example.org' }));
    expect(error.message).toContain('CODE_USER_EMAIL_ERROR');
    for (const word of ['ada@example.org', 'Lovelace', 'tok-secret-1', '\u202e', '\n']) expect(error.message).not.toContain(word);
  });
});

describe('lists', () => {
  const paged = (rows: readonly unknown[], url: URL, total = rows.length): Reply => {
    const size = Number(url.searchParams.get('page_size') ?? rows.length);
    const page = Number(url.searchParams.get('page_num') ?? 1);
    return {
      body: { code: 'SUCCESS', data: rows.slice((page - 1) * size, page * size), pagination: { page_num: page, page_size: size, total } },
    };
  };
  const rowsOf = (count: number): unknown[] => Array.from({ length: count }, (_, n) => user(n));

  it.each([0, 1, 100, 101, 250])('reads %i users, each once', async (count) => {
    const { unifi, seen } = await controller((_call, url) => paged(rowsOf(count), url));
    expect(new Set((await unifi.listUsers()).map(({ id }) => id)).size).toBe(count);
    expect(seen).toHaveLength(Math.max(1, Math.ceil(count / 100)));
    expect(seen[0]?.call).toContain('page_size=100');
  });

  it('follows a controller that gives smaller pages than asked for', async () => {
    const { unifi } = await controller((_call, url) => {
      url.searchParams.set('page_size', '25');
      return paged(rowsOf(60), url);
    });
    expect(await unifi.listUsers()).toHaveLength(60);
  });

  it('reads again when rows came and went between the pages', async () => {
    let calls = 0;
    const { unifi } = await controller((_call, url) => {
      calls += 1;
      // In the first pass a new user pushes one over the edge between the pages.
      return paged(calls === 2 ? [user(999), ...rowsOf(150)].slice(0, 150) : rowsOf(150), url);
    });
    expect(await unifi.listUsers()).toHaveLength(150);
    expect(calls).toBe(4);
  });

  it.each([
    ['a row is always missing', (url: URL) => paged(rowsOf(120), url, 121)],
    ['a row is always twice', (url: URL) => paged([...rowsOf(119), user(0)], url)],
    ['there is no total', (url: URL) => ({ body: { code: 'SUCCESS', data: rowsOf(3), pagination: { page_num: url.searchParams.get('page_num') } } })],
    ['there is no pagination', () => ok(rowsOf(3))],
    ['rows are few', (url: URL) => paged([], url, 7)],
  ])('is refused when %s', async (_name, reply) => {
    const { unifi, seen } = await controller((_call, url) => reply(url));
    expect(await failure(unifi.listUsers())).toMatchObject({ name: 'TransientError', code: 'IncompleteList' });
    expect(seen.length).toBeLessThanOrEqual(6);
  });

  it('asks for one page of everything when the order is never the same', async () => {
    let turn = 0;
    const { unifi } = await controller((_call, url) => {
      turn += 50;
      const rows = rowsOf(180);
      return paged([...rows.slice(turn % 180), ...rows.slice(0, turn % 180)], url);
    });
    expect(await unifi.listUsers()).toHaveLength(180);
  });

  it('reads lists without pagination at once, and page by page where the total says more', async () => {
    const doors = Array.from({ length: 40 }, (_, n) => ({ id: `d${n}`, name: `Door ${n}` }));
    const plainList = await controller(() => ok(doors));
    expect(await plainList.unifi.listDoors()).toHaveLength(40);
    expect(plainList.seen.map(({ call }) => call)).toEqual(['GET /doors']);
    const cut = await controller((_call, url) => {
      if (!url.searchParams.has('page_size')) url.searchParams.set('page_size', '25');
      return paged(doors, url);
    });
    expect(await cut.unifi.listDoors()).toHaveLength(40);
  });

  it('takes null for an empty list, but not nothing', async () => {
    expect(await (await controller(() => ok(null))).unifi.listPolicies()).toEqual([]);
    expect(await failure((await controller(() => ok(undefined))).unifi.listPolicies())).toMatchObject({ code: 'UnexpectedAnswer' });
  });
});

describe('what is read', () => {
  it('users: either e-mail field, cards, policies with and without ids', async () => {
    const { unifi } = await controller((call) =>
      call.endsWith('/u1')
        ? ok([{ ...user(1), email: 'a@x', user_email: '', nfc_cards: [{ id: '1', token: 't1', type: 'ua_card' }], access_policy_ids: ['p1'], pin_code: null }])
        : ok({ ...user(2), user_email: 'b@x', employee_number: 42, status: 'STRANGE', nfc_cards: null, access_policies: [{ id: 'p2' }] }),
    );
    expect(await unifi.getUser('u1')).toEqual({
      id: 'u1', firstName: 'F', lastName: 'L', employeeNumber: 'civicrm-1', email: 'a@x', status: 'ACTIVE', cards: [{ token: 't1' }], policyIds: ['p1'],
    });
    expect(await unifi.getUser('u2')).toMatchObject({ email: 'b@x', employeeNumber: '42', status: 'STRANGE', cards: [], policyIds: ['p2'] });
  });

  it('what is essential and missing is an error that says where', async () => {
    const { unifi } = await controller(() => ok({ ...user(1), nfc_cards: [{ token: 't' }, { id: 'x' }] }));
    const error = await failure(unifi.getUser('u1'));
    expect(error).toMatchObject({ name: 'TransientError', code: 'UnexpectedAnswer' });
    expect(error.message).toContain('user.nfc_cards[1].token');
    const broken = await controller(() => ok({ lockdown: false }));
    expect((await failure(broken.unifi.getEmergency())).message).toContain('evacuation');
  });

  it('recorded schedules and policies', async () => {
    const { unifi } = await controller((call) => {
      if (call.endsWith('/schedules')) return { body: fixture('schedules-list.json') };
      if (call.endsWith('/schedules/generated')) return { body: fixture('schedule-generated.json') };
      if (call.endsWith('/schedules/always')) return { body: fixture('schedule-detail-sample.json') };
      return { body: fixture('policy-generated.json') };
    });
    const list = await unifi.listSchedules();
    expect(list.find(({ isDefault }) => isDefault)).toEqual({
      id: '0a16d325-d901-42b8-b9f9-3b8f04db2382', name: 'Always Access', isDefault: true, holidayGroupId: 'e12535a8-bdee-4b4b-a79d-13a200d5e19b',
    });
    const generated = await unifi.getSchedule('generated');
    expect(generated.week.friday).toEqual([{ start: '05:15:00', end: '07:45:00' }, { start: '18:45:00', end: '23:15:00' }]);
    expect(generated.week.saturday).toEqual([]);
    expect(generated.holidaySchedule).toEqual([]);
    expect((await unifi.getSchedule('always')).holidaySchedule).toEqual([{ start: '00:00:00', end: '23:59:59' }]);
    expect(await unifi.createPolicy({ name: 'x', doorIds: [], scheduleId: 's' })).toMatchObject({ resources: [], name: 'PCO Sync Policy | front_lobby' });
  });

  it('a schedule without a week opens every day', async () => {
    const { unifi } = await controller(() => ok({ id: 's', name: 'S', holiday_group_id: 'h' }));
    const { week } = await unifi.getSchedule('s');
    for (const day of weekdays) expect(week[day]).toEqual([{ start: '00:00:00', end: '23:59:59' }]);
  });

  it('cards, doors and rules in all their spellings', async () => {
    let rule: unknown = null;
    const { unifi } = await controller((call) => {
      if (call.endsWith('/lock_rule')) return ok(rule);
      if (call.endsWith('/doors')) {
        return ok([
          { id: 'd1', name: 'A', is_bind_hub: true, door_lock_relay_status: 'unlock', door_position_status: 'close', extras: {} },
          { id: 'd2', name: 'B', is_bind_hub: false, door_lock_relay_status: '', door_position_status: null },
        ]);
      }
      return call.endsWith('/t1')
        ? ok({ token: 't1', alias: 'sync-00034', status: 'assigned', user_id: 'u1', user_type: 'VISITOR' })
        : ok({ token: 't2', alias: '', status: 'pending', user_id: '', user_type: '', user: { id: '' } });
    });
    expect(await unifi.listDoors()).toEqual([
      { id: 'd1', name: 'A', hasHub: true, lock: 'Unlocked', position: 'Closed' },
      { id: 'd2', name: 'B', hasHub: false, lock: 'Unknown', position: 'Unknown' },
    ]);
    expect((await unifi.getCard('t1')).holder).toEqual({ id: 'u1', type: 'VISITOR' });
    expect((await unifi.getCard('t2')).holder).toBeNull();
    for (const [raw, expected] of [
      [null, { type: '', endedTime: 0 }],
      [{ type: '', ended_time: null }, { type: '', endedTime: 0 }],
      [[{ type: 'custom', ended_time: 1_800_000_000 }], { type: 'custom', endedTime: 1_800_000_000 }],
      [{ type: 'schedule', ended_time: '1800000000' }, { type: 'schedule', endedTime: 1_800_000_000 }],
    ] as const) {
      rule = raw;
      expect(await unifi.getLockRule('d1')).toEqual(expected);
    }
  });

  it.each([
    ['2023-08-25 00:00:00z', '2023-08-25T00:00:00Z'],
    ['2023-08-25T00:00:00Z', '2023-08-25T00:00:00Z'],
    ['2023-08-25T00:00:00.000Z', '2023-08-25T00:00:00Z'],
    ['2023-08-25T02:00:00+02:00', '2023-08-25T00:00:00Z'],
    ['2023-08-25 00:00:00 +0000', '2023-08-25T00:00:00Z'],
    ['someday', 'someday'],
  ])('an instant %s is %s', (raw, expected) => {
    expect(normalizeInstant(raw)).toBe(expected);
  });
});

describe('what is written', () => {
  const sent = (seen: readonly Seen[]): [string, unknown][] => seen.map(({ call, body }) => [call, body === '' ? null : JSON.parse(body)]);

  it('uses the names and verbs that UniFi takes', async () => {
    const { unifi, seen } = await controller((call) =>
      ok(call.startsWith('POST') ? { id: 'new', name: 'N', resources: [], schedule_id: 's', weekly: {} } : 'success'),
    );
    expect(await unifi.createUser({ firstName: 'A', lastName: 'B', employeeNumber: 'c-1' })).toEqual({ id: 'new' });
    await unifi.updateUser('u/1', { status: 'DEACTIVATED' });
    await unifi.updateUser('u1', { lastName: '—', email: '' });
    await unifi.setPolicies('u1', []);
    await unifi.bindCard('u1', 't');
    await unifi.bindCard('u1', 't', { force: true });
    await unifi.releaseCard('u1', 't');
    await unifi.updateSchedule('s', { week: { ...emptyWeek, monday: [{ start: '09:00:00', end: '09:59:59' }] }, holidayGroupId: 'h', holidaySchedule: [] });
    await unifi.createPolicy({ name: 'P', doorIds: ['d1'], scheduleId: 's' });
    await unifi.updatePolicy('p', { scheduleId: 's2' });
    await unifi.deletePolicy('p');
    await unifi.createHolidayGroup({ name: 'G', description: 'me', holidays: [{ name: 'H', repeat: false, start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z' }] });
    await unifi.deleteHolidayGroup('g');
    await unifi.setLockRule('d', { type: 'custom', minutes: 20 });
    await unifi.setLockRule('d', { type: 'reset' });
    const week = Object.fromEntries(weekdays.map((day) => [day, day === 'monday' ? [{ start_time: '09:00:00', end_time: '09:59:59' }] : []]));
    const holiday = { name: 'H', description: '', repeat: false, is_template: false, start_time: '2026-11-21T00:00:00Z', end_time: '2026-11-22T00:00:00Z' };
    expect(sent(seen)).toEqual([
      ['POST /users', { first_name: 'A', last_name: 'B', employee_number: 'c-1' }],
      ['PUT /users/u%2F1', { status: 'DEACTIVATED' }],
      ['PUT /users/u1', { last_name: '—', user_email: '' }],
      ['PUT /users/u1/access_policies', { access_policy_ids: [] }],
      ['PUT /users/u1/nfc_cards', { token: 't' }],
      ['PUT /users/u1/nfc_cards', { token: 't', force_add: true }],
      ['PUT /users/u1/nfc_cards/delete', { token: 't' }],
      ['PUT /access_policies/schedules/s', { week_schedule: week, holiday_group_id: 'h', holiday_schedule: [] }],
      ['POST /access_policies', { name: 'P', resource: [{ type: 'door', id: 'd1' }], schedule_id: 's' }],
      ['PUT /access_policies/p', { schedule_id: 's2' }],
      ['DELETE /access_policies/p', null],
      ['POST /access_policies/holiday_groups', { name: 'G', description: 'me', holidays: [holiday] }],
      ['DELETE /access_policies/holiday_groups/g', null],
      ['PUT /doors/d/lock_rule', { type: 'custom', interval: 20 }],
      ['PUT /doors/d/lock_rule', { type: 'reset' }],
    ]);
  });

  it('is sent once, also when the answer gets lost', async () => {
    const { unifi, seen } = await controller(() => ({ status: 503, body: 'busy' }));
    expect(await failure(unifi.createUser({ firstName: 'A', lastName: 'B', employeeNumber: 'c-1' }))).toMatchObject({ name: 'TransientError' });
    expect(seen).toHaveLength(1);
  });

  it('imports cards as CSV and finds the rows that failed or are missing', async () => {
    const { unifi, seen } = await controller(() => ok([{ alias: 'b', nfc_id: '2A0002', token: '' }, { alias: 'a', nfc_id: '2a0001', token: 't1' }]));
    const cards = [{ nfcId: '2A0001', alias: 'a' }, { nfcId: '2A0002', alias: 'b' }, { nfcId: '2A0003', alias: 'c' }];
    expect(await unifi.importCards(cards)).toEqual([
      { nfcId: '2A0001', alias: 'a', token: 't1' },
      { nfcId: '2A0002', alias: 'b', token: '' },
      { nfcId: '2A0003', alias: 'c', token: '' },
    ]);
    expect(seen[0]?.body).toContain('2A0001,a\n2A0002,b\n2A0003,c\n');
    expect(await unifi.importCards([])).toEqual([]);
    expect(await failure(unifi.importCards([{ nfcId: '2A0001', alias: 'a,b' }]))).toMatchObject({ code: 'InvalidCard' });
    expect(seen).toHaveLength(1);
  });

  it('an id can never name another path', async () => {
    const { unifi, seen } = await controller(() => ok(null));
    for (const id of ['', '.', '..']) expect(await failure(unifi.deletePolicy(id))).toMatchObject({ name: 'TerminalError', code: 'InvalidId' });
    await unifi.deletePolicy('../users/1');
    expect(seen.map(({ call }) => call)).toEqual(['DELETE /access_policies/..%2Fusers%2F1']);
  });
});
