import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { controllerOf, type FenceProof } from '../../src/apply/doors/fence-proof.js';
import { statePaths } from '../../src/runtime/paths.js';
import { stateVersions, versionedState, type StateName } from '../../src/runtime/state-versions.js';
import type { TroubleView } from '../../src/status/view.js';
import { bookedEvent, churchFiles, churchRooms, churchUnifi, header, person } from '../support/church.js';
import { rows } from '../support/sim.js';
import { startSite, type Site, type SiteOptions } from '../support/site.js';

const hall = [
  `---\n${header('DoorGroup', 'hall')}spec:\n  displayName: hall\n  doors: [{ name: Hall }]\n  unlock: { method: LockRule, lead: 0m, lag: 0m }\n`,
  `---\n${header('OfficeHours', 'hall')}spec:\n  weekly: [{ days: [saturday], hours: ["07:00-09:00"], doorGroups: [hall] }]\n`,
].join('');

const events = [
  bookedEvent('e1', 'Concert', '2026-11-22T00:00:00Z', '2026-11-22T02:00:00Z', 'r1'),
  bookedEvent('e2', 'Basketball', '2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z', 'r2'),
  bookedEvent('e5', 'Party', '2026-11-24T00:00:00Z', '2026-11-24T02:00:00Z', 'r1'),
];

const church: SiteOptions = {
  gitOps: true,
  now: '2026-11-21T13:00:00Z',
  files: {
    ...churchFiles(),
    'hall.yaml': hall,
    'deny.yaml': `${header('EventOverride', 'no-party')}spec: { match: { eventName: Party }, action: Deny }\n`,
    'closed.yaml': `${header('OfficeHours', 'closed')}spec:\n  closures: [{ from: "2026-11-23", to: "2026-11-23", scope: Everything, doorGroups: [lobby] }]\n`,
  },
  unifi: {
    ...churchUnifi('America/New_York'),
    doors: [
      { id: 'door-lobby', name: 'Lobby' },
      { id: 'door-gym', name: 'Gym' },
      { id: 'door-hall', name: 'Hall' },
    ],
  },
  pco: { organization: { name: 'Church', time_zone: 'America/New_York' }, resources: churchRooms, events },
  civicrm: { card_field: 'Door_Access.card_id', contacts: [person(1, '1234', 'Gold'), person(2, '1235', 'Gold'), person(4, '1236', 'Comp')] },
};

/** Everything that opens something, or lets somebody in. */
async function world(site: Site): Promise<unknown> {
  const state = (await site.unifi.sim('/state')) as Readonly<Record<string, unknown>>;
  const at = ['2026-11-21T13:30:00Z', '2026-11-22T00:30:00Z', '2026-11-22T20:30:00Z', '2026-11-23T14:30:00Z', '2026-11-24T01:00:00Z', '2026-11-28T12:30:00Z'];
  return { users: state['users'], schedules: state['schedules'], policies: state['access_policies'], holidays: state['holiday_groups'], open: await Promise.all(at.map((each) => site.openDoors(each))) };
}

const troubles = (site: Site): readonly TroubleView[] => site.composition.engine.view().status.troubles ?? [];

/** What of the state directory the planes work with, in its order; the rest is told apart below. */
const inTurn: readonly { readonly file: string; readonly holds: string; /** Its own word for being gone, when nobody can know that it ever was. */ readonly silent?: true }[] = [
  { file: 'installation.json', holds: 'who this installation is' },
  { file: 'inventory.json', holds: 'what is ours in UniFi' },
  { file: 'bookings.json', holds: 'the last bookings' },
  { file: 'rules.json', holds: 'whose lock rules run' },
  { file: 'accepted/doorgroups/lobby.json', holds: 'a door group as accepted', silent: true },
  { file: 'accepted/eventoverrides/no-party.json', holds: 'a denial as accepted', silent: true },
  { file: 'accepted/tiermappings/tiers.json', holds: 'the tiers as accepted', silent: true },
  { file: 'audit-head.json', holds: 'where the trail ends' },
  { file: 'audit.jsonl', holds: 'the trail' },
  { file: 'events.jsonl', holds: 'what happened' },
  { file: 'budget.json', holds: 'what the brakes count' },
  { file: 'fence.json', holds: 'that hubs obey the fence', silent: true },
  { file: 'gitops.json', holds: 'which commit is refused', silent: true },
];
/** Opened by others than the planes; their own tests damage them: test/e2e/state-trouble.test.ts, test/e2e/doctor.test.ts. */
const elsewhere: readonly string[] = ['alerts.json', 'fence-test.json'];

const proofOf = ({ configuration }: Site): FenceProof => ({ verifiedAt: '2026-11-01T12:00:00Z', schedule: 'spare', door: 'Spare', controller: controllerOf(configuration.unifi) });

const leftByOthers = (site: Site): Readonly<Record<string, object>> => ({
  'fence.json': { version: stateVersions.fence, ...proofOf(site) },
  'gitops.json': { version: stateVersions.gitOps, refused: { commit: 'c0ffee', authoredAt: null, since: '2026-11-20T12:00:00Z', reason: 'Invalid', message: 'it has problems', problems: [], inputs: '0' } },
});

/** `rare`: tried on one file of each form only. */
const damages: readonly { readonly how: string; readonly rare?: true; readonly damage: (path: string) => void }[] = [
  { how: 'missing', damage: (path) => { rmSync(path); } },
  { how: 'cut in half', damage: (path) => { truncateSync(path, Math.floor(statSync(path).size / 2)); } },
  { how: 'empty', rare: true, damage: (path) => { truncateSync(path, 0); } },
  { how: 'zeroed', damage: (path) => { writeFileSync(path, Buffer.alloc(statSync(path).size)); } },
  { how: 'garbage', damage: (path) => { writeFileSync(path, '}\u0000{ not ours\nat all\n'); } },
  { how: 'of another shape', rare: true, damage: (path) => { writeFileSync(path, '{"version":1,"hello":true}\n'); } },
  { how: 'a directory', rare: true, damage: (path) => { rmSync(path); mkdirSync(path); } },
];

describe('a state file that is lost', () => {
  let site: Site;
  let backup: string;
  let before: unknown;
  beforeAll(async () => {
    site = await startSite(church);
    for (let round = 0; round < 3; round += 1) expect(await site.run()).toEqual([]);
    backup = join(site.directory, 'backup');
    await site.composition.close();
    for (const [name, content] of Object.entries(leftByOthers(site))) writeFileSync(join(site.configuration.stateDir, name), JSON.stringify(content));
    cpSync(site.configuration.stateDir, backup, { recursive: true });
    before = await world(site);
    expect(before).toMatchObject({ open: [['Hall'], ['Lobby'], ['Gym'], [], [], ['Hall']].map((doors, index) => (index === 5 ? [] : doors)) });
  });
  afterAll(async () => {
    await site.close();
  });
  afterEach(async () => {
    await site.composition.close();
    const { stateDir } = site.configuration;
    for (const name of readdirSync(stateDir)) rmSync(join(stateDir, name), { recursive: true });
    cpSync(backup, stateDir, { recursive: true });
  });

  it('every file with a version is in this table', () => {
    const { stateDir } = site.configuration;
    const files = (Object.keys(stateVersions) as StateName[]).map((name) => versionedState(stateDir)[name].slice(stateDir.length + 1));
    for (const file of files) expect(elsewhere.includes(file) || inTurn.some((each) => each.file === file || each.file.startsWith(`${file}/`)), file).toBe(true);
  });

  const oneOfEach = new Set(['inventory.json', 'budget.json', 'fence.json', 'gitops.json', 'accepted/doorgroups/lobby.json', 'audit.jsonl', 'events.jsonl']);
  const cases = inTurn.flatMap(({ file, holds, silent }) => damages.filter(({ rare }) => rare !== true || oneOfEach.has(file)).map(({ how, damage }) => ({ file, holds, silent, how, damage })));
  it.each(cases)('$file ($holds) $how: it alone is set aside, it is told, and nothing follows', async ({ file, silent, how, damage }) => {
    const { stateDir } = site.configuration;
    damage(join(stateDir, file));
    await site.restart();
    await site.forgetRequests();
    for (let round = 0; round < 2; round += 1) expect(await site.run()).toEqual([]);

    expect(await site.writes()).toEqual([]);
    expect(await world(site)).toEqual(before);
    const aside = readdirSync(stateDir, { recursive: true }).map(String).filter((name) => name.endsWith('.bad'));
    const keepsItsPlace = file === 'audit.jsonl' && how === 'cut in half';
    const kept = file === 'events.jsonl' && (how === 'cut in half' || how === 'empty' || how === 'of another shape');
    const setAside = !(how === 'missing' || keepsItsPlace || kept || (how === 'empty' && file.endsWith('.jsonl')));
    expect(aside).toEqual(setAside ? [`${file}.bad`] : []);
    const told = troubles(site).map(({ key }) => key);
    const owner = file === 'installation.json' || file === 'audit-head.json';
    if (kept || (silent === true && how === 'missing') || (file === 'events.jsonl' && how === 'missing')) {
      for (const key of told) expect(key).toBe('state/events.jsonl');
    } else {
      const expected = file === 'audit-head.json' ? 'state/audit.jsonl' : `state/${file}`;
      expect(told).toEqual([expected]);
      const line = readFileSync(join(stateDir, 'events.jsonl'), 'utf8').split('\n').find((each) => each.includes('"StateLost"'));
      expect(line).toContain(`"name":"${expected.slice('state/'.length)}"`);
    }
    expect(site.composition.engine.view().status.fence).toBe(file === 'fence.json' ? 'Unverified' : 'Verified');
    expect(site.composition.engine.view().status.gitOps?.refused?.commit ?? null).toBe(file === 'gitops.json' ? null : 'c0ffee');
    if (owner && file === 'installation.json') expect(site.composition.engine.view().status.planes.find(({ plane }) => plane === 'doors')?.reason).toBe('NotOwner');
    if (how !== 'garbage') return;
    // Whole again, and nothing more to tell but what still holds.
    await site.restart();
    await site.forgetRequests();
    expect(await site.run()).toEqual([]);
    expect(await site.writes()).toEqual([]);
    expect(troubles(site).map(({ key }) => key).filter((key) => key !== 'state/installation.json')).toEqual([]);
  });

  it.each(['garbage', '', '{"version":1,"hash":"0123456789ab","ops":"all","by":"x","at":"2026-11-21T13:00:00Z"}'])('an approval that reads %j releases nothing, and is told', async (text) => {
    const { approvals } = statePaths(site.configuration.stateDir);
    mkdirSync(approvals, { recursive: true });
    writeFileSync(join(approvals, '0123456789ab.json'), text);
    await site.restart();
    await site.forgetRequests();
    expect(await site.run()).toEqual([]);
    expect(await site.writes()).toEqual([]);
    expect(troubles(site)).toMatchObject([{ key: 'approval/0123456789ab.json', reason: 'ApprovalRefused' }]);
    expect(readFileSync(join(site.configuration.stateDir, 'audit.jsonl'), 'utf8')).toContain('ApprovalRefused');
    rmSync(join(approvals, '0123456789ab.json'));
    await site.run();
    expect(troubles(site)).toEqual([]);
  });

  it('a denial that is lost while its file is broken: everything stays as it is, over restarts, until the file is repaired', async () => {
    const accepted = join(site.configuration.stateDir, 'accepted/eventoverrides/no-party.json');
    const whole = readFileSync(join(site.resources, 'deny.yaml'), 'utf8');
    for (const [broken, damage] of [
      [whole.replace('Deny', 'Denny'), (): void => { writeFileSync(accepted, 'garbage'); }],
      [whole.replace('Deny', 'Denny'), (): void => { rmSync(accepted); }],
      ['kind: {', (): void => { writeFileSync(accepted, 'garbage'); }],
    ] as const) {
      await site.write('deny.yaml', broken);
      await site.restart();
      await site.run();
      await site.composition.close();
      damage();
      for (let round = 0; round < 2; round += 1) {
        await site.restart();
        await site.forgetRequests();
        await site.run();
        expect(await site.writes()).toEqual([]);
        expect(site.composition.engine.view().status.notes.join('\n')).toMatch(/accepted version of EventOverride\/no-party is lost, and deny\.yaml/);
      }
      expect(await world(site)).toEqual(before);
      await site.write('deny.yaml', whole);
      await site.run();
      expect(site.composition.engine.view().status.notes.join('\n')).not.toContain('accepted version');
      expect(await world(site)).toEqual(before);
      await site.composition.close();
      rmSync(`${accepted}.bad`, { force: true });
    }
    await site.restart();
  });
});

describe('versions of state files', () => {
  it.each((Object.keys(stateVersions) as StateName[]).map((name) => ({ name })))('$name of a newer program: refused with a remedy, and nothing is touched', async ({ name }) => {
    const site = await startSite({ ...church, without: ['civicrm', 'planningCenter'] });
    try {
      await site.run('doors');
      await site.composition.close();
      const { stateDir } = site.configuration;
      const known = versionedState(stateDir)[name];
      const path = name === 'accepted' ? join(known, 'doorgroups/lobby.json') : known;
      writeFileSync(path, `${JSON.stringify({ version: stateVersions[name] + 1, later: 'words' }, null, 2)}\n`);
      // One that is damaged beside it stays where it is, too.
      writeFileSync(join(stateDir, name === 'rules' ? 'inventory.json' : 'rules.json'), 'garbage');
      await site.forgetRequests();
      const look = (): readonly string[] =>
        readdirSync(stateDir, { recursive: true })
          .map(String)
          .sort()
          .map((file) => `${file} ${String(statSync(join(stateDir, file)).mtimeMs)} ${statSync(join(stateDir, file)).isFile() ? readFileSync(join(stateDir, file), 'utf8') : ''}`);
      const before = look();
      await expect(site.restart()).rejects.toMatchObject({ name: 'ConfigurationError', code: 'StateTooNew', message: expect.stringContaining(`${path} (version ${stateVersions[name] + 1}`) as unknown });
      expect(look()).toEqual(before);
      expect(await site.writes()).toEqual([]);
      rmSync(path);
    } finally {
      await site.restart().catch(() => undefined);
      await site.close();
    }
  });

  it('a proof of the fence of the version before proves nothing, and is kept', async () => {
    const site = await startSite({ ...church, without: ['civicrm', 'planningCenter'] });
    try {
      const { fence } = statePaths(site.configuration.stateDir);
      const { controller, ...older } = proofOf(site);
      writeFileSync(fence, JSON.stringify({ version: stateVersions.fence, ...older, controller }));
      await site.run('doors');
      expect(site.composition.engine.view().status.fence).toBe('Verified');
      const text = JSON.stringify({ version: 1, ...older });
      writeFileSync(fence, text);
      await site.restart();
      await site.run('doors');
      expect(site.composition.engine.view().status.fence).toBe('Unverified');
      expect(troubles(site)).toEqual([]);
      expect(readFileSync(fence, 'utf8')).toBe(text);
    } finally {
      await site.close();
    }
  });

  it('bookings of the version before are taken over, and written in today\'s with the next change', async () => {
    const site = await startSite({ ...church, without: ['civicrm'] });
    try {
      for (let round = 0; round < 2; round += 1) await site.run('doors');
      const path = join(site.configuration.stateDir, 'bookings.json');
      const { items, readAt } = JSON.parse(readFileSync(path, 'utf8')) as { items: unknown; readAt: number };
      await site.composition.close();
      writeFileSync(path, JSON.stringify({ version: 1, items, readAt: new Date(readAt).toISOString() }));
      await site.restart();
      await site.forgetRequests();
      await site.run('doors');
      expect(troubles(site)).toEqual([]);
      expect(await site.writes()).toEqual([]);
      await site.pco.sim('/seed', { organization: { name: 'Church', time_zone: 'America/New_York' }, resources: churchRooms, events: events.slice(0, 2) });
      await site.run('doors');
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version: 2 });
    } finally {
      await site.close();
    }
  });
});

/** A small disk of its own, where this process may mount one. */
function smallDisk(path: string): boolean {
  mkdirSync(path, { recursive: true });
  return process.geteuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path]).status === 0;
}

const probe = join('/tmp', `sexton-disk-${process.pid}`);
const mayMount = smallDisk(probe);
if (mayMount) spawnSync('umount', [probe]);
rmSync(probe, { recursive: true, force: true });
if (!mayMount) console.warn('lost state: no disk can be mounted here (not root, or not allowed), so that a full one is left out');

describe.runIf(mayMount)('a full disk', () => {
  it('keeps nobody\'s access: removals go, and all is told and written once there is room', async () => {
    const site = await startSite({ ...church, without: ['planningCenter'] });
    const { stateDir } = site.configuration;
    try {
      for (let round = 0; round < 2; round += 1) expect(await site.run()).toEqual([]);
      await site.composition.close();
      const copy = join(site.directory, 'copy');
      cpSync(stateDir, copy, { recursive: true });
      rmSync(stateDir, { recursive: true });
      expect(smallDisk(stateDir)).toBe(true);
      cpSync(copy, stateDir, { recursive: true });
      await site.restart();
      expect(await site.run()).toEqual([]);
      const filler = join(stateDir, 'filler');
      expect(() => { writeFileSync(filler, Buffer.alloc(4_194_304, 1)); }).toThrow('ENOSPC');
      const held = ['inventory.json', 'rules.json', 'accepted/doorgroups/lobby.json', 'audit.jsonl'].map((name) => readFileSync(join(stateDir, name), 'utf8'));

      // A leaver, and hours that are withdrawn.
      await site.civicrm.sim('/seed', { card_field: 'Door_Access.card_id', contacts: [person(1, '1234', 'Comp'), person(2, '1235', 'Gold'), person(4, '1236', 'Comp')] });
      await site.write('hours.yaml', `${header('OfficeHours', 'office')}spec:\n  weekly:\n    - { days: [tuesday], hours: ["09:00-12:00"], doorGroups: [gym] }\n`);
      await site.forgetRequests();
      await site.run();
      const users = rows(((await site.unifi.sim('/state')) as { users: unknown }).users);
      expect(users.find((user) => user['employee_number'] === 'civicrm-1')).toMatchObject({ status: 'DEACTIVATED', nfc_cards: [] });
      expect(users.find((user) => user['employee_number'] === 'civicrm-2')).toMatchObject({ status: 'ACTIVE' });
      expect(await site.openDoors('2026-11-30T14:30:00Z')).toEqual([]);
      expect(troubles(site)).toMatchObject(expect.arrayContaining([expect.objectContaining({ key: 'audit', reason: 'AuditUnwritable', message: expect.stringContaining('free space') as unknown })]) as object);
      // Nothing is half written, and nothing set aside.
      expect(['inventory.json', 'rules.json', 'accepted/doorgroups/lobby.json', 'audit.jsonl'].map((name) => readFileSync(join(stateDir, name), 'utf8'))).toEqual(held);
      expect(readdirSync(stateDir, { recursive: true }).filter((name) => /\.(bad|tmp)$/.test(String(name)))).toEqual([]);

      rmSync(filler);
      await site.forgetRequests();
      expect(await site.run()).toEqual([]);
      await site.run();
      expect(troubles(site)).toEqual([]);
      expect(await site.writes()).toEqual([]);
      const trail = readFileSync(join(stateDir, 'audit.jsonl'), 'utf8');
      expect(trail).toContain('"verb":"deactivate"');
      expect(trail).toContain('"type":"Delayed"');
      await site.restart();
      expect(troubles(site)).toEqual([]);
      expect(JSON.parse(readFileSync(join(stateDir, 'accepted/officehours/office.json'), 'utf8'))).toMatchObject({ generation: 2 });
    } finally {
      await site.composition.close();
      spawnSync('umount', [stateDir]);
      await site.close();
    }
  });
});

describe('a state directory that cannot be written', () => {
  it('is named, and nothing runs', async () => {
    const site = await startSite({ ...church, without: ['civicrm', 'planningCenter'] });
    try {
      await site.run('doors');
      await site.composition.close();
      rmSync(site.configuration.stateDir, { recursive: true });
      writeFileSync(site.configuration.stateDir, 'a file');
      await expect(site.restart()).rejects.toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining(`stateDir ${site.configuration.stateDir}`) as unknown });
      rmSync(site.configuration.stateDir);
      expect(existsSync(dirname(site.configuration.stateDir))).toBe(true);
    } finally {
      await site.restart();
      await site.close();
    }
  });
});
