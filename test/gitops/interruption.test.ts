import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { validateFiles } from '../../src/cli/validation.js';
import { gitEnvironment } from '../../src/gitops/git-environment.js';
import { createGit } from '../../src/gitops/git.js';
import type { PullOptions, PullStep } from '../../src/gitops/pull-order.js';
import { pull } from '../../src/gitops/pull.js';
import { gitOpsPaths } from '../../src/runtime/paths.js';
import { doorGroup } from '../cli/harness.js';
import { until } from '../support/process.js';
import { GitWorld, git, gym, lobby } from './world.js';

const worlds: GitWorld[] = [];
afterEach(() => {
  for (const each of worlds.splice(0)) each.end();
});

function world(gitOps?: Readonly<Record<string, unknown>>): GitWorld {
  const made = new GitWorld(gitOps);
  worlds.push(made);
  return made;
}

const steps: readonly PullStep[] = ['prepare', 'ask', 'fetch', 'judge', 'build', 'validate', 'seal', 'finish', 'share', 'switch', 'take over', 'look back', 'clean up'];

/** The options of the command, with a word in between its steps. */
function options(here: GitWorld, onStep: PullOptions['onStep'], signal = new AbortController().signal): PullOptions {
  const { resources, stateDir, runtimeDir, gitOps } = here.configuration();
  if (gitOps === null) throw new Error('gitOps is off');
  for (const directory of [stateDir, runtimeDir]) mkdirSync(directory, { recursive: true });
  const environment = gitEnvironment(gitOps, { username: null, password: null, sshKey: null }, { repository: gitOpsPaths(stateDir).repository, environment: { PATH: process.env['PATH'] } });
  return {
    resources,
    stateDir,
    runtimeDir,
    gitOps,
    git: createGit({ environment, signal, scrub: (text) => text }),
    now: () => Date.now(),
    validate: async (directory) => {
      const { problems, warnings } = await validateFiles([directory], 'first-church');
      return { problems: problems.map((problem) => ({ ...problem, file: problem.file.slice(directory.length + 1) })), warnings };
    },
    onTrouble: () => undefined,
    program: 'test',
    allowForcePush: false,
    setAside: false,
    onStep,
  };
}

/** Runs until the step begins, and never goes on: as a process that is killed there leaves the disk. */
async function killedAt(here: GitWorld, step: PullStep): Promise<void> {
  await new Promise<void>((reached, failed) => {
    pull(options(here, (at) => {
      if (at !== step) return Promise.resolve();
      reached();
      return new Promise(() => undefined);
    })).then(() => failed(new Error(`it never came to ${step}`)), failed);
  });
}

describe('a pull that is killed', () => {
  it.each(steps)('before "%s" leaves the old tree or the new one; the next pull ends it and tidies up', async (step) => {
    const here = world();
    here.push({ 'doors.yaml': lobby, 'gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0 });
    here.write('resources/generated/open-1.yaml', doorGroup('one'));
    const old = here.served();
    here.push({ 'doors.yaml': doorGroup('lobby', ', labels: { new: one }'), 'gym.yaml': null, 'hall.yaml': doorGroup('hall') });
    await killedAt(here, step);
    const after = here.served();
    const wanted = { 'doors.yaml': doorGroup('lobby', ', labels: { new: one }'), 'generated/open-1.yaml': doorGroup('one'), 'hall.yaml': doorGroup('hall') };
    expect([old, wanted]).toContainEqual(after);
    expect(steps.indexOf(step) > steps.indexOf('switch')).toBe('hall.yaml' in after);

    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(here.served()).toEqual(wanted);
    if (step !== 'build' && step !== 'finish' && step !== 'take over') return;
    // The next change leaves the served tree and the one before it, and nothing half-made.
    here.push({ 'gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0, err: '' });
    const left = readdirSync(join(here.stateDir, 'gitops/trees'));
    expect(left).toHaveLength(2);
    expect(left.every((name) => !name.startsWith('.'))).toBe(true);
  });

  it.each(['share', 'switch', 'take over', 'look back'] as const)('while it takes over a plain directory, before "%s"', async (step) => {
    const here = world();
    here.write('resources/doors.yaml', lobby);
    here.write('resources/generated/open-1.yaml', doorGroup('one'));
    here.push({ 'doors.yaml': lobby });
    await killedAt(here, step);
    expect(here.served()).toEqual({ 'doors.yaml': lobby, 'generated/open-1.yaml': doorGroup('one') });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(lstatSync(here.resources).isSymbolicLink()).toBe(true);
    expect(here.served()).toEqual({ 'doors.yaml': lobby, 'generated/open-1.yaml': doorGroup('one') });
  });

  it('with the directory moved and no link yet, the next pull makes it', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    await here.pull();
    rmSync(here.resources);
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
  });
});

describe('what happens during the switch', () => {
  it('a file that a command writes just before or after it is there afterwards', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    await here.pull();
    here.push({ 'gym.yaml': gym });
    const result = await pull(options(here, (step) => {
      writeFileSync(join(here.resources, `generated/open-${step.replace(' ', '-')}.yaml`), doorGroup('x'));
      return Promise.resolve();
    }));
    expect(result.outcome).toBe('Switched');
    expect(Object.keys(here.served()).filter((name) => name.startsWith('generated/'))).toHaveLength(steps.length);
  });

  it('a file that a command writes into a plain directory while it is taken over is there afterwards', async () => {
    const here = world();
    here.write('resources/doors.yaml', lobby);
    here.write('resources/generated/first.yaml', doorGroup('first'));
    here.push({ 'doors.yaml': lobby });
    await pull(options(here, (step) => {
      if (step === 'switch' || step === 'take over') writeFileSync(join(here.resources, `generated/${step.replace(' ', '-')}.yaml`), doorGroup('x'));
      return Promise.resolve();
    }));
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'generated/first.yaml', 'generated/switch.yaml', 'generated/take-over.yaml']);
  });

  it('an edit before the last look refuses; one after it is kept aside', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    await here.pull();
    here.push({ 'gym.yaml': gym });
    const editAt = (at: PullStep): Promise<Awaited<ReturnType<typeof pull>>> =>
      pull(options(here, (step) => {
        // As editors save: another file under the same name.
        if (step === at) {
          const path = join(here.resources, 'doors.yaml');
          const text = `${readFileSync(path, 'utf8')}# ${at}\n`;
          rmSync(path);
          writeFileSync(path, text);
        }
        return Promise.resolve();
      }));
    const early = await editAt('validate');
    expect(early).toMatchObject({ outcome: 'Refused', refused: { reason: 'LocalEdits', problems: [{ file: 'doors.yaml' }] } });
    expect(here.served()).toEqual({ 'doors.yaml': `${lobby}# validate\n` });
    here.push({ 'doors.yaml': `${lobby}# validate\n` });
    const late = await editAt('switch');
    if (late.outcome !== 'Switched') throw new Error(late.outcome);
    expect(late.aside).toHaveLength(1);
    expect(readFileSync(join(late.aside[0] ?? '', 'doors.yaml'), 'utf8')).toBe(`${lobby}# validate\n# switch\n`);
    expect(here.served()).toEqual({ 'doors.yaml': `${lobby}# validate\n`, 'gym.yaml': gym });
  });

  it('what somebody leaves in an old tree is kept when the tree goes', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    await here.pull();
    appendFileSync(join(here.resources, 'notes.txt'), 'ask the plumber\n');
    here.push({ 'gym.yaml': gym });
    await here.pull();
    here.push({ 'hall.yaml': doorGroup('hall') });
    const { err } = await here.pull();
    const [, kept = ''] = /what was replaced is kept in (\S+)/.exec(err) ?? [];
    expect(readdirSync(kept)).toEqual(['notes.txt']);
  });
});

describe('two pulls, a signal, a damaged repository', () => {
  it('a second pull says who is at work', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const results = await Promise.all([here.pull(), here.pull()]);
    expect(results.map(({ code }) => code).sort()).toEqual([0, 75]);
    expect(results.find(({ code }) => code === 75)?.err).toContain(`another \`sexton pull\` (pid ${process.pid}) is at work`);
  });

  it('a signal ends the git that runs, and leaves what was', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    await here.pull();
    const stop = new AbortController();
    const slow = join(here.root, 'bin');
    mkdirSync(slow);
    writeFileSync(join(slow, 'git'), `#!/bin/sh\necho $$ > ${here.root}/git.pid\nexec sleep 1000\n`, { mode: 0o755 });
    const { PATH = '' } = process.env;
    const { runCommandLine } = await import('../cli/harness.js');
    const running = runCommandLine(['--config', here.configFile, 'pull'], { environment: { PATH: `${slow}:${PATH}` }, interrupt: stop.signal });
    await until('git runs', () => existsSync(join(here.root, 'git.pid')) && readFileSync(join(here.root, 'git.pid'), 'utf8') !== '');
    stop.abort('SIGTERM');
    expect(await running).toMatchObject({ code: 130, err: expect.stringContaining('interrupted; what was in force stays in force') as string });
    const pid = Number(readFileSync(join(here.root, 'git.pid'), 'utf8'));
    await until('it is gone', () => !existsSync(`/proc/${pid}`));
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
  });

  it('what a killed git left is removed; a repository that lost its objects is fetched again, its history with it', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    await here.pull();
    const kept = join(here.stateDir, 'gitops/repository.git');
    for (const name of ['shallow.lock', 'objects/pack/tmp_pack_x', 'refs/sexton/fetched.lock']) writeFileSync(join(kept, name), 'x');
    here.push({ 'gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(existsSync(join(kept, 'objects/pack/tmp_pack_x'))).toBe(false);

    for (const name of readdirSync(join(kept, 'objects/pack'))) {
      chmodSync(join(kept, 'objects/pack', name), 0o644);
      writeFileSync(join(kept, 'objects/pack', name), 'garbage');
    }
    here.push({ 'hall.yaml': doorGroup('hall') });
    const damaged = await here.pull();
    expect([damaged.code, damaged.err]).toEqual([0, '']);
    rmSync(kept, { recursive: true });
    here.push({ 'attic.yaml': doorGroup('attic') });
    expect(await here.pull()).toMatchObject({ code: 0 });
    // And a rewritten history is still seen for what it is.
    rmSync(kept, { recursive: true });
    git(here.clone, 'reset', '--quiet', '--hard', 'HEAD~2');
    here.push({ 'other.yaml': doorGroup('other') });
    expect(await here.pull()).toMatchObject({ code: 1, err: expect.stringContaining('the branch was rewritten') as string });
  });
});

describe('a disk that takes nothing', () => {
  it('one that takes only part of what is fetched: the pull fails, the old tree stays, the next pull goes through', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    await here.pull();
    // Git meets the limit in the middle of the pack that it writes.
    const limited = join(here.root, 'bin');
    mkdirSync(limited);
    writeFileSync(join(limited, 'git'), `#!/bin/sh\nulimit -f 8\ntrap '' XFSZ\nexec ${execFileSync('which', ['git'], { encoding: 'utf8' }).trim()} "$@"\n`, { mode: 0o755 });
    here.push({ 'big.yaml': `${gym}# ${execFileSync('head', ['-c', '60000', '/dev/urandom']).toString('base64')}\n` });
    here.environment = { PATH: `${limited}:${process.env['PATH'] ?? ''}` };
    const { code, err } = await here.pull();
    expect([code, err]).toEqual([2, expect.stringContaining('the pull failed, and what was in force stays in force')]);
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
    here.environment = {};
    expect(await here.pull()).toMatchObject({ code: 0 });
  });

  it('a full file system, where one can be mounted; else one that cannot be written', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const script = join(here.root, 'small.sh');
    writeFileSync(script, `mkdir -p ${here.stateDir} && mount -t tmpfs -o size=256k,mode=755 tmpfs ${here.stateDir} && echo mounted && exec "$@"\n`);
    const probe = spawn('unshare', ['-m', 'sh', script, 'true'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    probe.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const mounts = await new Promise<boolean>((resolve) => probe.once('error', () => resolve(false)).once('close', () => resolve(said.includes('mounted'))));
    if (mounts) {
      here.push({ 'big.yaml': `${gym}# ${execFileSync('head', ['-c', '300000', '/dev/urandom']).toString('base64')}\n` });
      const root = join(import.meta.dirname, '../..');
      const program = ['--import', join(root, '.dev/ts-node.mjs'), join(root, 'src/sexton.ts'), '--config', here.configFile, 'pull'];
      const child = spawn('unshare', ['-m', 'sh', script, process.execPath, ...program], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
      let err = '';
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect([code, err]).toEqual([2, expect.stringContaining('the disk is full: make room in the state directory')]);
    } else {
      writeFileSync(here.stateDir, 'no directory');
      expect(await here.pull()).toMatchObject({ code: 78, err: expect.stringContaining('stateDir') as string });
    }
  });
});
