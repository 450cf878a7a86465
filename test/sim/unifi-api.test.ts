import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answered, pick, rows } from '../support/sim.js';
import { type Controller, controllers, type Method } from './unifi-controller.js';

const { start, closeAll } = controllers();
afterEach(closeAll);

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`fixtures/unifi-${name}.json`, import.meta.url), 'utf8'));
}

const noManZone = {
  code: 404,
  codeS: 'CODE_NOT_FOUND',
  msg: 'The API was not found.',
  error: 'you entered no-man zone',
};

const people = {
  doors: [
    { id: 'd1', name: 'Front' },
    { id: 'd2', name: 'Rear' },
  ],
  schedules: [{ id: 's1', name: 'Days', weekly: {} }],
  access_policies: [
    { id: 'p1', name: 'Members', resources: [{ type: 'door', id: 'd1' }], schedule_id: 's1' },
    { id: 'p2', name: 'Staff' },
  ],
  users: [
    {
      id: 'u1',
      first_name: 'Ada',
      last_name: 'Lee',
      employee_number: 'civicrm-1',
      access_policy_ids: ['p1'],
      nfc_cards: [{ token: 't1' }],
    },
    {
      id: 'u2',
      first_name: 'Bo',
      last_name: 'Ray',
      employee_number: 'civicrm-2',
      status: 'DEACTIVATED',
      nfc_cards: [{ token: 't2' }],
    },
    { id: 'u3', first_name: 'Cy', last_name: 'Fox', user_email: 'cy@example.org' },
  ],
  cards: [
    { token: 't1', alias: 'sync-00001', nfc_id: '2A0001' },
    { token: 't2', alias: 'sync-00002', nfc_id: '2A0002' },
    { token: 't3', alias: 'sync-00003', nfc_id: '2A0003' },
  ],
};

describe('recorded answers', () => {
  it('lists schedules as recorded', async () => {
    const recorded = fixture('schedules-list');
    const { ask } = await start({
      seed: {
        holiday_groups: [{ id: 'e12535a8-bdee-4b4b-a79d-13a200d5e19b', name: 'No Holidays' }],
        schedules: pick(recorded, 'data'),
      },
    });
    const answer = await ask('GET', '/access_policies/schedules');
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual(recorded);
  });

  it.each(['schedule-detail-sample', 'schedule-generated', 'schedule-gymfront-detail'])(
    'reads %s as recorded',
    async (name) => {
      const recorded = fixture(name);
      const { ask } = await start({ seed: { schedules: [pick(recorded, 'data')] } });
      expect((await ask('GET', `/access_policies/schedules/${String(pick(recorded, 'data', 'id'))}`)).json).toEqual(
        recorded,
      );
    },
  );

  it('has the recorded default schedule without any seed', async () => {
    const { ask } = await start();
    const recorded = fixture('schedule-detail-sample');
    expect((await ask('GET', `/access_policies/schedules/${String(pick(recorded, 'data', 'id'))}`)).json).toEqual(
      recorded,
    );
  });

  it('answers the recorded create call', async () => {
    const recorded = fixture('schedule-validation59-create');
    const { ask } = await start();
    const answer = await ask('POST', '/access_policies/schedules', pick(recorded, 'payload'));
    const { id } = pick(answer.json, 'data') as { id: string };
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const expected = pick(recorded, 'response') as { data: object };
    expect(answer.json).toEqual({ ...expected, data: { ...expected.data, id } });
  });

  it('answers a policy written with the wrong key as recorded: without resources', async () => {
    const recorded = fixture('policy-generated');
    const { ask } = await start({ seed: people });
    const answer = await ask('POST', '/access_policies', {
      name: 'PCO Sync Policy | front_lobby',
      resources: [{ type: 'door', id: 'd1' }],
      schedule_id: 's1',
    });
    const expected = recorded as { data: object };
    expect(answer.json).toEqual({
      ...expected,
      data: { ...expected.data, id: pick(answer.json, 'data', 'id'), schedule_id: 's1' },
    });
  });
});

describe('transport', () => {
  it('answers unknown paths and wrong methods from its router', async () => {
    const { ask, sim } = await start({ seed: people });
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['DELETE', '/users/u1/nfc_cards/delete'],
      ['POST', '/users/u1'],
    ] as const) {
      const answer = await ask(method, path, method === 'GET' ? undefined : { token: 't1' });
      expect([answer.status, answer.json]).toEqual([404, noManZone]);
    }
    expect((await sim.call('/api/v2/users')).json).toEqual(noManZone);
    const { ask: other } = await start({ quirks: { 'unknown-path-status': '200' } });
    const answer = await other('GET', '/nothing');
    expect([answer.status, answer.json]).toEqual([200, noManZone]);
  });

  it('tells a wrong token from a missing scope', async () => {
    const { ask, sim } = await start({
      seed: { ...people, tokens: [{ token: 'reader', scopes: ['view:user', 'edit:policy'] }] },
    });
    const with_ = (method: Method, path: string, headers: Record<string, string>, body?: unknown): Promise<Answered> =>
      ask(method, path, body, headers);
    const reader = { authorization: 'Bearer reader' };
    expect((await with_('GET', '/users', reader)).status).toBe(200);
    expect((await with_('GET', '/users', { 'x-api-key': 'reader' })).status).toBe(200);
    expect((await with_('GET', '/access_policies', reader)).status).toBe(200);
    const denied = await with_('PUT', '/users/u1', reader, { status: 'DEACTIVATED' });
    expect([denied.status, pick(denied.json, 'code')]).toEqual([403, 'CODE_UNAUTHORIZED']);
    for (const headers of [{}, { authorization: 'Bearer sim-unifi-token' }, { authorization: 'Bearer nobody' }]) {
      const answer = await with_('GET', '/users', headers);
      expect([answer.status, pick(answer.json, 'code')]).toEqual([401, 'CODE_AUTH_FAILED']);
    }
    const proxied = '/proxy/access/integration/v1/developer/users';
    expect((await sim.call(proxied, { headers: { 'x-api-key': 'reader' } })).status).toBe(200);
    expect((await sim.call(proxied, { headers: reader })).status).toBe(401);
    expect(pick(await sim.sim('/state'), 'users', 0, 'status')).toBe('ACTIVE');
  });

  it('puts business errors into an envelope, whatever the status', async () => {
    for (const [quirks, status] of [
      [{}, 200],
      [{ 'business-error-status': '400' }, 400],
    ] as const) {
      const { ask } = await start({ seed: people, quirks });
      const answer = await ask('GET', '/users/nobody');
      expect(answer.status).toBe(status);
      expect(answer.json).toMatchObject({ code: 'CODE_USER_ACCOUNT_NOT_EXIST', msg: expect.any(String) as string });
      const garbled = await ask('PUT', '/users/u1', '{ nope');
      expect([garbled.status, pick(garbled.json, 'code')]).toEqual([status, 'CODE_PARAMS_INVALID']);
    }
  });

  it('pages, with all rows as one page unless told otherwise', async () => {
    const users = Array.from({ length: 60 }, (_, index) => ({
      id: `u${String(index).padStart(2, '0')}`,
      first_name: 'A',
      last_name: 'B',
    }));
    const { ask } = await start({ seed: { users } });
    expect(pick((await ask('GET', '/users')).json, 'pagination')).toEqual({ page_num: 1, page_size: 60, total: 60 });
    const third = await ask('GET', '/users?page_num=3&page_size=25');
    expect(pick(third.json, 'pagination')).toEqual({ page_num: 3, page_size: 25, total: 60 });
    expect(rows(pick(third.json, 'data')).map((user) => user['id'])).toEqual(users.slice(50).map((user) => user.id));
    expect(pick((await ask('GET', '/users?page_size=none')).json, 'code')).toBe('CODE_PARAMS_INVALID');

    const { ask: small } = await start({
      seed: { users },
      quirks: { 'default-page-size': '25', 'users-order': 'random' },
    });
    const first = await small('GET', '/users');
    expect(pick(first.json, 'pagination')).toEqual({ page_num: 1, page_size: 25, total: 60 });
    const ids = (answer: Answered): unknown[] => rows(pick(answer.json, 'data')).map((user) => user['id']);
    expect(ids(first)).not.toEqual(ids(await small('GET', '/users')));
  });
});

describe('users', () => {
  it('shows a user with every documented field', async () => {
    const { data } = await start({ seed: people });
    expect(await data('GET', '/users/u1?expand[]=access_policy')).toEqual({
      id: 'u1',
      first_name: 'Ada',
      last_name: 'Lee',
      full_name: 'Ada Lee',
      alias: '',
      user_email: '',
      email: '',
      email_status: 'UNVERIFIED',
      phone: '',
      employee_number: 'civicrm-1',
      onboard_time: 0,
      username: '',
      avatar_relative_path: '',
      status: 'ACTIVE',
      nfc_cards: [{ id: '100001', token: 't1', type: 'id_card' }],
      license_plates: [],
      pin_code: null,
      touch_pass: null,
      access_policy_ids: ['p1'],
      access_policies: [{ id: 'p1', name: 'Members', resources: [{ type: 'door', id: 'd1' }], schedule_id: 's1' }],
    });
  });

  it('creates with first and last name only, and echoes four fields', async () => {
    const { data, code } = await start();
    const made = await data('POST', '/users', {
      first_name: 'Di',
      last_name: 'Orr',
      employee_number: 'civicrm-9',
      status: 'DEACTIVATED',
    });
    expect(Object.keys(made as object).sort()).toEqual(['first_name', 'id', 'last_name', 'user_email']);
    expect(await data('GET', `/users/${String(pick(made, 'id'))}`)).toMatchObject({
      status: 'ACTIVE',
      employee_number: 'civicrm-9',
    });
    expect(await code('POST', '/users', { first_name: 'Di' })).toBe('CODE_PARAMS_INVALID');
    expect(await code('POST', '/users', { first_name: 'Di', last_name: '' })).toBe('CODE_PARAMS_INVALID');
    expect(await code('POST', '/users', { first_name: 'Di', last_name: 'Orr', email: 'a@b.org' })).toBe(
      'CODE_PARAMS_INVALID',
    );
    expect(await code('POST', '/users', { first_name: 'Di', last_name: 'Orr', user_email: 'nonsense' })).toBe(
      'CODE_USER_EMAIL_ERROR',
    );
    expect(await code('POST', '/users', { first_name: 'Di', last_name: 'Orr', profile: {} })).toBe('CODE_SYSTEM_ERROR');
  });

  it('changes what is given and keeps the rest', async () => {
    const { data, code, sim } = await start({ seed: people });
    expect(await data('PUT', '/users/u1', { status: 'DEACTIVATED' })).toBeNull();
    expect(await data('GET', '/users/u1')).toMatchObject({
      status: 'DEACTIVATED',
      first_name: 'Ada',
      nfc_cards: [{ token: 't1' }],
    });
    await data('PUT', '/users/u1', { last_name: 'Li', employee_number: '7' });
    expect(pick(await sim.sim('/state'), 'users', 0)).toMatchObject({
      last_name: 'Li',
      employee_number: '7',
      access_policy_ids: ['p1'],
    });
    expect(await code('PUT', '/users/u1', { status: 'GONE' })).toBe('CODE_PARAMS_INVALID');
    await data('PUT', '/users/u3', { user_email: '' });
    expect(pick(await sim.sim('/state'), 'users', 2, 'user_email')).toBe('');
  });

  it('keeps addresses unique among users and administrators, and counts invitations', async () => {
    const seed = { ...people, admin_emails: ['boss@example.org'] };
    const { code, data, sim } = await start({ seed });
    const someone = { first_name: 'E', last_name: 'F' };
    for (const user_email of ['CY@example.org', 'boss@example.org']) {
      expect(await code('POST', '/users', { ...someone, user_email })).toBe('CODE_ADMIN_EMAIL_EXIST');
      expect(await code('PUT', '/users/u1', { user_email })).toBe('CODE_ADMIN_EMAIL_EXIST');
    }
    expect(pick(await sim.sim('/state'), 'email_invites')).toBe(0);
    await data('PUT', '/users/u3', { user_email: 'cy@example.org' });
    await data('POST', '/users', { ...someone, user_email: 'e@example.org' });
    await data('PUT', '/users/u1', { user_email: 'ada@example.org' });
    await data('PUT', '/users/u3/access_policies', { access_policy_ids: ['p2'] });
    expect(pick(await sim.sim('/state'), 'email_invites')).toBe(3);
    const quiet = await start({ quirks: { 'email-invites': 'off' } });
    await quiet.data('POST', '/users', { ...someone, user_email: 'e@example.org' });
    expect(pick(await quiet.sim.sim('/state'), 'email_invites')).toBe(0);
  });

  it('finds users', async () => {
    const { data } = await start({ seed: people });
    const found = async (query: string): Promise<unknown[]> =>
      rows(await data('GET', `/users/search?${query}`)).map((user) => user['id']);
    expect(await found('keyword=ada')).toEqual(['u1']);
    expect(await found('keyword=civicrm')).toEqual(['u1', 'u2']);
    expect(await found('status=DEACTIVATED&status=PENDING')).toEqual(['u2']);
    expect(await found('user_id=u1&user_id=u3')).toEqual(['u1', 'u3']);
  });

  it('deletes deactivated users, and active ones only by quirk', async () => {
    const { code, data, sim } = await start({ seed: people });
    expect(await code('DELETE', '/users/u1')).toBe('CODE_SYSTEM_ERROR');
    await data('DELETE', '/users/u2');
    expect(rows(pick(await sim.sim('/state'), 'users')).map((user) => user['id'])).toEqual(['u1', 'u3']);
    expect(await data('GET', '/credentials/nfc_cards/tokens/t2')).toMatchObject({ user_id: '', status: 'pending' });
    const lax = await start({ seed: people, quirks: { 'delete-active-user': 'allow' } });
    expect(await lax.code('DELETE', '/users/u1')).toBe('SUCCESS');
  });

  it('replaces direct policies and shows those of groups and of everybody', async () => {
    const { data, code, sim } = await start({
      seed: {
        ...people,
        access_policies: [...people.access_policies, { id: 'p3', name: 'Everybody', all_users: true }],
        user_groups: [{ id: 'g1', name: 'Choir', users: ['u1'], access_policy_ids: ['p2'] }],
      },
    });
    expect(pick(await data('GET', '/users/u1'), 'access_policy_ids')).toEqual(['p3', 'p1']);
    expect(rows(await data('GET', '/users/u1/access_policies')).map((policy) => policy['id'])).toEqual([
      'p3',
      'p1',
      'p2',
    ]);
    expect(
      rows(await data('GET', '/users/u1/access_policies?only_user_policies=true')).map((policy) => policy['id']),
    ).toEqual(['p1']);
    await data('PUT', '/users/u1/access_policies', { access_policy_ids: ['p2'] });
    expect(pick(await sim.sim('/state'), 'users', 0, 'access_policy_ids')).toEqual(['p2']);
    await data('PUT', '/users/u1/access_policies', { access_policy_ids: [] });
    expect(pick(await sim.sim('/state'), 'users', 0, 'access_policy_ids')).toEqual([]);
    expect(await code('PUT', '/users/u1/access_policies', { access_policy_ids: ['nope'] })).toBe(
      'CODE_RESOURCE_NOT_FOUND',
    );
  });

  it('keeps PINs to itself', async () => {
    const { data, code } = await start({ seed: people });
    await data('PUT', '/users/u1/pin_codes', { pin_code: '123456' });
    expect(JSON.stringify(await data('GET', '/users/u1'))).not.toContain('123456');
    expect(await code('PUT', '/users/u3/pin_codes', { pin_code: '123456' })).toBe(
      'CODE_CREDS_PIN_CODE_CREDS_ALREADY_EXIST',
    );
    expect(await code('PUT', '/users/u3/pin_codes', { pin_code: '12' })).toBe(
      'CODE_CREDS_PIN_CODE_CREDS_LENGTH_INVALID',
    );
    await data('DELETE', '/users/u1/pin_codes');
    expect(pick(await data('GET', '/users/u1'), 'pin_code')).toBeNull();
    expect(await data('POST', '/credentials/pin_codes')).toMatch(/^\d{8}$/);
  });

  it('groups users in a tree', async () => {
    const { data } = await start({ seed: people });
    expect(await data('POST', '/user_groups', { name: 'Volunteers' })).toBeUndefined();
    const parent = String(pick(await data('GET', '/user_groups'), 0, 'id'));
    await data('POST', '/user_groups', { name: 'Choir', up_id: parent });
    const child = String(pick(await data('GET', '/user_groups'), 1, 'id'));
    expect(await data('GET', `/user_groups/${child}`)).toEqual({
      id: child,
      name: 'Choir',
      full_name: 'Volunteers / Choir',
      up_id: parent,
      up_ids: [parent],
    });
    await data('POST', `/user_groups/${child}/users`, ['u1', 'u3']);
    await data('POST', `/user_groups/${child}/users/delete`, ['u3']);
    expect(await data('GET', `/user_groups/${parent}/users`)).toEqual([]);
    expect(rows(await data('GET', `/user_groups/${parent}/users/all`)).map((user) => user['id'])).toEqual(['u1']);
    await data('PUT', `/user_groups/${child}/access_policies`, { access_policy_ids: ['p2'] });
    expect(rows(await data('GET', `/user_groups/${child}/access_policies`)).map((policy) => policy['id'])).toEqual([
      'p2',
    ]);
    await data('DELETE', `/user_groups/${child}`);
    expect(rows(await data('GET', '/user_groups'))).toHaveLength(1);
  });

  it('lists 5,000 users quickly', async () => {
    const users = Array.from({ length: 5_000 }, (_, index) => ({
      id: `u${index}`,
      first_name: 'A',
      last_name: `B${index}`,
      employee_number: String(index),
      nfc_cards: [{ token: `t${index}` }],
    }));
    const { ask, sim } = await start({ seed: { users } });
    const before = performance.now();
    const seen = new Set<unknown>();
    for (let page = 1; page <= 50; page += 1) {
      for (const user of rows(pick((await ask('GET', `/users?page_num=${page}&page_size=100`)).json, 'data')))
        seen.add(user['id']);
    }
    expect(seen.size).toBe(5_000);
    await sim.sim('/seed?merge=1', { users: [{ id: 'u7', status: 'DEACTIVATED' }] });
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(pick(await sim.sim('/state'), 'users', 7)).toMatchObject({
      id: 'u7',
      last_name: 'B7',
      status: 'DEACTIVATED',
    });
  });
});

describe('cards', () => {
  function csv(text: string): { body: string; headers: Record<string, string> } {
    const part = 'Content-Disposition: form-data; name="file"; filename="cards.csv"\r\nContent-Type: text/csv';
    const body = `--x\r\n${part}\r\n\r\n${text}\r\n--x--\r\n`;
    return {
      body,
      headers: { authorization: 'Bearer sim-unifi-token', 'content-type': 'multipart/form-data; boundary=x' },
    };
  }
  const upload = (controller: Controller, text: string): Promise<Answered> => {
    const { body, headers } = csv(text);
    return controller.ask('POST', '/credentials/nfc_cards/import', body, headers);
  };

  it('lists cards with their holders and never with their number', async () => {
    const { data, ask } = await start({
      seed: { ...people, visitors: [{ id: 'v1', first_name: 'Vi', last_name: 'Wu', nfc_cards: [{ token: 't3' }] }] },
    });
    expect(await data('GET', '/credentials/nfc_cards/tokens/t1')).toEqual({
      token: 't1',
      display_id: '100001',
      alias: 'sync-00001',
      note: '',
      card_type: 'id_card',
      status: 'assigned',
      user_id: 'u1',
      user_type: 'USER',
      user: { id: 'u1', first_name: 'Ada', last_name: 'Lee', name: 'Ada Lee', avatar: '' },
    });
    expect(await data('GET', '/credentials/nfc_cards/tokens/t3')).toMatchObject({
      user_type: 'VISITOR',
      user_id: 'v1',
    });
    const list = await ask('GET', '/credentials/nfc_cards/tokens?page_num=1&page_size=2');
    expect(pick(list.json, 'pagination')).toEqual({ page_num: 1, page_size: 2, total: 3 });
    expect(list.text).not.toContain('2A000');
  });

  it('imports rows, refusing bad and doubled ones by an empty token', async () => {
    const controller = await start({ seed: people });
    const answer = await upload(
      controller,
      '2A00FF,sync-00255\r\n2a00fe,lower\n2A0100,sync-00001\n2A0101\n2A0102,sync-00255\n',
    );
    const tokens = rows(pick(answer.json, 'data'));
    expect(tokens.map((row) => [row['nfc_id'], row['alias'], row['token'] !== ''])).toEqual([
      ['2A00FF', 'sync-00255', true],
      ['2a00fe', 'lower', false],
      ['2A0100', 'sync-00001', false],
      ['2A0101', '', true],
      ['2A0102', 'sync-00255', false],
    ]);
    expect(tokens[0]?.['token']).toMatch(/^[0-9a-f]{64}$/);
    expect(await controller.data('GET', `/credentials/nfc_cards/tokens/${String(tokens[0]?.['token'])}`)).toMatchObject(
      {
        alias: 'sync-00255',
        status: 'pending',
        user: null,
      },
    );
    const logged = rows(await controller.sim.sim('/requests'))[0];
    expect(logged?.['body']).toMatchObject({ file: expect.stringContaining('2A00FF') as string });
    expect(pick((await controller.ask('POST', '/credentials/nfc_cards/import', {})).json, 'code')).toBe(
      'CODE_PARAMS_INVALID',
    );
  });

  it('follows the quirks on known cards and doubled aliases', async () => {
    const same = await upload(await start({ seed: people }), '2A0001,sync-00001');
    expect(pick(same.json, 'data', 0)).toEqual({ nfc_id: '2A0001', alias: 'sync-00001', token: 't1' });
    const empty = await upload(
      await start({ seed: people, quirks: { 'reimport-known-card': 'empty-token' } }),
      '2A0001,sync-00001',
    );
    expect(pick(empty.json, 'data', 0, 'token')).toBe('');
    const failing = await start({
      seed: people,
      quirks: { 'reimport-known-card': 'error', 'duplicate-alias': 'fail-file' },
    });
    expect(pick((await upload(failing, '2A0001,a\n2A0009,b')).json, 'code')).toBe('CODE_SYSTEM_ERROR');
    expect(pick((await upload(failing, '2A0008,a\n2A0009,sync-00001')).json, 'code')).toBe('CODE_PARAMS_INVALID');
    expect(pick((await upload(failing, '2A0008,a\n2A0009,a')).json, 'code')).toBe('CODE_PARAMS_INVALID');
    expect(rows(pick(await failing.sim.sim('/state'), 'cards'))).toHaveLength(3);
  });

  it('binds a free card, refuses a held one, and moves it by force', async () => {
    const { data, code, sim } = await start({ seed: people });
    await data('PUT', '/users/u3/nfc_cards', { token: 't3' });
    expect(await code('PUT', '/users/u3/nfc_cards', { token: 't3' })).toBe('SUCCESS');
    expect(await code('PUT', '/users/u3/nfc_cards', { token: 't1' })).toBe('CODE_CREDS_NFC_HAS_BIND_USER');
    expect(await code('PUT', '/users/u3/nfc_cards', { token: 'unknown' })).toBe('CODE_CREDS_NFC_CARD_INVALID');
    await data('PUT', '/users/u3/nfc_cards', { token: 't2', force_add: true });
    expect(rows(pick(await sim.sim('/state'), 'users')).map((user) => user['nfc_cards'])).toEqual([
      [{ token: 't1' }],
      [],
      [{ token: 't3' }, { token: 't2' }],
    ]);
    await data('PUT', '/users/u3/nfc_cards/delete', { token: 't3' });
    expect(await code('PUT', '/users/u3/nfc_cards/delete', { token: 't3' })).toBe('CODE_NOT_EXISTS');
    expect(await data('GET', '/credentials/nfc_cards/tokens/t3')).toMatchObject({ status: 'pending', user_id: '' });
  });

  it('follows the quirks on deactivated users', async () => {
    const lax = await start({ seed: people });
    expect(await lax.code('PUT', '/users/u2/nfc_cards', { token: 't3' })).toBe('SUCCESS');
    expect(await lax.code('PUT', '/users/u2/nfc_cards/delete', { token: 't3' })).toBe('SUCCESS');
    const strict = await start({
      seed: people,
      quirks: { 'unassign-on-deactivated': 'error', 'bind-on-deactivated': 'error', 'force-from-deactivated': 'error' },
    });
    expect(await strict.code('PUT', '/users/u2/nfc_cards', { token: 't3' })).toBe('CODE_OPERATION_FORBIDDEN');
    expect(await strict.code('PUT', '/users/u2/nfc_cards/delete', { token: 't2' })).toBe('CODE_OPERATION_FORBIDDEN');
    expect(await strict.code('PUT', '/users/u3/nfc_cards', { token: 't2', force_add: true })).toBe(
      'CODE_CREDS_DISABLE_TRANSFER_UID_USER_NFC',
    );
    expect(await strict.code('PUT', '/users/u3/nfc_cards', { token: 't1', force_add: true })).toBe('SUCCESS');
    const odd = await start({ seed: people, quirks: { 'unassign-on-deactivated': 'not-found' } });
    const answer = await odd.ask('PUT', '/users/u2/nfc_cards/delete', { token: 't2' });
    expect([answer.status, answer.json]).toEqual([404, noManZone]);
    expect(pick(await odd.sim.sim('/state'), 'users', 1, 'nfc_cards')).toEqual([{ token: 't2' }]);
  });

  it('renames a card uniquely and deletes only a free one', async () => {
    const { data, code } = await start({ seed: people });
    expect(await code('PUT', '/credentials/nfc_cards/tokens/t3', { alias: 'sync-00001' })).toBe('CODE_PARAMS_INVALID');
    expect(await data('PUT', '/credentials/nfc_cards/tokens/t3', { alias: 'new' })).toBe('success');
    expect(await data('PUT', '/credentials/nfc_cards/tokens/t1', { alias: 'sync-00003' })).toBe('success');
    expect(await code('DELETE', '/credentials/nfc_cards/tokens/t1')).toBe('CODE_CREDS_NFC_CARD_CANNOT_BE_DELETE');
    expect(await data('DELETE', '/credentials/nfc_cards/tokens/t3')).toBe('success');
    expect(await code('GET', '/credentials/nfc_cards/tokens/t3')).toBe('CODE_NOT_EXISTS');
  });
});

describe('schedules, holidays and policies', () => {
  const nine = [{ start_time: '09:00:00', end_time: '09:59:59' }];

  it('knows the enrolments that were begun, to tokens that may edit cards', async () => {
    const { ask, code, data } = await start({ seed: { ...people, tokens: [{ token: 'sim-unifi-token', scopes: ['*'] }, { token: 'viewer', scopes: ['view:credential'] }] } });
    const path = `/credentials/nfc_cards/sessions/${String(pick(await data('POST', '/credentials/nfc_cards/sessions', { device_id: 'r1' }), 'session_id'))}`;
    expect((await ask('GET', path, undefined, { authorization: 'Bearer viewer' })).status).toBe(403);
    expect(await code('GET', path)).toBe('CODE_CREDS_NFC_READ_POLL_TOKEN_EMPTY');
    expect(await code('DELETE', path)).toBe('SUCCESS');
    for (const method of ['GET', 'DELETE'] as const) expect(await code(method, path)).toBe('CODE_CREDS_NFC_READ_SESSION_NOT_FOUND');
  });

  it('opens every day when no week is written, under the key that it reads', async () => {
    const { data } = await start();
    for (const [name, extra] of [
      ['absent', {}],
      ['read key', { weekly: { monday: nine } }],
    ] as const) {
      const made = await data('POST', '/access_policies/schedules', { name, ...extra });
      for (const day of ['monday', 'sunday'])
        expect(pick(made, 'weekly', day)).toEqual([{ start_time: '00:00:00', end_time: '23:59:59' }]);
    }
    const made = await data('POST', '/access_policies/schedules', { name: 'written', week_schedule: { monday: nine } });
    expect(pick(made, 'weekly')).toMatchObject({ monday: nine, tuesday: [], sunday: [] });
  });

  it('keeps what an update leaves out', async () => {
    const { data, code } = await start({ seed: people });
    const group = await data('POST', '/access_policies/holiday_groups', { name: 'Fence' });
    const path = '/access_policies/schedules/s1';
    expect(
      await data('PUT', path, {
        week_schedule: { friday: nine },
        holiday_group_id: pick(group, 'id'),
        holiday_schedule: [],
      }),
    ).toEqual({});
    await data('PUT', path, { name: 'Nights' });
    expect(await data('GET', path)).toMatchObject({
      name: 'Nights',
      weekly: { friday: nine },
      holiday_group: { name: 'Fence', is_private: false },
    });
    expect(await code('PUT', path, { holiday_group_id: 'nope' })).toBe('CODE_ACCESS_POLICY_HOLIDAY_GROUP_NOT_FOUND');
    expect(await code('PUT', path, { name: 'Always Access' })).toBe('CODE_ACCESS_POLICY_SCHEDULE_NAME_EXIST');
    for (const range of [
      { start_time: '22:00:00', end_time: '02:00:00' },
      { start_time: '9:00', end_time: '10:00' },
      { start_time: '09:00:00', end_time: '24:00:00' },
    ]) {
      expect(await code('PUT', path, { week_schedule: { monday: [range] } })).toBe('CODE_PARAMS_INVALID');
    }
    expect(await code('PUT', path, { week_schedule: { monday: Array.from({ length: 21 }, () => nine[0]) } })).toBe(
      'CODE_PARAMS_INVALID',
    );
    expect(await code('GET', '/access_policies/schedules/nope')).toBe('CODE_ACCESS_POLICY_SCHEDULE_NOT_FOUND');
  });

  it('protects defaults and what is in use', async () => {
    const { data, code } = await start({
      seed: { ...people, schedules: [...people.schedules, { id: 's2', name: 'Hub' }], unlock_schedules: { d1: 's2' } },
    });
    const always = '0a16d325-d901-42b8-b9f9-3b8f04db2382';
    const none = 'e12535a8-bdee-4b4b-a79d-13a200d5e19b';
    for (const id of ['s1', 's2', always]) {
      expect(await code('DELETE', `/access_policies/schedules/${id}`)).toBe(
        'CODE_ACCESS_POLICY_SCHEDULE_CAN_NOT_DELETE',
      );
    }
    expect(await code('PUT', `/access_policies/schedules/${always}`, { week_schedule: {} })).toBe(
      'CODE_OPERATION_FORBIDDEN',
    );
    expect(await code('PUT', `/access_policies/holiday_groups/${none}`, { name: 'x' })).toBe(
      'CODE_HOLIDAY_GROUP_CAN_NOT_EDIT',
    );
    expect(await code('DELETE', `/access_policies/holiday_groups/${none}`)).toBe(
      'CODE_ACCESS_POLICY_HOLIDAY_GROUP_CAN_NOT_DELETE',
    );
    expect(rows(await data('GET', '/access_policies')).map((policy) => policy['name'])).toContain(
      'Default Site Policy',
    );
    await data('DELETE', '/access_policies/p1');
    expect(pick(await data('GET', '/users/u1'), 'access_policy_ids')).toEqual([]);
    await data('DELETE', '/access_policies/schedules/s1');
  });

  it('writes holiday times its own way and keeps names unique', async () => {
    const { data, code } = await start();
    const day = (date: string, next: string): object => ({
      name: `off ${date}`,
      repeat: false,
      start_time: `${date}T00:00:00Z`,
      end_time: `${next}T00:00:00Z`,
    });
    const holidays = [day('2023-08-25', '2023-08-26'), day('2023-08-26', '2023-08-27')];
    const made = await data('POST', '/access_policies/holiday_groups', { name: 'G', description: 'd', holidays });
    const id = String(pick(made, 'id'));
    expect(made).toMatchObject({ name: 'G', description: 'd', is_default: false, template_name: '' });
    expect(pick(made, 'holidays', 0)).toEqual({
      id: expect.any(String) as string,
      name: 'off 2023-08-25',
      description: '',
      repeat: false,
      is_template: false,
      start_time: '2023-08-25 00:00:00z',
      end_time: '2023-08-26 00:00:00z',
    });
    const list = rows(await data('GET', '/access_policies/holiday_groups'));
    expect(list[1]).toEqual({ id, name: 'G', description: 'd', is_default: false, count: 2 });
    const path = `/access_policies/holiday_groups/${id}`;
    expect(await code('PUT', path, { holidays: [] })).toBe('CODE_PARAMS_INVALID');
    await data('PUT', path, { name: 'G', description: 'e' });
    expect(rows(pick(await data('GET', path), 'holidays'))).toHaveLength(2);
    await data('PUT', path, {
      name: 'G',
      holidays: [{ id: pick(made, 'holidays', 1, 'id') }, day('2024-01-01', '2024-01-02')],
    });
    expect(rows(pick(await data('GET', path), 'holidays')).map((holiday) => holiday['name'])).toEqual([
      'off 2023-08-26',
      'off 2024-01-01',
    ]);
    expect(await code('POST', '/access_policies/holiday_groups', { name: 'G' })).toBe(
      'CODE_ACCESS_POLICY_HOLIDAY_GROUP_NAME_EXIST',
    );
    expect(
      await code('POST', '/access_policies/holiday_groups', { name: 'H', holidays: [holidays[0], holidays[0]] }),
    ).toBe('CODE_ACCESS_POLICY_HOLIDAY_NAME_EXIST');
    expect(
      await code('POST', '/access_policies/holiday_groups', {
        name: 'H',
        holidays: [{ name: 'x', start_time: '2023-08-25', end_time: '2023-08-26' }],
      }),
    ).toBe('CODE_PARAMS_INVALID');
    expect(await data('DELETE', path)).toBe('success');
    expect(await code('GET', path)).toBe('CODE_ACCESS_POLICY_HOLIDAY_GROUP_NOT_FOUND');
  });

  it('takes long holidays unless the quirk forbids them', async () => {
    const long = {
      name: 'L',
      holidays: [{ name: 'l', start_time: '2027-01-01T00:00:00Z', end_time: '2028-01-01T00:00:00Z' }],
    };
    expect(await (await start()).code('POST', '/access_policies/holiday_groups', long)).toBe('SUCCESS');
    expect(
      await (
        await start({ quirks: { 'long-holiday': 'error' } })
      ).code('POST', '/access_policies/holiday_groups', long),
    ).toBe('CODE_PARAMS_INVALID');
  });

  it('writes policies under resource and reads them under resources', async () => {
    const { data, code } = await start({ seed: people });
    const made = await data('POST', '/access_policies', {
      name: 'N',
      resource: [{ type: 'door', id: 'd2' }],
      schedule_id: 's1',
    });
    const path = `/access_policies/${String(pick(made, 'id'))}`;
    await data('PUT', path, { name: 'M' });
    expect(await data('GET', path)).toEqual({
      id: pick(made, 'id'),
      name: 'M',
      resources: [{ type: 'door', id: 'd2' }],
      schedule_id: 's1',
    });
    expect(await code('POST', '/access_policies', { name: 'N' })).toBe('CODE_PARAMS_INVALID');
    expect(await code('POST', '/access_policies', { name: 'N', schedule_id: 'nope' })).toBe(
      'CODE_ACCESS_POLICY_SCHEDULE_NOT_FOUND',
    );
    expect(
      await code('POST', '/access_policies', {
        name: 'N',
        schedule_id: 's1',
        resource: [{ type: 'door', id: 'nope' }],
      }),
    ).toBe('CODE_RESOURCE_NOT_FOUND');
    const strict = await start({ seed: people, quirks: { 'policy-unknown-key': 'error' } });
    expect(await strict.code('POST', '/access_policies', { name: 'N', schedule_id: 's1', resources: [] })).toBe(
      'CODE_PARAMS_INVALID',
    );
  });
});

describe('space, devices, logs, webhooks', () => {
  it('shows doors, their topology, groups and hubs', async () => {
    const { data, code } = await start({
      seed: { doors: [...people.doors, { id: 'd3', name: 'Attic', is_bind_hub: false }] },
    });
    expect(pick(await data('GET', '/doors'), 0)).toMatchObject({
      id: 'd1',
      name: 'Front',
      type: 'door',
      is_bind_hub: true,
      door_lock_relay_status: 'lock',
      door_position_status: 'close',
    });
    expect(await data('GET', '/doors/d3')).toMatchObject({ is_bind_hub: false });
    expect(pick(await data('GET', '/door_groups/topology'), 0)).toMatchObject({
      type: 'building',
      resource_topologies: [{ type: 'floor' }],
    });
    const group = await data('POST', '/door_groups', { group_name: 'Both', resources: ['d1', 'd2'] });
    expect(await data('GET', '/door_groups')).toEqual([
      {
        id: pick(group, 'id'),
        name: 'Both',
        type: 'access',
        resources: [
          { id: 'd1', type: 'door', name: 'Front' },
          { id: 'd2', type: 'door', name: 'Rear' },
        ],
      },
    ]);
    expect(pick(await data('GET', '/devices?refresh=true'), 0, 1)).toMatchObject({
      type: 'UAH',
      location_id: 'd2',
      is_online: true,
    });
    expect(await code('PUT', '/doors/d3/unlock', {})).toBe('CODE_OPERATION_FORBIDDEN');
    expect(await code('PUT', '/doors/d1/unlock', { actor_id: 'x' })).toBe('CODE_PARAMS_INVALID');
    expect(await data('PUT', '/doors/d1/unlock')).toBe('success');
    const hits = rows(pick(await data('POST', '/system/logs', { topic: 'door_openings' }), 'hits'));
    expect(hits).toHaveLength(1);
    expect(hits[0]).toMatchObject({ _source: { target: [{ type: 'door', id: 'd1' }] } });
  });

  it('keeps webhooks with a secret of its own', async () => {
    const { data, code } = await start();
    const made = await data('POST', '/webhooks/endpoints', {
      name: 'w',
      endpoint: 'https://127.0.0.1/h',
      events: ['access.door.unlock'],
    });
    expect(pick(made, 'secret')).toMatch(/^[0-9a-f]{16}$/);
    expect(await data('GET', '/webhooks/endpoints')).toEqual([made]);
    expect(await code('POST', '/webhooks/endpoints', { name: 'v', endpoint: 'https://127.0.0.1/h', events: [] })).toBe(
      'CODE_DEVICE_WEBHOOK_ENDPOINT_DUPLICATED',
    );
    await data('PUT', `/webhooks/endpoints/${String(pick(made, 'id'))}`, { name: 'x' });
    expect(await data('DELETE', `/webhooks/endpoints/${String(pick(made, 'id'))}`)).toBeNull();
    expect(await data('GET', '/webhooks/endpoints')).toEqual([]);
  });
});

describe('seeds', () => {
  it('takes its own state back unchanged', async () => {
    const { sim, data } = await start({
      seed: { ...people, time_zone: 'America/New_York', unlock_schedules: { d1: 's1' } },
    });
    await data('PUT', '/doors/d1/lock_rule', { type: 'custom', interval: 5 });
    const state = await sim.sim('/state');
    expect(state).toMatchObject({
      ...people,
      schedules: [{ id: 's1' }, {}],
      access_policies: [{}, { id: 'p2' }, {}, {}],
    });
    await sim.sim('/seed', state);
    expect(await sim.sim('/state')).toEqual(state);
    await sim.sim('/seed?merge=1', {
      users: [{ id: 'u9', first_name: 'Z', last_name: 'Z' }],
      unlock_schedules: { d2: 's1' },
    });
    const merged = await sim.sim('/state');
    expect(rows(pick(merged, 'users')).map((user) => user['id'])).toEqual(['u1', 'u2', 'u3', 'u9']);
    expect(pick(merged, 'unlock_schedules')).toEqual({ d1: 's1', d2: 's1' });
    await sim.sim('/seed?merge=1', { unlock_schedules: { d1: null }, lock_rules: { d1: null } });
    expect(pick(await sim.sim('/state'), 'lock_rules')).toEqual({});
    expect(pick(await sim.sim('/state'), 'unlock_schedules')).toEqual({ d2: 's1' });
  });

  it('makes missing ids, the same in every run', async () => {
    const seed = { users: [{ first_name: 'A', last_name: 'B' }], doors: [{ name: 'D' }] };
    const [one, two] = [await start({ seed }), await start({ seed })];
    expect(pick(await one.sim.sim('/state'), 'users', 0, 'id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await one.sim.sim('/state')).toEqual(await two.sim.sim('/state'));
  });

  it.each([
    [{ users: [{ id: 'u', last_name: 'x' }] }, 'users[0].first_name'],
    [{ users: [{ frist_name: 'x' }] }, 'did you mean "first_name"'],
    [{ schedules: [{ name: 'x', weekly: { monday: [{ start_time: '9', end_time: '10' }] } }] }, 'schedules[0].weekly'],
    [{ unlock_schedules: { d: 's' } }, 'unlock_schedules.d: no door "d"'],
    [{ time_zone: 'Mars/Olympus' }, 'no IANA time zone'],
    [{ access_policies: [{ name: 'x', schedule_id: 'gone' }] }, 'access_policies[0].schedule_id'],
    [{ tokens: [{ token: 'x', scopes: ['user'] }] }, 'no scope'],
    [
      {
        users: [
          { first_name: 'A', nfc_cards: [{ token: 't' }] },
          { first_name: 'B', nfc_cards: [{ token: 't' }] },
        ],
      },
      'users[1].nfc_cards[0].token',
    ],
  ])('refuses %j', async (seed, message) => {
    await expect(start({ seed })).rejects.toThrow(message);
  });
});
