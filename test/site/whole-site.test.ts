import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { rows } from '../support/sim.js';
import { condition, startSite, type Site, type SiteOptions } from '../support/site.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const header = (kind: string, name: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

const doorGroup = (name: string, door: string, extra = ''): string =>
  `${header('DoorGroup', name)}spec:\n  displayName: ${name}\n  doors: [{ name: ${door} }]\n  unlock: { method: Schedule, schedule: { name: "${name} hours" } }\n${extra}`;

const tiers = `${header('TierMapping', 'tiers')}spec:
  identity: { employeeNumber: "civicrm-{id}" }
  cards: { facilityCode: 42, aliasPrefix: "sync-" }
  rules:
    - { membershipType: Gold, access: Policy, policies: [Members], rank: 100 }
    - { membershipType: Comp, access: None, rank: 50 }
  guards: { bootstrap: Allow }
`;

const church: SiteOptions = {
  // A Saturday morning in New York.
  now: '2026-11-21T13:00:00Z',
  files: {
    'doors.yaml': [doorGroup('lobby', 'Lobby'), doorGroup('gym', 'Gym')].join('---\n'),
    'rooms.yaml': `${header('RoomMapping', 'rooms')}spec:\n  timesFrom: Published\n  rooms:\n    - { name: Sanctuary, doorGroups: [lobby] }\n    - { name: Gym, doorGroups: [gym], lead: 30m }\n`,
    'hours.yaml': `${header('OfficeHours', 'office')}spec:\n  weekly:\n    - { days: [monday], hours: ["09:00-12:00"], doorGroups: [lobby] }\n`,
    'members.yaml': tiers,
  },
  unifi: {
    time_zone: 'America/New_York',
    doors: [
      { id: 'door-lobby', name: 'Lobby' },
      { id: 'door-gym', name: 'Gym' },
    ],
    schedules: [
      { id: 'schedule-lobby', name: 'lobby hours', weekly: empty() },
      { id: 'schedule-gym', name: 'gym hours', weekly: empty() },
      { id: 'schedule-other', name: 'Always for members', weekly: empty() },
    ],
    unlock_schedules: { 'door-lobby': 'schedule-lobby', 'door-gym': 'schedule-gym' },
    access_policies: [{ id: 'policy-members', name: 'Members', resources: [], schedule_id: 'schedule-other' }],
    users: [{ id: 'admin', first_name: 'Ada', last_name: 'Admin', employee_number: '1001', status: 'ACTIVE', access_policy_ids: [] }],
  },
  pco: {
    organization: { name: 'Church', time_zone: 'America/New_York' },
    resources: [
      { id: 'r1', name: 'Sanctuary', kind: 'Room' },
      { id: 'r2', name: 'Gym', kind: 'Room' },
      { id: 'r3', name: 'Attic', kind: 'Room' },
    ],
    events: [
      event('e1', 'Concert', '2026-11-22T00:00:00Z', '2026-11-22T02:00:00Z', 'r1'),
      event('e2', 'Basketball', '2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z', 'r2'),
      event('e3', 'Chess', '2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z', 'r3'),
      event('e4', 'Wishful', '2026-11-23T20:00:00Z', '2026-11-23T22:00:00Z', 'r2', 'P'),
    ],
  },
  civicrm: {
    card_field: 'Door_Access.card_id',
    contacts: [person(1, '1234', 'Gold'), person(2, '1235', 'Gold'), person(3, 'LOST', 'Gold'), person(4, '1236', 'Comp')],
  },
};

function empty(): Record<string, unknown[]> {
  return { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
}

function event(id: string, name: string, starts: string, ends: string, room: string, approval = 'A'): unknown {
  const times = { starts_at: starts, ends_at: ends };
  return {
    id,
    name,
    approval_status: approval,
    instances: [
      {
        id: `${id}-1`,
        name,
        ...times,
        published_starts_at: starts,
        published_ends_at: ends,
        bookings: [{ id: `${id}-b`, resource_id: room, ...times, approval_status: approval }],
      },
    ],
  };
}

function person(id: number, card: unknown, type: string): unknown {
  return {
    id,
    first_name: `First${id}`,
    last_name: `Last${id}`,
    contact_type: 'Individual',
    card_id: card,
    memberships: [{ id: id * 10, type, status: 'Current', join_date: '2020-01-01', start_date: '2020-01-01', end_date: '2030-01-01' }],
  };
}

describe('a whole site', () => {
  it('opens doors for approved bookings and standing hours, and for nothing else', async () => {
    site = await startSite(church);
    expect(await site.run()).toEqual([]);
    expect(await site.openDoors('2026-11-21T23:44:00Z')).toEqual([]);
    expect(await site.openDoors('2026-11-21T23:46:00Z')).toEqual(['Lobby']);
    expect(await site.openDoors('2026-11-22T19:31:00Z')).toEqual(['Gym']);
    expect(await site.openDoors('2026-11-23T14:30:00Z')).toEqual(['Lobby']);
    expect(await site.openDoors('2026-11-23T20:30:00Z')).toEqual([]);
    const status = await site.status('DoorGroup', 'lobby');
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True', reason: 'Programmed' });
    expect((await site.status('RoomMapping', 'rooms'))['unmappedRooms']).toEqual(['Attic']);
  });

  it('gives members their card and policy, and leaves everybody else alone', async () => {
    site = await startSite(church);
    expect(await site.run()).toEqual([]);
    const state = (await site.unifi.sim('/state')) as { users: unknown; cards: unknown };
    const users = rows(state.users);
    const byNumber = new Map(users.map((user) => [user['employee_number'], user]));
    expect(byNumber.get('civicrm-1')).toMatchObject({ first_name: 'First1', status: 'ACTIVE', access_policy_ids: ['policy-members'] });
    expect(byNumber.get('civicrm-1')?.['nfc_cards']).toHaveLength(1);
    expect(byNumber.get('civicrm-3')).toMatchObject({ status: 'ACTIVE', nfc_cards: [] });
    expect(byNumber.has('civicrm-4')).toBe(false);
    expect(byNumber.get('1001')).toMatchObject({ status: 'ACTIVE', first_name: 'Ada' });
    expect(await site.status('TierMapping', 'tiers')).toMatchObject({
      members: { access: 2, none: 1, quarantined: 1 },
      quarantined: [{ contact: 3 }],
    });
  });

  it('reconciles a second time without writing anything, to UniFi or to disk', async () => {
    site = await startSite(church);
    await site.run();
    await site.run();
    const before = await fingerprints(site);
    await site.forgetRequests();
    expect(await site.run()).toEqual([]);
    expect(await site.writes()).toEqual([]);
    expect(await fingerprints(site)).toEqual(before);
    await site.restart();
    expect(await site.run()).toEqual([]);
    expect(await site.writes()).toEqual([]);
    expect(await fingerprints(site)).toEqual(before);
  });

  it('deactivates a leaver and releases the card', async () => {
    site = await startSite(church);
    await site.run();
    await site.civicrm.sim('/seed?merge=1', { contacts: [{ ...(person(1, '1234', 'Gold') as object), memberships: [] }] });
    expect(await site.run()).toEqual([]);
    const users = rows(((await site.unifi.sim('/state')) as { users: unknown }).users);
    expect(users.find((user) => user['employee_number'] === 'civicrm-1')).toMatchObject({ status: 'DEACTIVATED', nfc_cards: [] });
    expect(users.find((user) => user['employee_number'] === 'civicrm-2')).toMatchObject({ status: 'ACTIVE' });
  });

  it('keeps the doors as they are when a file is broken, and says where', async () => {
    site = await startSite(church);
    await site.run();
    await site.write('doors.yaml', [doorGroup('lobby', 'Lobby', '  colour: red\n'), doorGroup('gym', 'Gym')].join('---\n'));
    await site.run();
    const status = await site.status('DoorGroup', 'lobby');
    expect(condition(status, 'Accepted')).toMatchObject({ status: 'False', reason: 'Invalid' });
    expect(condition(status, 'Ready')?.status).toBe('False');
    expect(condition(status, 'Programmed')?.status).toBe('True');
    const refused = status['refused'] as { problems: { line: number; column: number; message: string }[] };
    expect(refused.problems[0]).toMatchObject({ line: 8, column: 3 });
    expect(refused.problems[0]?.message).toContain('color');
    expect(condition(await site.status('DoorGroup', 'gym'), 'Ready')?.status).toBe('True');
    expect(await site.openDoors('2026-11-21T23:46:00Z')).toEqual(['Lobby']);
  });

  it('empties the schedule of a group whose file is gone, once a second reading agrees', async () => {
    site = await startSite({ ...church, files: { ...church.files, 'doors.yaml': doorGroup('lobby', 'Lobby'), 'gym.yaml': doorGroup('gym', 'Gym') } });
    await site.run();
    await site.remove('gym.yaml');
    await site.run();
    expect(await site.openDoors('2026-11-22T19:31:00Z')).toEqual(['Gym']);
    site.clock.advance(11_000);
    await site.run();
    expect(await site.openDoors('2026-11-22T19:31:00Z')).toEqual([]);
    expect(await site.openDoors('2026-11-21T23:46:00Z')).toEqual(['Lobby']);
    await site.forgetRequests();
    await site.run();
    expect(await site.writes()).toEqual([]);
  });

  it('suspends both planes when the directory is emptied', async () => {
    site = await startSite(church);
    await site.run();
    for (const file of Object.keys(church.files)) await site.remove(file);
    await site.forgetRequests();
    await site.run();
    site.clock.advance(60_000);
    await site.run();
    expect(await site.writes()).toEqual([]);
    expect(await site.openDoors('2026-11-21T23:46:00Z')).toEqual(['Lobby']);
  });

  it('a source that is down degrades its own plane only, and recovers', async () => {
    site = await startSite(church);
    await site.run();
    await site.pco.sim('/fault', { match: 'GET', times: -1, status: 503, body: 'down' });
    await site.civicrm.sim('/seed?merge=1', { contacts: [person(9, '999', 'Gold')] });
    await site.forgetRequests();
    expect(await site.run()).toEqual([]);
    expect((await site.writes()).length).toBeGreaterThan(0);
    expect(await site.openDoors('2026-11-21T23:46:00Z')).toEqual(['Lobby']);
    expect(condition(await site.status('RoomMapping', 'rooms'), 'SourceStale')?.status).toBe('True');
    expect(condition(await site.status('RoomMapping', 'rooms'), 'Ready')?.status).toBe('True');
    await site.pco.remove('/fault');
    await site.run();
    expect(condition(await site.status('RoomMapping', 'rooms'), 'SourceStale')).toBeUndefined();
  });

  it('changes nobody while the membership database answers nonsense', async () => {
    site = await startSite(church);
    await site.run();
    await site.civicrm.sim('/fault', { match: 'POST', times: -1, status: 200, body: '{"values":[],"error_code":1,"error_message":"no"}' });
    await site.forgetRequests();
    await site.run();
    expect(await site.writes()).toEqual([]);
  });
});

/** Content and modification time of every file that lives on the SD card. */
async function fingerprints({ directory }: Site): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const part of ['state', 'resources']) {
    for (const file of await readdir(join(directory, part), { recursive: true })) {
      const path = join(directory, part, file);
      const info = await stat(path);
      if (info.isFile()) found[`${part}/${file}`] = `${info.mtimeMs} ${await readFile(path, 'utf8')}`;
    }
  }
  return found;
}
