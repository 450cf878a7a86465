import { execFileSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { doorGroup, officeHours, roomMapping, tierMapping } from '../support/church.js';
import { install, type Installation } from '../support/installation.js';
import { compiledProgram, until } from '../support/process.js';

const program = compiledProgram();
const installations: Installation[] = [];
afterEach(async () => {
  await program.endAll();
  for (const each of installations.splice(0)) await each.close();
});
afterAll(() => program.remove());

interface Repository {
  readonly here: Installation;
  /** Writes these files (null: removes one), commits and pushes; the new commit. */
  readonly push: (files: Readonly<Record<string, string | null>>) => Promise<string>;
}

/** An installation whose declarations come by `sexton pull`, and the clone that an operator pushes from. */
async function repository(): Promise<Repository> {
  const here = await install(program, { configuration: { gitOps: '{ url: remote.git, interval: 1m }'.replace('remote.git', '"file:///placeholder"') } });
  installations.push(here);
  const clone = join(here.directory, 'clone');
  const remote = join(here.directory, 'remote.git');
  const git = (...words: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...words], { cwd: clone, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  await mkdir(clone);
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  git('init', '--quiet', '--initial-branch=main');
  await cp(join(here.directory, 'resources'), clone, { recursive: true });
  const text = (await here.read('sexton.yaml')).replace('file:///placeholder', `file://${remote}`);
  await writeFile(here.config, text);
  return {
    here,
    async push(files) {
      for (const [name, content] of Object.entries(files)) {
        if (content === null) await rm(join(clone, name));
        else await writeFile(join(clone, name), content);
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '-m', 'change');
      git('push', '--quiet', remote, 'HEAD:main');
      return git('rev-parse', 'HEAD');
    },
  };
}

const hours = (open: string, group: string): string => officeHours(`{ days: [sunday, monday, tuesday, wednesday, thursday, friday, saturday], hours: ["${open}"], doorGroups: [${group}] }`);

describe('a commit', () => {
  it('moves the doors; a broken one is refused and told; a removal by commit takes effect as any removal', async () => {
    const { here, push } = await repository();
    const daemon = await here.daemon();
    const first = await push({});
    const taken = await here.sexton('pull');
    expect([taken.code, taken.out]).toEqual([0, expect.stringContaining('; the daemon acts on it now')]);
    expect(await here.openDoors()).toEqual(['Lobby']);

    const second = await push({ 'hours.yaml': hours('00:00-24:00', 'gym') });
    const pulled = await here.sexton('pull');
    expect([pulled.code, pulled.out]).toEqual([0, expect.stringContaining('~ hours.yaml')]);
    await until('the gym stands open', async () => (await here.openDoors()).includes('Gym'));
    const status = JSON.parse((await here.sexton('status', '-o', 'json')).out) as { readonly revision: string; readonly gitOps: unknown };
    expect(status.revision).toBe(second);
    expect(status.gitOps).toMatchObject({ revision: { commit: second, branch: 'main' }, refused: null, failed: null });
    expect((await here.sexton('status')).out).toMatch(new RegExp(`^Revision: +${second.slice(0, 12)} of main, committed .* ago; the repository answered .* ago$`, 'm'));
    const metrics = (await daemon.get('/metrics')).text;
    expect(metrics).toContain(`sexton_revision_info{revision="${second}"} 1`);
    expect(metrics).toMatch(/^sexton_revision_age_seconds\{of="commit"\} \d/m);
    expect(metrics).toMatch(/^sexton_revision_age_seconds\{of="pull"\} \d/m);
    expect(metrics).toMatch(/^sexton_revision_refused 0$/m);

    const broken = await push({ 'hours.yaml': hours('08:00-09:00', 'gim') });
    const refused = await here.sexton('pull');
    expect([refused.code, refused.out]).toEqual([1, expect.stringMatching(/^hours\.yaml:6:\d+ spec\.weekly\[0\]\.doorGroups\[0\]: .*gim/)]);
    expect(refused.err).toContain(`commit ${broken.slice(0, 12)}`);
    expect(await here.openDoors()).toContain('Gym');
    await here.sexton('reconcile');
    expect((await here.sexton('status')).out).toContain(`${broken.slice(0, 12)} is refused`);
    expect((await daemon.get('/metrics')).text).toMatch(/^sexton_revision_refused 1$/m);
    expect(first).not.toBe(second);

    // The gym and its hours go; what it held is revoked after the second reading.
    await push({ 'hours.yaml': null, 'doors.yaml': doorGroup('lobby', 'Lobby'), 'rooms.yaml': roomMapping('{ name: Sanctuary, doorGroups: [lobby] }') });
    expect(await here.sexton('pull')).toMatchObject({ code: 0 });
    await until('the gym is closed', async () => !(await here.openDoors()).includes('Gym'), 40_000);
    expect(await here.openDoors()).toEqual(['Lobby']);
    expect((await daemon.stop()).code).toBe(0);
  });

  it('keeps what stands beside the files: nothing is accepted anew, no status flaps, and orders given here count on', async () => {
    const { here, push } = await repository();
    const daemon = await here.daemon();
    await push({});
    expect(await here.sexton('pull')).toMatchObject({ code: 0 });
    await here.sexton('reconcile');
    const before = await here.status('DoorGroup', 'lobby');
    const accepted = await here.files('state/accepted');
    const opened = await here.sexton('open', 'gym', '--for', '2h');
    expect(opened.code).toBe(0);
    await until('the gym stands open', async () => (await here.openDoors()).includes('Gym'));

    await push({ 'members.yaml': tierMapping('Ask') });
    expect(await here.sexton('pull')).toMatchObject({ code: 0 });
    expect(await here.status('DoorGroup', 'lobby')).toEqual(before);
    await here.sexton('reconcile');
    const times = ({ conditions }: { readonly conditions: unknown }): unknown => (conditions as readonly { readonly type: string; readonly lastTransitionTime: string }[]).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]);
    expect(times(await here.status('DoorGroup', 'lobby'))).toEqual(times(before));
    expect(await here.openDoors()).toEqual(['Gym', 'Lobby']);
    const after = await here.files('state/accepted');
    const same = Object.keys(accepted).filter((name) => !name.includes('tiermappings'));
    expect(Object.fromEntries(same.map((name) => [name, after[name]]))).toEqual(Object.fromEntries(same.map((name) => [name, accepted[name]])));
    expect((await daemon.stop()).code).toBe(0);
  });

  it('a process that is killed in the middle leaves a set that is whole', async () => {
    const { here, push } = await repository();
    await push({});
    expect(await here.sexton('pull')).toMatchObject({ code: 0 });
    const pair = (index: number): Readonly<Record<string, string>> => ({
      'doors.yaml': [doorGroup('lobby', 'Lobby'), doorGroup(`gym${index}`, 'Gym')].join('---\n'),
      'rooms.yaml': roomMapping('{ name: Sanctuary, doorGroups: [lobby] }', `{ name: Gym, doorGroups: [gym${index}] }`),
      'hours.yaml': hours('09:00-10:00', `gym${index}`),
    });
    for (const [index, ms] of [300, 450, 600, 900].entries()) {
      await push(pair(index));
      const child = here.start('pull');
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill('SIGKILL');
      await child.ended;
      // References hold only within one commit: a mix would not validate.
      expect(await here.sexton('validate')).toMatchObject({ code: 0 });
    }
    expect(await here.sexton('pull')).toMatchObject({ code: 0 });
    expect(await here.read('resources/hours.yaml')).toContain('gym3');
  });
});
