import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { testFence, type FenceVerdict } from '../../src/cli/doctor/fence-test.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { systemClock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/log.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import { churchUnifi, emptyWeek } from '../support/church.js';
import { install, noonZone, type Installation, type InstallationOptions } from '../support/installation.js';
import { compiledProgram } from '../support/process.js';
import { rows, startTestSimulator, type TestSimulator } from '../support/sim.js';

const program = compiledProgram();
const installations: Installation[] = [];
afterEach(async () => {
  await program.endAll();
  for (const each of installations.splice(0)) await each.close();
});
afterAll(() => program.remove());

async function site(options?: InstallationOptions): Promise<Installation> {
  const made = await install(program, options);
  installations.push(made);
  return made;
}

const week = emptyWeek();
/** A broom cupboard that nobody needs, behind a schedule of its own. */
function withSpare(): Readonly<Record<string, unknown>> {
  const church = churchUnifi(noonZone());
  return {
    doors: [...rows(church['doors']), { id: 'door-broom', name: 'Broom cupboard' }],
    schedules: [...rows(church['schedules']), { id: 'schedule-spare', name: 'Spare', weekly: week }],
    unlock_schedules: { 'door-lobby': 'schedule-lobby', 'door-gym': 'schedule-gym', 'door-broom': 'schedule-spare' },
  };
}

/** As one line. */
const unwrapped = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('sexton doctor', () => {
  it('finds nothing wrong where nothing is, and leaves nothing behind', async () => {
    const here = await site();
    expect((await here.sexton('run', '--once')).code).toBe(0);
    const before = await here.files('state', 'resources');
    const earlier = rows(await here.unifi.sim('/requests')).length;
    const one = (name: string): RegExp => new RegExp(`^ok +${name.replace('.', '\\.')}(?: |$)`, 'm');
    const { code, out, err } = await here.sexton('doctor');
    expect([code, out.split('\n').filter((line) => line.startsWith('WRONG'))]).toEqual([0, []]);
    for (const name of ['configuration', 'machine.node', 'machine.credentials', 'unifi.certificate', 'unifi.scope.view:user', 'unifi.scope.edit:policy', 'unifi.scope.edit:credential', 'unifi.clock', 'unifi.doors', 'unifi.schedules', 'plane.doors', 'plane.members', 'source.planningCenter', 'source.civicrm', 'DoorGroup/lobby']) {
      expect(out).toMatch(one(name));
    }
    expect(out).toContain('sexton doctor --fence-test');
    expect(err).toContain('0 wrong');
    expect(await here.files('state', 'resources')).toEqual(before);
    // What it tried, it tried on nothing: every such request was refused.
    const tried = rows(await here.unifi.sim('/requests')).slice(earlier).filter(({ method }) => method !== 'GET');
    expect(tried.length).toBe(3);
    expect(tried.every(({ path }) => String(path).includes('00000000-0000-0000-0000-000000000000'))).toBe(true);
  });

  it('names each thing that is wrong, with its remedy', async () => {
    const here = await site({
      unifi: { tokens: [{ token: 'sim-unifi-token', scopes: ['view:space', 'view:policy', 'view:user', 'edit:space', 'edit:user'] }], schedules: [{ id: 'schedule-lobby', name: 'lobby hours', weekly: week }], unlock_schedules: {}, access_policies: [] },
      configuration: { timeZone: 'America/New_York' },
    });
    await here.civicrm.sim('/fault', { match: '.*', times: -1, status: 403, body: '{}' });
    await here.write('broken.yaml', 'apiVersion: sexton.dev/v1alpha1\nkind: DoorGroup\nmetadata: { name: x }\nspec: { door: [] }\n');
    const { code, out } = await here.sexton('doctor');
    expect(code).toBe(1);
    for (const told of [
      /WRONG resources .*broken\.yaml:4:\d+ spec\S* .* -> correct the file/,
      /WRONG unifi\.scope\.view:credential .*the token lacks the scope view:credential.*"Credentials: View"/,
      /WRONG unifi\.scope\.edit:policy .*"Access Policy: Edit"/,
      /WRONG unifi\.schedules UniFi has no schedule "gym hours" \(DoorGroup\/gym\) -> create it/,
      /WRONG source\.civicrm .*view all contacts.* -> check civicrm/,
      /WRONG DoorGroup\/gym not Ready -> sexton describe dg\/gym/,
    ]) expect(unwrapped(out)).toMatch(told);
    expect(out.split('\n').filter((line) => line.length > 80 && line.trim().includes(' '))).toEqual([]);
    expect(out).not.toContain('sim-unifi-token');
  });

  it('a certificate that is not the pinned one is named, and is sent nothing', async () => {
    const here = await site();
    const other = Array.from({ length: 32 }, () => 'AB').join(':');
    await writeFile(here.config, (await readFile(here.config, 'utf8')).replace(/tlsFingerprint: "[^"]+"/, `tlsFingerprint: "${other}"`));
    const { code, out } = await here.sexton('doctor');
    expect(code).toBe(1);
    expect(unwrapped(out)).toMatch(new RegExp(`WRONG unifi\\.certificate the certificate is ${here.unifi.fingerprint ?? 'none'}, pinned is AB:.*nothing was sent`));
    expect(rows(await here.unifi.sim('/requests'))).toEqual([]);
  });

  it('offline it asks nobody', async () => {
    const here = await site();
    await here.links.unifi.shut();
    const { code, out } = await here.sexton('doctor', '--offline');
    expect([code, out]).toEqual([0, expect.stringContaining('resources')]);
    expect(out).not.toContain('unifi.');
  });

  it('for a new site it proposes door groups that validate, and says what to do in UniFi', async () => {
    const here = await site({ files: {}, unifi: { doors: [{ id: 'd1', name: 'Front Lobby' }, { id: 'd2', name: 'Gym \u202eFront' }], unlock_schedules: {} } });
    const { code, out, err } = await here.sexton('doctor', '--commission');
    expect(code).toBe(0);
    expect(parseAllDocuments(out).map((document) => document.toJS() as unknown)).toMatchObject([
      { kind: 'DoorGroup', metadata: { name: 'front-lobby' }, spec: { displayName: 'Front Lobby', doors: [{ id: 'd1' }], unlock: { method: 'Schedule', schedule: { create: true } } } },
      { kind: 'DoorGroup', metadata: { name: 'gym-front' }, spec: { doors: [{ id: 'd2' }] } },
    ]);
    expect(err).toContain('set the unlock schedule of the door "Front Lobby" to it');
    await here.write('door-groups.yaml', out);
    expect((await here.sexton('validate')).code).toBe(0);
    const again = await here.sexton('doctor', '--commission');
    expect([again.code, again.out]).toEqual([0, '']);
    expect(again.err).toContain('check in UniFi Access that the unlock schedule of the door "Front Lobby" is "Sexton front-lobby"');
  });
});

describe('the fence test', () => {
  const simulators: TestSimulator[] = [];
  afterEach(async () => {
    for (const each of simulators.splice(0)) await each.close();
  });

  async function judge(quirks: Readonly<Record<string, string>>, more: { readonly door?: string; readonly schedule?: string; readonly seed?: Readonly<Record<string, unknown>> } = {}): Promise<{ readonly verdict: FenceVerdict; readonly unifi: TestSimulator }> {
    const unifi = await startTestSimulator(unifiDefinition, { seed: { ...churchUnifi(noonZone()), ...withSpare(), ...more.seed }, quirks });
    simulators.push(unifi);
    const client = createUnifiClient({ url: unifi.listening, token: 'sim-unifi-token', ...(unifi.fingerprint === undefined ? {} : { fingerprint: unifi.fingerprint }), clock: systemClock, log: silentLogger });
    try {
      const verdict = await testFence({
        unifi: client,
        clock: systemClock,
        local: localTime(noonZone()),
        schedule: more.schedule ?? 'Spare',
        door: more.door ?? 'Broom cupboard',
        inUse: new Set(['Lobby', 'lobby hours']),
        // One look: these hubs follow at once or never.
        patience: 0,
        signal: new AbortController().signal,
        say: () => undefined,
      });
      return { verdict, unifi };
    } finally {
      client.close();
    }
  }

  const spareIn = async (unifi: TestSimulator): Promise<unknown> => {
    const state = (await unifi.sim('/state')) as { readonly schedules: unknown; readonly holiday_groups: unknown };
    return { schedule: rows(state.schedules).find(({ id }) => id === 'schedule-spare'), groups: rows(state.holiday_groups).map(({ name }) => name) };
  };

  it.each([
    [{ 'empty-holiday': 'deny' }, 'Honoured'],
    [{ 'empty-holiday': 'deny', 'holiday-zone': 'local' }, 'Honoured'],
    [{ 'empty-holiday': 'weekly' }, 'NotHonoured'],
  ] as const)('%o: %s, and everything is as it was', async (quirks, expected) => {
    const { verdict, unifi } = await judge(quirks);
    expect(verdict.verdict).toBe(expected);
    expect(await spareIn(unifi)).toMatchObject({ schedule: { weekly: week }, groups: expect.not.arrayContaining([expect.stringContaining('Sexton fence test')]) as unknown });
  });

  it.each([
    ['a door of a group', { door: 'Lobby' }, 'belongs to a DoorGroup'],
    ['a schedule of a group', { schedule: 'lobby hours' }, 'belongs to a DoorGroup'],
    ['a schedule that members use', { schedule: 'Always for members' }, 'used by the access policy "Members"'],
    ['no such door', { door: 'Attic' }, 'UniFi has 0 doors "Attic"'],
    ['a hub that follows another schedule', { seed: { unlock_schedules: { 'door-lobby': 'schedule-lobby' } } }, 'did not unlock: set its unlock schedule'],
    ['an emergency', { seed: { emergency: { lockdown: true, evacuation: false } } }, 'lockdown'],
  ] as const)('%s: nothing is learned, and the doors in use never move', async (_, more, why) => {
    const { verdict, unifi } = await judge({}, more);
    expect(verdict).toEqual({ verdict: 'Inconclusive', message: expect.stringContaining(why) as string });
    expect(await spareIn(unifi)).toMatchObject({ schedule: { weekly: week } });
  });

  it('once passed, the fence reads Verified', async () => {
    const here = await site({ unifi: withSpare() });
    expect((await here.sexton('run', '--once')).out).toContain('Unverified');
    const { code, out } = await here.sexton('doctor', '--fence-test', '--door', 'Broom cupboard', '--schedule', 'Spare');
    expect([code, out]).toEqual([0, expect.stringContaining('Verified: the door "Broom cupboard" closed on a holiday without hours')]);
    expect(JSON.parse(await readFile(join(here.directory, 'state/fence.json'), 'utf8'))).toMatchObject({ version: 1, door: 'Broom cupboard', schedule: 'Spare' });
    const status = JSON.parse((await here.sexton('status', '-o', 'json')).out) as { readonly fence: string };
    expect(status.fence).toBe('Verified');
    expect((await here.sexton('doctor', '--fence-test', '--door', 'Lobby', '--schedule', 'Spare')).out).toContain('belongs to a DoorGroup');
    expect((await here.sexton('doctor', '--fence-test')).code).toBe(64);
  });
});
