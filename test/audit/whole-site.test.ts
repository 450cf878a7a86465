import { appendFile, chown, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuditItem } from '../../src/cli/audit/items.js';
import { runCommandLine, type Ran } from '../cli/harness.js';
import { bookedEvent, churchFiles, churchRooms, churchUnifi, header, person } from '../support/church.js';
import { startSite, type Site, type SiteOptions } from '../support/site.js';

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
      bookedEvent('e2', 'Vigil', '2026-11-22T06:00:00Z', '2026-11-22T08:00:00Z', 'r2'),
    ],
  },
  civicrm: {
    card_field: 'Door_Access.card_id',
    contacts: [person(1, '12345', 'Gold', { email: 'first1@example.org' }), person(2, '23456', 'Gold'), person(3, 'LOST', 'Gold'), person(4, '34567', 'Comp')],
  },
};

function audit(of: Site, ...words: readonly string[]): Promise<Ran> {
  return runCommandLine(['audit', ...words], { environment: { SEXTON_CONFIG: of.configPath }, now: of.clock.now() });
}

async function items(of: Site, ...words: readonly string[]): Promise<readonly AuditItem[]> {
  const { out, code } = await audit(of, ...words, '-o', 'json');
  expect(code).toBe(0);
  return (JSON.parse(out) as { items: readonly AuditItem[] }).items;
}

const trail = (of: Site): string => join(of.configuration.stateDir, 'audit.jsonl');

describe('the audit trail of a whole site', () => {
  it('holds every change with its causes and outcome, every refusal, and a whole chain', async () => {
    site = await startSite(church);
    expect(await site.run()).toEqual([]);
    const all = await items(site);
    expect(all.filter(({ type }) => type === 'Change').every(({ outcome, reconcile }) => outcome === 'Done' && reconcile !== null)).toBe(true);
    const said = all.map(({ outcome, verb, object }) => `${outcome} ${verb} ${object.kind}/${object.name}`);
    expect(said).toEqual(
      expect.arrayContaining([
        'Done create HolidayGroup/Sexton owner',
        'Done program Schedule/lobby hours',
        'Done add User/contact 1',
        'Done add User/contact 2',
        'Refused OutsideSafeHours Event/e2@2026-11-22T06:00:00Z',
        'Refused Quarantined Contact/3',
      ]),
    );
    const program = all.find(({ object }) => object.name === 'lobby hours');
    expect(program?.windows.map(({ start, end, causes }) => `${start}/${end} ${causes.map(({ ref }) => ref).join()}`)).toEqual([
      '2026-11-21T23:45:00Z/2026-11-22T02:15:00Z event/e1@2026-11-22T00:00:00Z',
      '2026-11-23T14:00:00Z/2026-11-23T17:00:00Z OfficeHours/office',
    ]);
    expect(program).toMatchObject({ doors: [{ id: 'door-lobby', name: 'Lobby' }], before: {}, error: null });
    expect(await audit(site, 'verify')).toMatchObject({ code: 0, err: '' });
  });

  it('grows by nothing while nothing changes, over restarts too', async () => {
    site = await startSite(church);
    await site.run();
    await site.run();
    const before = await Promise.all([trail(site), join(site.configuration.stateDir, 'audit-head.json')].map((path) => stat(path)));
    for (let round = 0; round < 3; round += 1) {
      await site.run();
      await site.restart();
    }
    const after = await Promise.all([trail(site), join(site.configuration.stateDir, 'audit-head.json')].map((path) => stat(path)));
    expect(after.map(({ size, mtimeMs, ino }) => [size, mtimeMs, ino])).toEqual(before.map(({ size, mtimeMs, ino }) => [size, mtimeMs, ino]));
  });

  it('filters by door, contact and time', async () => {
    site = await startSite(church);
    await site.run();
    site.clock.advance(3_600_000);
    await site.write('hours.yaml', `${header('OfficeHours', 'office')}spec:\n  weekly:\n    - { days: [monday], hours: ["10:00-12:00"], doorGroups: [lobby] }\n`);
    await site.run();
    for (const door of ['lobby', 'Lobby', 'door-lobby', 'dg/lobby']) {
      const found = await items(site, '--door', door);
      expect([door, found.map(({ object }) => object.name)]).toEqual([door, ['lobby hours', 'lobby hours']]);
    }
    expect((await items(site, '--contact', '1')).map(({ verb }) => verb)).toEqual(['add']);
    expect((await items(site, '--contact', 'contact/3')).map(({ verb }) => verb).sort()).toEqual(['Quarantined', 'add']);
    expect((await items(site, '--since', '30m')).map(({ object }) => object.name)).toEqual(['lobby hours']);
    expect((await items(site, '--until', '2026-11-21T08:30')).length).toBeGreaterThan(4);
    expect(await items(site, '--since', '2026-11-22')).toEqual([]);
    expect(await audit(site, '--since', 'yesterday')).toMatchObject({ code: 64 });
    expect(await audit(site, '--contact', 'Smith')).toMatchObject({ code: 64 });
    expect((await audit(site, '--since', '2026-11-22')).err).toBe('No records found\n');
  });

  it('answers why a door stood open, from the record that put its window there', async () => {
    site = await startSite(church);
    await site.run();
    site.clock.set('2026-11-21T20:00:00Z');
    // A later program keeps the window; the one that brought it is told.
    await site.write('hours.yaml', `${header('OfficeHours', 'office')}spec:\n  weekly:\n    - { days: [tuesday], hours: ["10:00-12:00"], doorGroups: [lobby] }\n`);
    await site.run();
    site.clock.set('2026-11-22T00:00:00Z');
    const { out, code } = await audit(site, '--door', 'Lobby', '--at', '18:45');
    expect(code).toBe(0);
    expect(out).toContain('Lobby, Sat 2026-11-21 18:45: open');
    expect(out).toContain('Sat 2026-11-21 18:45-21:15 of lobby, by Schedule "lobby hours"');
    expect(out).toContain('because     event/e1@2026-11-22T00:00:00Z  Concert (Sanctuary)');
    expect(out).toMatch(/put there {3}Sat 2026-11-21 08:00, record \d+ \(audit\.jsonl:\d+\)/);
    expect(out).toMatch(/in force {4}Sat 2026-11-21 15:00, record \d+/);
    expect((await audit(site, '--door', 'Lobby', '--at', '18:44')).out).toContain('Sexton had nothing there that opens it');
    const gym = await audit(site, '--door', 'gym', '--at', '2026-11-21T18:45');
    expect(gym.out).toContain('refused     OutsideSafeHours: Vigil waits for approval');
    expect(await audit(site, '--at', '18:45')).toMatchObject({ code: 64 });
    expect([gym.err, (await audit(site, '--door', 'Gim', '--at', '18:45')).err]).toEqual(['', expect.stringContaining('no record names "Gim"')]);
  });

  it('names the file and the person behind an opening that was ordered', async () => {
    site = await startSite(church);
    await site.run();
    const environment = { SEXTON_CONFIG: site.configPath, SUDO_USER: 'alice' };
    expect((await runCommandLine(['open', 'gym', '--for', '2h', '--reason', 'Delivery'], { environment, now: site.clock.now() })).code).toBe(0);
    await site.run();
    const { out } = await audit(site, '--door', 'gym', '--at', '08:30');
    expect(out).toMatch(/because {5}OfficeHours\/open-gym-\S+ {2}Delivery, generated\/open-gym-\S+\.yaml \(generation 1\), by alice: Delivery/);
  });

  it('what leaves no file behind is on record too, with who ordered it', async () => {
    site = await startSite(church);
    await site.run();
    const environment = { SEXTON_CONFIG: site.configPath, SUDO_USER: 'alice' };
    const view = site.composition.engine.view();
    expect((await runCommandLine(['deny', 'e1@2026-11-22T00:00:00Z'], { environment, view, now: site.clock.now() })).code).toBe(0);
    await site.run();
    expect((await runCommandLine(['restore', 'e1@2026-11-22T00:00:00Z'], { environment, view, now: site.clock.now() })).code).toBe(0);
    expect((await runCommandLine(['suspend', 'oh/office', '--reason', 'ill'], { environment, now: site.clock.now() })).code).toBe(0);
    await site.run();
    expect((await items(site)).filter(({ type }) => type === 'Order').map(({ verb, object, message }) => `${verb} ${object.kind}/${object.name} ${message}`).sort()).toEqual([
      expect.stringMatching(/^restore Event\/e1@2026-11-22T00:00:00Z by alice \(uid \d+\); generated\/deny-e1-/),
      expect.stringMatching(/^suspend OfficeHours\/office by alice \(uid \d+\): ill; hours\.yaml$/),
    ]);
    expect(await readdir(join(site.configuration.stateDir, 'approvals'))).toEqual([]);
  });

  it('a contact that a person blocked shows who did, beside what came of it', async () => {
    site = await startSite(church);
    await site.run();
    const environment = { SEXTON_CONFIG: site.configPath, SUDO_USER: 'alice' };
    expect((await runCommandLine(['block', 'contact/1', '--reason', 'board'], { environment, view: site.composition.engine.view(), now: site.clock.now() })).code).toBe(0);
    await site.run('members');
    expect((await items(site, '--contact', '1')).map(({ verb, message }) => [verb, /by alice.*board/.test(message)])).toEqual([
      ['add', false],
      ['deactivate', false],
      ['block', true],
    ]);
  });

  it.runIf(process.geteuid?.() === 0)('an approval of a stranger is refused, told and on record, and lets nothing go', async () => {
    site = await startSite({ ...church, files: churchFiles('Ask') });
    await site.run();
    const plan = (await items(site)).find(({ verb }) => verb === 'Braked')?.object.name ?? '';
    const ops = site.composition.engine.view().diff.planes.flatMap(({ changes }) => changes.flatMap(({ op }) => op ?? []));
    const path = join(site.configuration.stateDir, 'approvals', `${plan}.json`);
    await writeFile(path, JSON.stringify({ version: 1, hash: plan, ops, by: 'alice', at: '2026-11-21T13:00:00Z' }));
    await chown(path, 4103, 4103);
    await site.forgetRequests();
    await site.run();
    expect(await site.writes()).toEqual([]);
    expect(site.composition.engine.view().status.troubles).toMatchObject([{ key: `approval/${plan}.json`, reason: 'ApprovalRefused' }]);
    expect(await readFile(join(site.configuration.stateDir, 'events.jsonl'), 'utf8')).toContain('"reason":"ApprovalRefused"');
    expect((await items(site)).find(({ verb }) => verb === 'ApprovalRefused')).toMatchObject({ outcome: 'Refused', message: expect.stringContaining('uid 4103') as unknown });
    // The same file of one who may.
    await chown(path, 0, 0);
    await site.run();
    expect((await site.writes()).length).toBeGreaterThan(0);
    expect(site.composition.engine.view().status.troubles).toEqual([]);
    expect((await items(site)).find(({ verb }) => verb === 'ApprovalRefused')).toMatchObject({ outcome: 'Lifted' });
  });

  it('a change that fails says so, with the code', async () => {
    site = await startSite(church);
    await site.unifi.sim('/fault', { match: 'PUT .*/schedules/schedule-lobby', times: 1, code: 'CODE_PARAMS_INVALID', msg: 'no' });
    expect(await site.run('doors')).toHaveLength(1);
    expect((await items(site, '--door', 'lobby')).map(({ outcome, error }) => [outcome, error?.code])).toEqual([['Failed', 'CODE_PARAMS_INVALID']]);
    await site.run('doors');
    expect((await items(site, '--door', 'lobby')).map(({ outcome }) => outcome)).toEqual(['Failed', 'Done']);
  });

  it('a refusal ends with what it refused', async () => {
    site = await startSite({ ...church, files: churchFiles('Ask') });
    await site.run();
    const [braked] = (await items(site)).filter(({ verb }) => verb === 'Braked');
    expect(braked).toMatchObject({ outcome: 'Refused', object: { kind: 'Plan' } });
    const environment = { ...site.credentials, SEXTON_CONFIG: site.configPath, SUDO_USER: 'alice' };
    const { engine } = site.composition;
    const ran = await runCommandLine(['approve', `plan/${braked?.object.name ?? ''}`], { environment, view: engine.view() });
    expect(ran).toMatchObject({ code: 0 });
    // The approval is as old as the real clock; the site's own is the past.
    const path = join(site.configuration.stateDir, 'approvals', `${braked?.object.name ?? ''}.json`);
    await writeFile(path, (await readFile(path, 'utf8')).replace(/"at": "[^"]*"/, '"at": "2026-11-21T13:00:00Z"'));
    await site.run();
    const after = await items(site);
    expect(after.find(({ seq }) => seq === braked?.seq)).toMatchObject({ outcome: 'Lifted' });
    const adds = after.filter(({ verb }) => verb === 'add');
    expect(adds).toHaveLength(3);
    for (const { approved } of adds) expect(approved).toMatchObject({ by: 'alice', plan: braked?.object.name, uid: process.geteuid?.() });
  });

  it('holds no name, no e-mail and no whole card number, in any file of the state directory', async () => {
    site = await startSite(church);
    await site.run();
    // A leaver, a new name and a new card.
    await site.civicrm.sim('/seed', {
      card_field: 'Door_Access.card_id',
      contacts: [person(1, '12345', 'Comp', { email: 'first1@example.org' }), person(2, '33333', 'Gold', { first_name: 'Newname' }), person(3, 'LOST', 'Gold')],
    });
    await site.run();
    await site.run();
    const all = await items(site);
    expect(all.map(({ verb }) => verb)).toEqual(expect.arrayContaining(['deactivate', 'rename', 'card']));
    const { stateDir } = site.configuration;
    for (const name of await readdir(stateDir, { recursive: true })) {
      const text = await readFile(join(stateDir, name), 'utf8').catch(() => '');
      expect([name, /First\d|Last\d|Newname|example\.org|12345|23456|33333|34567/i.exec(text)?.[0]]).toEqual([name, undefined]);
    }
  });

  it('a kill between a write and its record is told at the next start', async () => {
    site = await startSite(church);
    await site.run();
    const lines = (await readFile(trail(site), 'utf8')).trimEnd().split('\n');
    // As the disk stands when the process dies before the outcome of the first run is written.
    const first = lines.findIndex((line) => line.includes('"type":"Outcome"'));
    await site.composition.close();
    await writeFile(trail(site), lines.slice(0, first).map((line) => `${line}\n`).join(''));
    await writeFile(join(site.configuration.stateDir, 'audit-head.json'), JSON.stringify({ version: 1, seq: 0, hash: '0'.repeat(64), standing: {} }));
    await site.restart();
    expect((await items(site)).filter(({ type }) => type === 'Change').every(({ outcome }) => outcome === 'Unknown')).toBe(true);
    expect((await audit(site, 'verify')).code).toBe(0);
    expect((await audit(site, '--door', 'lobby', '--at', '18:45')).out).toContain('nobody saw what became of it');
  });

  it('verify names file and line, and a noted hash', async () => {
    site = await startSite(church);
    await site.run();
    const whole = await audit(site, 'verify');
    const head = /head ([0-9a-f]{64})/.exec(whole.out)?.[1] ?? '';
    expect((await audit(site, 'verify', '--head', head)).code).toBe(0);
    expect((await audit(site, 'verify', '--head', 'f'.repeat(64))).code).toBe(1);
    await appendFile(trail(site), 'forged\n');
    const lines = (await readFile(trail(site), 'utf8')).split('\n').length - 1;
    const broken = await audit(site, 'verify');
    expect(broken.code).toBe(1);
    expect(broken.out).toContain(`${trail(site)}:${lines}: is no record`);
    await rm(trail(site));
    expect((await audit(site, 'verify', '-o', 'json')).code).toBe(1);
  });
});
