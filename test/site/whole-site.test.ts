import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bookedEvent, churchFiles, churchRooms, churchUnifi, doorGroup, person } from '../support/church.js';
import { rows } from '../support/sim.js';
import { condition, startSite, type Site, type SiteOptions } from '../support/site.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const church: SiteOptions = {
  // A Saturday morning in New York.
  now: '2026-11-21T13:00:00Z',
  files: churchFiles(),
  unifi: churchUnifi('America/New_York'),
  pco: {
    organization: { name: 'Church', time_zone: 'America/New_York' },
    resources: churchRooms,
    events: [
      bookedEvent('e1', 'Concert', '2026-11-22T00:00:00Z', '2026-11-22T02:00:00Z', 'r1'),
      bookedEvent('e2', 'Basketball', '2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z', 'r2'),
      bookedEvent('e3', 'Chess', '2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z', 'r3'),
      bookedEvent('e4', 'Wishful', '2026-11-23T20:00:00Z', '2026-11-23T22:00:00Z', 'r2', 'P'),
    ],
  },
  civicrm: {
    card_field: 'Door_Access.card_id',
    contacts: [person(1, '1234', 'Gold'), person(2, '1235', 'Gold'), person(3, 'LOST', 'Gold'), person(4, '1236', 'Comp')],
  },
};

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
    await site.civicrm.sim('/seed?merge=1', { contacts: [{ ...person(1, '1234', 'Gold'), memberships: [] }] });
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

  it('a removed file is a held change in the diff until that reading, of a group or of anything else', async () => {
    site = await startSite({ ...church, files: { ...church.files, 'doors.yaml': doorGroup('lobby', 'Lobby'), 'gym.yaml': doorGroup('gym', 'Gym') } });
    const held = (): readonly string[] =>
      site?.composition.engine.view().diff.planes.flatMap(({ changes }) => changes.flatMap(({ verb, object, held: why }) => (why === false ? [] : [`${verb} ${object.kind}/${object.name}`]))) ?? [];
    await site.run();
    await site.remove('gym.yaml');
    await site.remove('hours.yaml');
    await site.run();
    expect([...held()].sort()).toEqual(['revoke DoorGroup/gym', 'revoke OfficeHours/office']);
    expect(await site.openDoors('2026-11-23T14:30:00Z')).toEqual(['Lobby']);
    site.clock.advance(11_000);
    await site.run();
    expect(held()).toEqual([]);
    expect(await site.openDoors('2026-11-23T14:30:00Z')).toEqual([]);
  });

  it('forgets on disk what it owns no longer, down to the last thing', async () => {
    const { 'hours.yaml': hours = '' } = church.files;
    site = await startSite({ ...church, without: ['civicrm'], files: { 'hours.yaml': hours, 'lobby.yaml': doorGroup('lobby', 'Lobby') } });
    const owned = async (): Promise<unknown> => (JSON.parse(await readFile(join(site?.directory ?? '', 'state/inventory.json'), 'utf8')) as { doorGroups: unknown }).doorGroups;
    await site.run();
    expect(await owned()).toHaveProperty('lobby');
    await site.remove('lobby.yaml');
    await site.run();
    site.clock.advance(11_000);
    await site.run();
    expect(await site.openDoors('2026-11-21T23:46:00Z')).toEqual([]);
    expect(await owned()).toEqual({});
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

  it('a plane says nothing of a version that only the other one has come across', async () => {
    site = await startSite(church);
    await site.run();
    const before = await site.status('DoorGroup', 'lobby');
    await site.write('doors.yaml', [doorGroup('lobby', 'Lobby', '  deletionPolicy: Orphan\n'), doorGroup('gym', 'Gym')].join('---\n'));
    await site.write('annex.yaml', doorGroup('annex', 'Gym'));
    await site.run('members');
    expect(await site.status('DoorGroup', 'lobby')).toEqual(before);
    await expect(site.status('DoorGroup', 'annex')).rejects.toThrow('no status');
    await site.run('doors');
    expect((await site.status('DoorGroup', 'lobby'))['specHash']).not.toBe(before['specHash']);
    expect(condition(await site.status('DoorGroup', 'annex'), 'Ready')?.status).toBe('False');
  });

  it('nor does it after a restart with an edited file', async () => {
    site = await startSite(church);
    await site.run();
    const before = await site.status('DoorGroup', 'lobby');
    await site.write('doors.yaml', [doorGroup('lobby', 'Lobby', '  deletionPolicy: Orphan\n'), doorGroup('gym', 'Gym')].join('---\n'));
    await site.restart();
    await site.run('members');
    expect(await site.status('DoorGroup', 'lobby')).toEqual(before);
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
