import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { fenceRecord } from '../../src/cli/doctor/fence-record.js';
import { testFence, type FenceVerdict } from '../../src/cli/doctor/fence-test.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { systemClock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/log.js';
import type { AccessController } from '../../src/unifi/access-controller.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import { churchUnifi, emptyWeek, officeHours } from '../support/church.js';
import { install, noonZone, type Installation, type InstallationOptions } from '../support/installation.js';
import { compiledProgram, until, type Child } from '../support/process.js';
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

describe('a new site', () => {
  it('of ten doors with awkward names opens all of them, once what the walk says is done', async () => {
    const names = ['Front Lobby', 'Front Lobby', '\u{1f6aa} Gym', '\u{1f6aa}', '\u202etixE\u202c', `Long ${'corridor '.repeat(8)}end`, '\u05de\u05e2\u05d1\u05e8', ' - # yes: "Hall" & *', 'front-lobby-2', 'null'];
    const doors = names.map((name, index) => ({ id: `d${index}`, name }));
    const here = await site({ files: {}, unifi: { doors, schedules: [], unlock_schedules: {}, access_policies: [] }, configuration: { planningCenter: null, civicrm: null } });
    const { code, out, err } = await here.sexton('doctor', '--commission');
    expect([code, out.includes('\u202e')]).toEqual([0, false]);
    await here.write('doors.yaml', out);
    const validated = await here.sexton('validate');
    expect([validated.code, validated.err]).toEqual([0, expect.stringContaining('10')]);
    const groups = parseAllDocuments(out).map((document) => document.toJS() as { readonly metadata: { readonly name: string }; readonly spec: { readonly doors: readonly { readonly id: string }[] } });
    await here.write('hours.yaml', officeHours(`{ days: [sunday, monday, tuesday, wednesday, thursday, friday, saturday], hours: ["00:00-24:00"], doorGroups: [${groups.map(({ metadata }) => metadata.name).join(', ')}] }`));
    expect((await here.sexton('run', '--once')).code).toBe(0);
    const schedules = rows(((await here.unifi.sim('/state')) as { readonly schedules: unknown }).schedules);
    const unlock = groups.flatMap(({ metadata, spec }, index) => {
      const step = err.split('\n').find((line) => line.startsWith(`${index + 1}. `)) ?? '';
      const schedule = schedules.find(({ name }) => name === `Sexton ${metadata.name}`);
      expect(step).toContain(`made "Sexton ${metadata.name}": in UniFi Access, set the unlock schedule of the door`);
      return [[spec.doors[0]?.id ?? '', schedule?.['id']]];
    });
    // YAML would take it for nothing.
    expect(groups.at(-1)?.metadata.name).toBe('door-null');
    expect(err).toMatch(/of the door "Front Lobby" \(d0\) to it[^]*of the door "Front Lobby" \(d1\) to it/);
    await here.unifi.sim('/seed?merge=1', { unlock_schedules: Object.fromEntries(unlock) as unknown });
    expect(await here.openDoors()).toEqual([...names].sort());
  });
});

describe('the fence test', () => {
  const simulators: TestSimulator[] = [];
  afterEach(async () => {
    for (const each of simulators.splice(0)) await each.close();
  });

  interface Trial {
    readonly door?: string;
    readonly schedule?: string;
    readonly seed?: Readonly<Record<string, unknown>>;
    readonly fault?: Readonly<Record<string, unknown>>;
    /** Done once the holidays are around today, before anybody looks at the door. */
    readonly meanwhile?: (unifi: TestSimulator) => Promise<unknown>;
  }

  async function judge(quirks: Readonly<Record<string, string>>, more: Trial = {}): Promise<{ readonly verdict: FenceVerdict; readonly unifi: TestSimulator; readonly left: unknown }> {
    const unifi = await startTestSimulator(unifiDefinition, { seed: { ...churchUnifi(noonZone()), ...withSpare(), ...more.seed }, quirks });
    simulators.push(unifi);
    if (more.fault !== undefined) await unifi.sim('/fault', more.fault);
    const client = createUnifiClient({ url: unifi.listening, token: 'sim-unifi-token', ...(unifi.fingerprint === undefined ? {} : { fingerprint: unifi.fingerprint }), clock: systemClock, log: silentLogger });
    const record = fenceRecord(join(await mkdtemp(join(tmpdir(), 'sexton-fence-')), 'fence-test.json'));
    let programs = 0;
    const watched: AccessController = {
      ...client,
      async updateSchedule(...change) {
        await client.updateSchedule(...change);
        programs += 1;
        expect(await record.read()).toMatchObject({ id: 'schedule-spare', week });
        if (programs === 2) await more.meanwhile?.(unifi);
      },
    };
    try {
      const verdict = await testFence({
        unifi: watched,
        record,
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
      return { verdict, unifi, left: await record.read() };
    } finally {
      client.close();
    }
  }

  const spareIn = async (unifi: TestSimulator): Promise<unknown> => {
    const state = (await unifi.sim('/state')) as { readonly schedules: unknown; readonly holiday_groups: unknown };
    return { schedule: rows(state.schedules).find(({ id }) => id === 'schedule-spare'), groups: rows(state.holiday_groups).map(({ name }) => name) };
  };

  const answers = ['utc', 'local'].flatMap((zone) => ['exclusive', 'inclusive'].flatMap((end) => ['allow', 'error'].map((long) => ({ 'holiday-zone': zone, 'holiday-end': end, 'long-holiday': long }))));
  it.each(answers.flatMap((quirks) => [[{ 'empty-holiday': 'deny', ...quirks }, 'Honoured'] as const, [{ 'empty-holiday': 'weekly', ...quirks }, 'NotHonoured'] as const]))('%o: %s, and everything is as it was', async (quirks, expected) => {
    const { verdict, unifi, left } = await judge(quirks);
    expect([verdict.verdict, left]).toEqual([expected, null]);
    expect(await spareIn(unifi)).toMatchObject({ schedule: { weekly: week }, groups: expect.not.arrayContaining([expect.stringContaining('Sexton fence test')]) as unknown });
  });

  it.each([
    ['a lockdown', { emergency: { lockdown: true, evacuation: false } }, 'lockdown'],
    ['a hub that goes away', { doors: [{ id: 'door-broom', name: 'Broom cupboard', is_bind_hub: false }] }, 'no hub answers'],
  ] as const)('%s that locks the door meanwhile proves nothing', async (_, change, why) => {
    const { verdict, unifi, left } = await judge({ 'empty-holiday': 'weekly' }, { meanwhile: (sim) => sim.sim('/seed?merge=1', change) });
    expect(verdict).toEqual({ verdict: 'Inconclusive', message: expect.stringContaining(why) as string });
    expect(left).toBeNull();
    expect(await spareIn(unifi)).toMatchObject({ schedule: { weekly: week } });
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

  const trial = ['doctor', '--fence-test', '--door', 'Broom cupboard', '--schedule', 'Spare'] as const;
  const spareWeek = async (here: Installation): Promise<unknown> => rows(((await here.unifi.sim('/state')) as { readonly schedules: unknown }).schedules).find(({ id }) => id === 'schedule-spare')?.['weekly'];

  /** A test whose door has been opened and that waits for an answer of UniFi. */
  async function underWay(): Promise<{ readonly here: Installation; readonly child: Child }> {
    const here = await site({ unifi: withSpare() });
    await here.unifi.sim('/fault', { match: 'GET /api/v1/developer/doors', times: -1, delayMs: 2_000 });
    const child = here.start(...trial);
    await until('the spare schedule is open', async () => JSON.stringify(await spareWeek(here)) !== JSON.stringify(week), 30_000);
    return { here, child };
  }

  it.each(['garbage', '', '{"version":1,"id":"schedule-spare"}'])('a record that reads %j is told, and puts nothing back that nobody knows', async (text) => {
    const here = await site({ unifi: withSpare() });
    const path = join(here.directory, 'state/fence-test.json');
    await mkdir(join(here.directory, 'state'), { recursive: true });
    await writeFile(path, text);
    const told = await here.sexton('doctor');
    expect([told.code, unwrapped(told.out)]).toEqual([1, expect.stringContaining('WRONG fence.test a fence test was broken off: a spare schedule is not as it was') as string]);
    const next = await here.sexton('doctor', '--fence-test', '--door', 'Attic', '--schedule', 'Spare');
    expect(next).toMatchObject({ code: 1, err: expect.stringContaining('its record cannot be read: look in UniFi Access') as string });
    expect(await here.files('state')).not.toHaveProperty('state/fence-test.json');
    expect(await spareWeek(here)).toEqual(week);
  });

  it('killed in the middle, the door shuts by itself and stays shut, the doctor tells, and the next test puts the schedule back', async () => {
    const { here, child } = await underWay();
    child.kill('SIGKILL');
    await child.ended;
    const from = new Date();
    const to = new Date(from.getTime() + 40 * 24 * 3_600_000);
    const broom = rows(await here.unifi.sim(`/doors?from=${from.toISOString()}&to=${to.toISOString()}`)).find(({ id }) => id === 'door-broom') as { readonly unlocked: readonly { readonly to: string }[] } | undefined;
    expect(broom?.unlocked.length).toBe(1);
    expect(Date.parse(broom?.unlocked[0]?.to ?? '') - from.getTime()).toBeLessThan(11 * 60_000);
    await here.unifi.remove('/fault');
    const told = await here.sexton('doctor');
    expect([told.code, unwrapped(told.out)]).toEqual([1, expect.stringMatching(/WRONG fence\.test a fence test was broken off: the schedule "Spare" is not as it was.* -> run the fence test again/)]);
    const next = await here.sexton('doctor', '--fence-test', '--door', 'Attic', '--schedule', 'Spare');
    expect([next.code, next.err]).toEqual([1, expect.stringContaining('an earlier test was broken off: "Spare" is put back')]);
    expect(await spareIn(here.unifi)).toMatchObject({ schedule: { weekly: week }, groups: expect.not.arrayContaining([expect.stringContaining('Sexton fence test')]) as unknown });
    expect((await here.sexton('doctor')).out).not.toContain('fence.test');
    expect(Object.keys(await here.files('state'))).not.toContain('state/fence.json');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle puts the schedule back, and proves nothing', async (signal) => {
    const { here, child } = await underWay();
    child.kill(signal);
    const { code, out } = await child.ended;
    expect([code, out]).toEqual([130, expect.stringContaining('Inconclusive: it was interrupted')]);
    expect(await spareWeek(here)).toEqual(week);
    expect(Object.keys(await here.files('state'))).not.toEqual(expect.arrayContaining([expect.stringMatching(/fence/)]));
  });

  it('a UniFi that goes away in the middle gets its schedule back when it answers again', async () => {
    const { here, child } = await underWay();
    await here.links.unifi.shut();
    await until('it tells that UniFi is away', () => child.err().includes('UniFi does not take it'), 60_000);
    await here.unifi.remove('/fault');
    await here.links.unifi.open();
    const { code, out } = await child.ended;
    expect([code, out]).toEqual([1, expect.stringContaining('Inconclusive: ')]);
    expect(await spareWeek(here)).toEqual(week);
    expect(Object.keys(await here.files('state'))).not.toEqual(expect.arrayContaining([expect.stringMatching(/fence/)]));
  });

  it('what was proved of another UniFi does not count, and a dry run tests nothing', async () => {
    const here = await site({ unifi: withSpare() });
    expect((await here.sexton(...trial)).code).toBe(0);
    const proof = join(here.directory, 'state/fence.json');
    const text = await readFile(proof, 'utf8');
    await writeFile(proof, text.replace(here.unifi.fingerprint ?? 'none', 'https://192.0.2.7:12445'));
    expect(unwrapped((await here.sexton('doctor')).out)).toContain('look fence Unverified: it was tested on a UniFi with another certificate or address');
    await writeFile(proof, text);
    await writeFile(here.config, (await readFile(here.config, 'utf8')).replace('mode: Apply', 'mode: DryRun'));
    expect(await here.sexton(...trial)).toMatchObject({ code: 1, err: expect.stringContaining('mode is DryRun') as string });
    expect(await readFile(proof, 'utf8')).toBe(text);
  });

  it('a hub that knows no lock rules is tested all the same', async () => {
    const { verdict } = await judge({}, { fault: { match: 'GET .*/lock_rule', times: -1, code: 'CODE_DEVICE_API_NOT_SUPPORTED', msg: 'not supported' } });
    expect(verdict).toEqual({ verdict: 'Honoured' });
  });

  it('once passed, the fence reads Verified', async () => {
    const here = await site({ unifi: withSpare() });
    expect((await here.sexton('run', '--once')).out).toContain('Unverified');
    const { code, out } = await here.sexton('doctor', '--fence-test', '--door', 'Broom cupboard', '--schedule', 'Spare');
    expect([code, out]).toEqual([0, expect.stringContaining('Verified: the door "Broom cupboard" closed on a holiday without hours')]);
    expect(JSON.parse(await readFile(join(here.directory, 'state/fence.json'), 'utf8'))).toMatchObject({ version: 2, door: 'Broom cupboard', schedule: 'Spare' });
    const status = JSON.parse((await here.sexton('status', '-o', 'json')).out) as { readonly fence: string };
    expect(status.fence).toBe('Verified');
  });

  it('takes nothing that a DoorGroup uses, and has to be told what is spare', async () => {
    const here = await site({ unifi: withSpare() });
    expect((await here.sexton('doctor', '--fence-test', '--door', 'Lobby', '--schedule', 'Spare')).out).toContain('belongs to a DoorGroup');
    expect((await here.sexton('doctor', '--fence-test')).code).toBe(64);
  });
});
