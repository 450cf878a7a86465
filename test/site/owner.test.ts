import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { controllerOf, openFenceProof } from '../../src/apply/doors/fence-proof.js';
import { acquireLock } from '../../src/runtime/lock.js';
import { runCommandLine, type Ran } from '../cli/harness.js';
import { rows } from '../support/sim.js';
import { condition, startSite, type Site, type SiteOptions } from '../support/site.js';
import { emptyDays, groups, header, officeHours, unifiState, world } from './fence-world.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const newYork = 'America/New_York';
/** Past, so that the real clock of a command is never behind what the state directory knows. */
const saturday = '2026-01-10T13:00:00Z';

async function installation({ directory }: Site): Promise<string> {
  return (JSON.parse(await readFile(join(directory, 'state/installation.json'), 'utf8')) as { id: string }).id;
}

async function marks(of: Site): Promise<readonly string[]> {
  return (await unifiState(of)).holiday_groups.filter(({ name }) => name === 'Sexton owner').map(({ description }) => description);
}

/** Another Sexton, on a machine of its own, with the same files and the same UniFi. */
async function anotherInstallation(of: Site): Promise<void> {
  await of.composition.close();
  await rm(join(of.directory, 'state'), { recursive: true, force: true });
  await of.restart();
}

function adopt({ configPath, credentials }: Site): Promise<Ran> {
  return runCommandLine(['adopt', 'controller'], { environment: { ...credentials, SEXTON_CONFIG: configPath } });
}

async function expectRefused(of: Site, reason: string): Promise<string> {
  await of.forgetRequests();
  expect(await of.run('doors')).toEqual([]);
  expect(await of.writes()).toEqual([]);
  for (const group of groups) {
    const status = await of.status('DoorGroup', group);
    expect(condition(status, 'Programmed')).toMatchObject({ status: 'False', reason });
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason });
  }
  const { status } = of.composition.engine.view();
  expect(status.planes.find(({ plane }) => plane === 'doors')).toMatchObject({ ready: false, reason });
  const note = status.notes.find((text) => text.startsWith(reason)) ?? '';
  expect(note).toContain('sexton adopt controller');
  return note;
}

describe('the owner\'s mark', () => {
  it('is made once, before anything else, and never touched again', async () => {
    site = await startSite(world(newYork, saturday));
    expect(await site.run('doors')).toEqual([]);
    expect(await marks(site)).toEqual([await installation(site)]);
    const [first] = await site.writes();
    expect(first).toMatchObject({ method: 'POST', body: { name: 'Sexton owner', description: await installation(site) } });
    await site.forgetRequests();
    for (const date of ['2026-01-11T13:00:00Z', '2026-01-12T13:00:00Z']) {
      site.clock.set(date);
      await site.restart();
      expect(await site.run('doors')).toEqual([]);
    }
    expect((await site.writes()).some(({ body }) => (body as { name?: string } | null)?.name === 'Sexton owner')).toBe(false);
    expect(await marks(site)).toEqual([await installation(site)]);
  });

  it('case 13: two installations on one UniFi: the second refuses to write and says which one owns it', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    const first = await installation(site);
    await anotherInstallation(site);
    await site.write('hours.yaml', officeHours(['gym']));
    const note = await expectRefused(site, 'NotOwner');
    expect(note).toContain(first);
    expect(note).toContain(await installation(site));
    expect(await marks(site)).toEqual([first]);
    // The doors of the first one go on as they were.
    expect(await site.openDoors('2026-01-11T23:45:00Z')).toEqual(['gym']);
  });

  it('is not made again once it was seen: whoever took it away is noticed', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    const state = await unifiState(site);
    await site.unifi.sim('/seed', { ...state, holiday_groups: state.holiday_groups.filter(({ name }) => name !== 'Sexton owner') });
    await site.write('hours.yaml', officeHours(['gym']));
    await expectRefused(site, 'NotOwner');
    await site.restart();
    await expectRefused(site, 'NotOwner');
    expect(await marks(site)).toEqual([]);
    expect(await adopt(site)).toMatchObject({ code: 0 });
    expect(await marks(site)).toEqual([await installation(site)]);
  });

  it('of two that make it at once, the one that comes second writes nothing', async () => {
    site = await startSite(world(newYork, saturday, { holiday_groups: [{ id: 'mark', name: 'Sexton owner', description: 'somebody-else', holidays: [] }] }));
    const none = { code: 'SUCCESS', msg: 'success', data: [{ id: 'none', name: 'No Holidays', is_default: true }] };
    await site.unifi.sim('/fault', { match: 'GET /api/v1/developer/access_policies/holiday_groups$', times: 1, status: 200, body: none });
    expect(await site.run('doors')).toMatchObject([{ code: 'NotOwner' }]);
    expect((await site.writes()).map(({ method }) => method)).toEqual(['POST']);
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Programmed')).toMatchObject({ status: 'False', reason: 'NotOwner' });
    expect(await marks(site)).toEqual(['somebody-else']);
  });
});

describe('sexton adopt controller', () => {
  it('says what it does, takes over, and the former owner stops writing', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    const first = await installation(site);
    await cp(join(site.directory, 'state'), join(site.directory, 'first'), { recursive: true });
    await anotherInstallation(site);
    await expectRefused(site, 'NotOwner');
    const { code, out } = await adopt(site);
    const second = await installation(site);
    expect([code, out]).toEqual([
      0,
      `deletes the holiday group "Sexton owner" of installation ${first} and makes "Sexton owner" with the id of this installation, ${second}\n` +
        `this UniFi belongs to installation ${second} now; start the controller again\n`,
    ]);
    await site.restart();
    await site.write('hours.yaml', officeHours(['gym']));
    expect(await site.run('doors')).toEqual([]);
    expect(condition(await site.status('DoorGroup', 'gym'), 'Ready')?.status).toBe('True');
    expect(await site.openDoors('2026-01-11T23:45:00Z')).toEqual([]);

    await site.composition.close();
    await rm(join(site.directory, 'state'), { recursive: true });
    await cp(join(site.directory, 'first'), join(site.directory, 'state'), { recursive: true });
    await site.restart();
    await site.write('hours.yaml', officeHours());
    expect(await expectRefused(site, 'NotOwner')).toContain(second);
  });

  it('has nothing to do where the mark is ours', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    await site.forgetRequests();
    const { code, out } = await adopt(site);
    expect([code, out]).toEqual([0, `this UniFi belongs to this installation (${await installation(site)}) already; nothing to do\n`]);
    expect(await site.writes()).toEqual([]);
  });

  it('takes away what was proved of the UniFi before: its fence is Unverified again', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    const proof = openFenceProof(join(site.directory, 'state/fence.json'), { readOnly: false });
    const proved = { verifiedAt: '2026-01-10T13:00:00Z', schedule: 'Spare', door: 'Broom', controller: controllerOf(site.configuration.unifi) };
    await proof.write(proved);
    expect(await adopt(site)).toMatchObject({ code: 0 });
    expect(await proof.read()).toEqual({ value: proved, lost: null });
    const [mark] = (await unifiState(site)).holiday_groups.filter(({ name }) => name === 'Sexton owner');
    await site.unifi.sim('/seed?merge=1', { holiday_groups: [{ ...mark, description: 'somebody-else' }] });
    await site.restart();
    await site.run('doors');
    expect(site.composition.engine.view().status.fence).toBe('Verified');
    expect(await adopt(site)).toMatchObject({ code: 0 });
    expect(await proof.read()).toEqual({ value: null, lost: null });
    await site.restart();
    await site.run('doors');
    expect(site.composition.engine.view().status.fence).toBe('Unverified');
  });

  it('waits for the daemon of this machine to be stopped', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    await anotherInstallation(site);
    const lock = acquireLock(site.configuration.runtimeDir);
    if ('heldBy' in lock) throw new Error('nobody else holds it');
    const { code, err } = await adopt(site);
    lock.release();
    expect(code).toBe(75);
    expect(err).toContain('stop it first');
  });

  it('changes nothing in mode DryRun, and while UniFi does not answer', async () => {
    site = await startSite({ ...world(newYork, saturday), mode: 'DryRun' });
    await site.run('doors');
    expect(await adopt(site)).toMatchObject({ code: 1 });
    expect(await site.writes()).toEqual([]);
    await site.close();
    site = await startSite(world(newYork, saturday));
    await site.unifi.sim('/fault', { match: 'holiday_groups', times: -1, status: 401, body: { code: 'CODE_AUTH_FAILED', msg: 'no' } });
    const { code, err } = await adopt(site);
    expect(code).toBe(1);
    expect(err).toContain('CODE_AUTH_FAILED');
  });

  it('is refused for anything else', async () => {
    expect((await runCommandLine(['adopt', 'controler'])).code).toBe(64);
    expect((await runCommandLine(['adopt', 'controller', '7'])).code).toBe(64);
    expect((await runCommandLine(['adopt', 'members', 'Ada'])).code).toBe(64);
  });
});

describe('another controller behind the same address', () => {
  const fresh = {
    time_zone: newYork,
    doors: groups.map((name) => ({ id: `new-${name}`, name })),
    schedules: groups.map((name) => ({ id: `new-schedule-${name}`, name: `${name} hours`, weekly: emptyDays })),
    unlock_schedules: Object.fromEntries(groups.map((name) => [`new-${name}`, `new-schedule-${name}`])),
  };

  it('is not written until a person takes it over', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    await site.unifi.sim('/seed', fresh);
    await expectRefused(site, 'ControllerReplaced');
    const { code, out } = await adopt(site);
    expect([code, out.split('\n')[1]]).toEqual([0, 'forgets what it wrote for gym, lobby: this UniFi has none of these schedules']);
    await site.restart();
    expect(await site.run('doors')).toEqual([]);
    expect(await site.openDoors('2026-01-11T23:45:00Z')).toEqual(['gym']);
  });

  it('a schedule that somebody deleted beside others is told of its group alone', async () => {
    site = await startSite(world(newYork, saturday));
    await site.run('doors');
    const state = (await site.unifi.sim('/state')) as { schedules: unknown; unlock_schedules: Record<string, string> };
    await site.unifi.sim('/seed', {
      ...state,
      schedules: rows(state.schedules).filter(({ id }) => id !== 'schedule-gym'),
      unlock_schedules: { 'door-lobby': 'schedule-lobby' },
    });
    await site.run('doors');
    expect(condition(await site.status('DoorGroup', 'gym'), 'Programmed')).toMatchObject({ status: 'False', reason: 'ScheduleMissing' });
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
  });
});

describe('members', () => {
  const rules = `${header('TierMapping', 'tiers')}spec:
  identity: { employeeNumber: "civicrm-{id}" }
  cards: { facilityCode: 42, aliasPrefix: "sync-" }
  rules:
    - { membershipType: Gold, access: Policy, policies: [Members], rank: 100 }
  guards: { bootstrap: Allow }
`;
  const membership = { id: 10, type: 'Gold', status: 'Current', join_date: '2020-01-01', start_date: '2020-01-01', end_date: '2030-01-01' };
  const church = (unifi: Readonly<Record<string, unknown>> = {}): SiteOptions => {
    const options = world(newYork, saturday, { access_policies: [{ id: 'members', name: 'Members', resources: [] }], ...unifi });
    return {
      ...options,
      without: ['planningCenter'],
      files: { ...options.files, 'tiers.yaml': rules },
      civicrm: {
        card_field: 'Door_Access.card_id',
        contacts: [{ id: 1, first_name: 'First', last_name: 'Last', contact_type: 'Individual', card_id: '1234', memberships: [membership] }],
      },
    };
  };
  const users = async (here: Site): Promise<unknown[]> => rows(((await here.unifi.sim('/state')) as { users: unknown }).users).map((user) => user['employee_number']);

  it('are written off loopback as everywhere', async () => {
    site = await startSite({ ...church(), unifiHost: '0.0.0.0' });
    expect(await site.run()).toEqual([]);
    expect(await users(site)).toContain('civicrm-1');
    expect(condition(await site.status('TierMapping', 'tiers'), 'Ready')).toMatchObject({ status: 'True', reason: 'Programmed' });
  });

  it('of a UniFi that belongs to another installation are left alone, and status says whose it is', async () => {
    site = await startSite(church({ holiday_groups: [{ id: 'mark', name: 'Sexton owner', description: 'another-installation', holidays: [] }] }));
    await site.run('members');
    expect(await site.writes()).toEqual([]);
    const status = await site.status('TierMapping', 'tiers');
    expect(condition(status, 'Programmed')).toMatchObject({ status: 'False', reason: 'NotOwner' });
    expect(condition(status, 'Programmed')?.message).toContain('another-installation');
    expect(condition(status, 'Stalled')?.status).toBe('True');
  });

  it('are left alone where our own mark is gone', async () => {
    site = await startSite(church());
    await site.run('doors');
    const state = (await site.unifi.sim('/state')) as { holiday_groups: unknown };
    await site.unifi.sim('/seed', { ...state, holiday_groups: rows(state.holiday_groups).filter(({ name }) => name !== 'Sexton owner') });
    await site.run('members');
    expect(await users(site)).not.toContain('civicrm-1');
    expect(condition(await site.status('TierMapping', 'tiers'), 'Programmed')).toMatchObject({ status: 'False', reason: 'NotOwner' });
  });

  it('without the doors plane are not made anew in a controller that has lost them', async () => {
    site = await startSite(church());
    expect(await site.run('members')).toEqual([]);
    await site.restart();
    await site.unifi.sim('/reset', {});
    await site.forgetRequests();
    await site.run('members');
    expect(await site.writes()).toEqual([]);
    expect(site.composition.engine.view().status.held[0]?.summary).toContain('another controller, or a reset one?');
  });
});
