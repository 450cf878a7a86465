import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { churchFiles, doorGroup, person } from '../support/church.js';
import { install, type Installation, type InstallationOptions } from '../support/installation.js';
import { compiledProgram, until } from '../support/process.js';

const program = compiledProgram();
const installations: Installation[] = [];
afterEach(async () => {
  for (const each of installations.splice(0)) await each.close();
});
afterAll(() => program.remove());

async function site(options?: InstallationOptions): Promise<Installation> {
  const made = await install(program, options);
  installations.push(made);
  return made;
}

describe('run --once', () => {
  it('ends with 0 when all is Ready, with the status on stdout and nothing else there', async () => {
    const here = await site();
    const { code, out, err } = await here.sexton('run', '--once');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Site: +test-site, Apply\n/);
    expect(out).not.toContain('{"time"');
    expect(await here.openDoors()).toEqual(['Lobby']);
    expect((await here.users()).filter(({ status }) => status === 'ACTIVE')).toHaveLength(3);
    await here.unifi.remove('/requests');
    expect((await here.sexton('run', '--once')).code).toBe(0);
    expect(await here.writes()).toEqual([]);
  });

  it('while UniFi is down loses nothing: the next run tells of no lost state', async () => {
    const here = await site();
    await here.links.unifi.shut();
    expect((await here.sexton('run', '--once')).code).toBe(2);
    const { code, err } = await here.sexton('run', '--once');
    expect([code, err]).toEqual([2, expect.not.stringContaining('state lost')]);
  });

  it.runIf(existsSync('/proc/self'))('a directory that its file system never makes is 78, at once', async () => {
    const here = await site({ configuration: { stateDir: '/proc/sexton/state' } });
    expect(await here.sexton('run', '--once')).toMatchObject({
      code: 78,
      err: 'stateDir /proc/sexton/state cannot be written (ENOENT): create it and give it to the user that runs sexton\n',
    });
  });

  it('a plan that waits for a person: held in diff, released by approve, done once', async () => {
    const contacts = [1, 2, 3, 4, 5].map((id) => person(id, String(2000 + id), 'Gold'));
    const here = await site({ files: churchFiles('Ask'), contacts });
    const held = await here.sexton('run', '--once');
    expect(held.code).toBe(1);
    const { code, out } = await here.sexton('diff');
    expect(code).toBe(1);
    const lines = out.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('! '))).toHaveLength(5);
    const plan = lines.find((line) => /^plan\/[0-9a-f]{12}/.test(line))?.slice(0, 'plan/'.length + 12) ?? 'no plan';
    expect(held.out).toContain(`sexton approve ${plan}`);
    expect(lines.at(-1)).toBe('5 changes, 5 held');
    expect(await here.users()).toHaveLength(1);

    expect((await here.sexton('approve', 'plan/000000000000')).code).toBe(1);
    expect((await here.sexton('approve', plan)).code).toBe(0);
    expect(await readdir(join(here.directory, 'state/approvals'))).toEqual([`${plan.slice(5)}.json`]);
    const done = await here.sexton('run', '--once');
    expect(done.code).toBe(0);
    expect(await here.users()).toHaveLength(6);
    expect(await readdir(join(here.directory, 'state/approvals'))).toEqual([]);
    const after = await here.sexton('diff');
    expect([after.code, after.out]).toEqual([0, expect.stringContaining('0 changes')]);
  });

  it('ends with 2 when UniFi is down, and says which plane failed and why', async () => {
    const here = await site();
    await here.links.unifi.shut();
    const { code, out } = await here.sexton('run', '--once');
    expect(code).toBe(2);
    expect(out).toMatch(/doors +False .*ECONNREFUSED/);
    expect(out).toMatch(/members +False .*ECONNREFUSED/);
  });

  it('ends with 1 for a refused file, which the status names; the rest is done', async () => {
    const here = await site({ files: { ...churchFiles(), 'bad.yaml': doorGroup('bad', 'Gym', '  colour: red\n') } });
    const { code, out } = await here.sexton('run', '--once');
    expect(code).toBe(1);
    expect(out).toContain('DoorGroup/bad');
    expect(await here.openDoors()).toEqual(['Lobby']);
  });

  it('ends with 1 for a file that is no YAML, and the rest is done', async () => {
    const here = await site({ files: { ...churchFiles(), 'bad.yaml': 'spec: [\n' } });
    const { code, out } = await here.sexton('run', '--once');
    expect(code).toBe(1);
    expect(out).toContain('bad.yaml:');
    expect(await here.openDoors()).toEqual(['Lobby']);
  });

  it('waits for the second reading of a removed file by itself, then revokes', async () => {
    const files = { ...churchFiles(), 'doors.yaml': doorGroup('gym', 'Gym'), 'lobby.yaml': doorGroup('lobby', 'Lobby') };
    const here = await site({ files });
    expect((await here.sexton('run', '--once')).code).toBe(0);
    expect(await here.openDoors()).toEqual(['Lobby']);
    await here.remove('lobby.yaml');
    const diff = await here.sexton('diff', 'doors');
    expect([diff.code, diff.out]).toEqual([1, expect.stringMatching(/^! .*lobby/m)]);
    const running = here.start('run', '--once');
    await until('it says what it waits for', () => running.err().includes('looking again in'));
    expect(await here.openDoors()).toEqual(['Lobby']);
    const { code } = await running.ended;
    expect(await here.openDoors()).toEqual([]);
    // The rooms and hours still name the group that is gone.
    expect(code).toBe(1);
    expect(await readdir(join(here.directory, 'resources'))).not.toContain('lobby.status.yaml');
  });

  it('--plane leaves the other plane alone, --dry-run writes nothing to UniFi', async () => {
    const here = await site();
    expect((await here.sexton('run', '--once', '--dry-run')).code).toBe(1);
    expect(await here.writes()).toEqual([]);
    expect((await here.sexton('run', '--once', '--plane', 'doors')).code).toBe(0);
    expect(await here.openDoors()).toEqual(['Lobby']);
    expect(await here.users()).toHaveLength(1);
  });

  it('--now freezes the clock of the command, and reaches UniFi on loopback', async () => {
    const here = await site();
    const tomorrow = new Date(Date.now() + 24.5 * 3_600_000).toISOString();
    const { code, out } = await here.sexton('run', '--once', '--now', tomorrow);
    expect(code).toBe(0);
    expect(out).toMatch(/gym +Open/);
    expect(out).toMatch(/lobby +Closed/);
    // Instants written under it never count as the newest.
    const real = await here.sexton('run', '--once');
    expect([real.code, real.out]).toEqual([0, expect.stringMatching(/lobby +Open/)]);
    expect(await here.openDoors()).toEqual(['Lobby']);
  });
});

describe('an imagined time', () => {
  it('does not outlive its command: what a person approves now is released then', async () => {
    const here = await site({ files: churchFiles('Ask') });
    const later = ['--now', new Date(Date.now() + 30 * 24 * 3_600_000).toISOString()] as const;
    const held = await here.sexton('run', '--once', ...later);
    const plan = /sexton approve (plan\/[0-9a-f]{12})/.exec(held.out)?.[1] ?? 'no plan';
    expect((await here.sexton('approve', plan)).code).toBe(0);
    expect((await here.sexton('run', '--once', ...later)).code).toBe(0);
    expect(await here.users()).toHaveLength(3);
  });
});

describe('what cannot run at all', () => {
  it('75 beside a daemon, naming it', async () => {
    const here = await site();
    const daemon = await here.daemon();
    const second = await here.sexton('run', '--once');
    expect([second.code, second.out, second.err]).toEqual([75, '', expect.stringContaining(`pid ${daemon.pid}`)]);
    expect((await here.sexton('run')).code).toBe(75);
    expect((await daemon.stop()).code).toBe(0);
  });

  it('78 for a configuration with problems, each with its place', async () => {
    const here = await site({ configuration: { timeZone: 'Mars/Base', mode: null, server: '{ listen: here }' } });
    const { code, out, err } = await here.sexton('run', '--once');
    expect([code, out]).toEqual([78, '']);
    expect(err).toMatch(/sexton\.yaml:\d+:\d+ timeZone: /);
    expect(err).toMatch(/sexton\.yaml:\d+:\d+ server\.listen: /);
    expect(err).toMatch(/mode/);
  });

  it('78 names every credential that is missing', async () => {
    const here = await site();
    const { SEXTON_CONFIG = '', PCO_APP_ID = '', PCO_SECRET = '' } = here.environment;
    const environment = { SEXTON_CONFIG, PCO_APP_ID, PCO_SECRET };
    const { code, err } = await program.start(['run', '--once'], { environment, cwd: here.directory }).ended;
    expect(code).toBe(78);
    expect(err).toContain('UNIFI_API_TOKEN');
    expect(err).toContain('CIVICRM_API_KEY');
    expect(err).not.toContain('PCO_SECRET');
  });

  it('credentials may be files', async () => {
    const here = await site();
    const credentials = join(here.directory, 'credentials');
    await mkdir(credentials);
    const { SEXTON_CONFIG, ...secrets } = here.environment;
    for (const [name, value] of Object.entries(secrets)) await writeFile(join(credentials, name), `${value}\n`);
    const environment = { SEXTON_CONFIG: SEXTON_CONFIG ?? '', CREDENTIALS_DIRECTORY: credentials };
    expect((await program.start(['run', '--once'], { environment, cwd: here.directory }).ended).code).toBe(0);
  });

  it.each(['state', 'run'])('78 names a %s directory that cannot be written', async (name) => {
    const here = await site();
    await chmod(here.directory, 0o755);
    const closed = join(here.directory, name);
    await mkdir(closed);
    await mkdir(join(here.directory, name === 'state' ? 'run' : 'state'));
    await chmod(join(here.directory, name === 'state' ? 'run' : 'state'), 0o777);
    await chmod(closed, 0o555);
    const root = process.getuid?.() === 0;
    const { code, err } = await program.start(['run', '--once'], {
      environment: here.environment,
      cwd: here.directory,
      ...(root ? { uid: 65_534 } : {}),
    }).ended;
    expect([code, err]).toEqual([78, expect.stringContaining(closed)]);
    expect(await here.writes()).toEqual([]);
  });

  it('--now with mode Apply and a UniFi that is not on this machine is refused', async () => {
    const here = await site({ configuration: { unifi: '{ url: "https://192.0.2.1:12445" }' } });
    expect((await here.sexton('run', '--once', '--now', '2026-11-21T18:00:00Z')).code).toBe(78);
  });
});
