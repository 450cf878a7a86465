import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bookedEvent, churchFiles, churchRooms, churchUnifi, header, person } from '../support/church.js';
import { rows } from '../support/sim.js';
import { startSite, type Site, type SiteOptions } from '../support/site.js';
import { mayMount, stick } from '../support/stuck-file.js';

const mounts = mayMount();
if (!mounts) console.warn('unwritable state: nothing can be mounted here (not root, or not allowed), so that single files which cannot be replaced are left out');

const hall = (hours: string): string => `${header('OfficeHours', 'hall')}spec:\n  weekly:\n    - { days: [saturday], hours: ["${hours}"], doorGroups: [hall] }\n`;
const concert = bookedEvent('e1', 'Concert', '2026-11-22T00:00:00Z', '2026-11-22T02:00:00Z', 'r1');
const match = bookedEvent('e2', 'Basketball', '2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z', 'r2');
const calendar = (...events: readonly unknown[]): object => ({ organization: { name: 'Church', time_zone: 'America/New_York' }, resources: churchRooms, events });
const members = (...contacts: readonly unknown[]): object => ({ card_field: 'Door_Access.card_id', contacts });

/** A Saturday, 08:00 in New York: the hall is open by a lock rule until 12:00. */
const church: SiteOptions = {
  now: '2026-11-21T13:00:00Z',
  files: {
    ...churchFiles(),
    'hall.yaml': `${header('DoorGroup', 'hall')}spec:\n  displayName: hall\n  doors: [{ name: Hall }]\n  unlock: { method: LockRule, lead: 0m, lag: 0m }\n`,
    'hall-hours.yaml': hall('07:00-12:00'),
  },
  unifi: {
    ...churchUnifi('America/New_York'),
    doors: ['lobby', 'gym', 'hall'].map((name) => ({ id: `door-${name}`, name: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}` })),
  },
  pco: calendar(concert, match),
  civicrm: members(person(1, '1234', 'Gold'), person(2, '1235', 'Gold'), person(3, '1237', 'Gold'), person(4, '1236', 'Comp')),
};

let site: Site;
let letGo: (() => void)[] = [];
afterEach(async () => {
  for (const each of letGo) each();
  letGo = [];
  await site.close();
});

const state = (name: string): string => join(site.configuration.stateDir, name);
const keys = (): readonly string[] => (site.composition.engine.view().status.troubles ?? []).map(({ key }) => key);

async function userStatus(contact: number): Promise<unknown> {
  return rows(((await site.unifi.sim('/state')) as { users: unknown }).users).find((user) => user['employee_number'] === `civicrm-${contact}`)?.['status'];
}

async function start(): Promise<void> {
  site = await startSite(church);
  for (let round = 0; round < 3; round += 1) expect(await site.run()).toEqual([]);
  expect(await site.openDoors('2026-11-21T16:00:00Z')).toEqual(['Hall']);
}

/** A leaver and a joiner; a cancelled and a new event; the hall's hours end sooner, the lobby's go. */
async function changeEverything(): Promise<void> {
  await site.civicrm.sim('/seed', members(person(1, '1234', 'Comp'), person(2, '1235', 'Gold'), person(3, '1237', 'Gold'), person(4, '1236', 'Comp'), person(5, '1238', 'Gold')));
  await site.pco.sim('/seed', calendar(match, bookedEvent('e9', 'Chess', '2026-11-23T00:00:00Z', '2026-11-23T01:00:00Z', 'r1')));
  await site.write('hall-hours.yaml', hall('07:00-10:00'));
  await site.write('hours.yaml', `${header('OfficeHours', 'office')}spec:\n  weekly:\n    - { days: [tuesday], hours: ["09:00-12:00"], doorGroups: [gym] }\n`);
}

async function expectRemovalsDone(): Promise<void> {
  expect(await userStatus(1)).toBe('DEACTIVATED');
  expect(await site.openDoors('2026-11-22T01:00:00Z')).toEqual([]);
  expect(await site.openDoors('2026-11-23T15:00:00Z')).toEqual([]);
  expect(await site.openDoors('2026-11-21T14:30:00Z')).toEqual(['Hall']);
  expect(await site.openDoors('2026-11-21T15:01:00Z')).toEqual([]);
}

describe.runIf(mounts)('one state file that cannot be replaced', () => {
  // `holds`: what has to be remembered first, and is withheld meanwhile.
  it.each([
    { file: 'inventory.json', told: 'unwritable/inventory.json', holds: 'joiners' },
    { file: 'budget.json', told: 'unwritable/budget.json', holds: 'joiners' },
    { file: 'rules.json', told: 'unwritable/rules.json', holds: 'new rules' },
    { file: 'bookings.json', told: 'unwritable/bookings.json', holds: 'nothing' },
    { file: 'accepted/officehours/hall.json', told: 'unwritable/accepted/officehours/hall.json', holds: 'nothing' },
    { file: 'audit-head.json', told: 'audit', holds: 'nothing' },
  ])('$file: removals go, $holds wait, it is told, and all comes right by itself', async ({ file, told, holds }) => {
    await start();
    // The inventory changes with whom it has to remember, and so must have something to say.
    if (file === 'inventory.json') await site.write('members.yaml', (church.files['members.yaml'] ?? '').replace('policies: [Members]', 'policies: [Members, Staff]'));
    if (file === 'inventory.json') await site.unifi.sim('/seed?merge=1', { access_policies: [{ id: 'policy-staff', name: 'Staff', resources: [], schedule_id: 'schedule-other' }] });
    letGo.push(stick(state(file)));
    await changeEverything();
    for (let round = 0; round < 3; round += 1) await site.run();
    await expectRemovalsDone();
    expect(await userStatus(5)).toBe(holds === 'joiners' ? undefined : 'ACTIVE');
    expect(keys()).toEqual([told]);
    expect(readFileSync(state('events.jsonl'), 'utf8')).toContain(file === 'audit-head.json' ? 'AuditUnwritable' : 'StateUnwritable');
    expect(readdirSync(site.configuration.stateDir, { recursive: true }).filter((name) => /\.(bad|tmp)$/.test(String(name)))).toEqual([]);

    if (holds === 'new rules') {
      // What was ended stays ended, and no other rule begins: whose it is could not be told after a restart.
      await site.write('hall-hours.yaml', hall('07:00-07:30'));
      await site.run();
      expect(await site.openDoors('2026-11-21T13:05:00Z')).toEqual([]);
      await site.write('hall-hours.yaml', hall('07:00-11:00'));
      await site.run();
      expect(await site.openDoors('2026-11-21T13:05:00Z')).toEqual([]);
    }

    for (const each of letGo.splice(0)) each();
    for (let round = 0; round < 2; round += 1) expect(await site.run()).toEqual([]);
    expect(keys()).toEqual([]);
    expect(await userStatus(5)).toBe('ACTIVE');
    await site.forgetRequests();
    expect(await site.run()).toEqual([]);
    expect(await site.writes()).toEqual([]);
    await site.restart();
    expect(keys()).toEqual([]);
    expect(await site.run()).toEqual([]);
    expect(await site.writes()).toEqual([]);
    expect(await userStatus(1)).toBe('DEACTIVATED');
  });

  it('a restart meanwhile opens nothing again: not by old bookings, nor by a rule that it no longer knows', async () => {
    await start();
    for (const file of ['bookings.json', 'rules.json', 'budget.json', 'inventory.json']) letGo.push(stick(state(file)));
    await changeEverything();
    for (let round = 0; round < 3; round += 1) await site.run();
    await expectRemovalsDone();
    await site.pco.sim('/fault', { match: '.', times: -1, status: 503 });
    await site.restart();
    for (let round = 0; round < 2; round += 1) await site.run();
    await expectRemovalsDone();
  });

  it('what counts too late is counted in memory: the brakes hold although budget and inventory cannot be kept', async () => {
    const people = Array.from({ length: 20 }, (_, index) => person(index + 1, String(2001 + index), 'Gold'));
    const left = (count: number): object => members(...people.map((each, index) => (index < count ? person(index + 1, String(2001 + index), 'Comp') : each)));
    site = await startSite({ ...church, civicrm: members(...people) });
    for (let round = 0; round < 2; round += 1) await site.run();
    for (const file of ['budget.json', 'inventory.json']) letGo.push(stick(state(file)));
    let gone = 0;
    for (let count = 2; count <= 12; count += 2) {
      await site.civicrm.sim('/seed', left(count));
      await site.run('members');
      gone = (await Promise.all(people.map((_, index) => userStatus(index + 1)))).filter((status) => status === 'DEACTIVATED').length;
    }
    // 30 % of twenty in 24 hours.
    expect(gone).toBe(6);
  });

  it('a file that is gone opens nothing again after a restart, although its accepted version cannot be removed', async () => {
    await start();
    letGo.push(stick(state('accepted/officehours/hall.json')));
    await site.remove('hall-hours.yaml');
    await site.run();
    site.clock.advance(11_000);
    await site.run();
    expect(await site.openDoors('2026-11-21T13:05:00Z')).toEqual([]);
    await site.restart();
    await site.run();
    expect(await site.openDoors('2026-11-21T13:05:00Z')).toEqual([]);
  });

  it('audit.jsonl: nothing waits for it, and its records follow', async () => {
    await start();
    letGo.push(stick(state('audit.jsonl'), { readOnly: true }));
    await changeEverything();
    await site.run();
    await expectRemovalsDone();
    expect(await userStatus(5)).toBe('ACTIVE');
    expect(keys()).toEqual(['audit']);
    for (const each of letGo.splice(0)) each();
    expect(await site.run()).toEqual([]);
    expect(keys()).toEqual([]);
    const trail = readFileSync(state('audit.jsonl'), 'utf8');
    expect(trail).toContain('"verb":"deactivate"');
    expect(trail).toContain('"type":"Delayed"');
  });

  it('a damaged file that cannot even be set aside keeps nothing from starting, and gives nothing', async () => {
    await start();
    await site.composition.close();
    for (const file of ['inventory.json', 'budget.json', 'rules.json', 'bookings.json', 'audit-head.json']) {
      writeFileSync(state(file), 'garbage');
      letGo.push(stick(state(file)));
    }
    await site.restart();
    await site.forgetRequests();
    for (let round = 0; round < 2; round += 1) await site.run();
    expect((await site.writes()).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    expect(keys().filter((key) => key.startsWith('state/')).sort()).toEqual(['state/audit.jsonl', 'state/bookings.json', 'state/budget.json', 'state/inventory.json', 'state/rules.json']);
    expect(readFileSync(state('events.jsonl'), 'utf8')).toContain('could not be set aside (EBUSY)');
  });
});

describe('approvals that cannot be read or used up', () => {
  it('a file in place of the directory keeps nothing else waiting, and is told', async () => {
    await start();
    rmSync(state('approvals'), { recursive: true, force: true });
    writeFileSync(state('approvals'), 'a file');
    await changeEverything();
    await site.run();
    await expectRemovalsDone();
    expect(keys()).toEqual(['approval/approvals']);
    rmSync(state('approvals'));
    await site.run();
    expect(keys()).toEqual([]);
  });

  it.runIf(mounts)('a note that stays is recorded once', async () => {
    await start();
    mkdirSync(state('approvals'), { recursive: true });
    const note = state('approvals/order-20261121T130000Z-0a1b2c3d.json');
    writeFileSync(note, JSON.stringify({ version: 1, order: 'restore', ref: '140@2026-11-21T18:00:00Z', files: [], by: 'alice', at: '2026-11-21T13:00:00Z' }));
    letGo.push(stick(note));
    for (let round = 0; round < 3; round += 1) await site.run();
    expect(existsSync(note)).toBe(true);
    expect(readFileSync(state('audit.jsonl'), 'utf8').split('"type":"Ordered"')).toHaveLength(2);
  });
});

describe('a state directory that goes while the program runs', () => {
  it('ends nothing: removals go, nobody is let in, and it is told', async () => {
    await start();
    const kept = join(site.directory, 'kept');
    cpSync(site.configuration.stateDir, kept, { recursive: true });
    rmSync(site.configuration.stateDir, { recursive: true });
    await changeEverything();
    for (let round = 0; round < 2; round += 1) for (const error of await site.run()) expect(error).not.toMatchObject({ name: 'ConfigurationError' });
    await expectRemovalsDone();
    expect(await userStatus(5)).toBeUndefined();
    expect(keys()).toEqual(expect.arrayContaining(['unwritable/budget.json', 'audit', 'events']));
    cpSync(kept, site.configuration.stateDir, { recursive: true });
    for (let round = 0; round < 3; round += 1) await site.run();
    expect(await userStatus(5)).toBe('ACTIVE');
    expect(keys()).toEqual([]);
  });
});
