import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDirectoryStore } from '../../src/store/directory/directory-store.js';
import { systemClock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/log.js';
import { doorGroup, roomMapping } from '../cli/harness.js';
import { GitWorld, git, gym, lobby } from './world.js';

const worlds: GitWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.end();
});

function world(gitOps?: Readonly<Record<string, unknown>>): GitWorld {
  const made = new GitWorld(gitOps);
  worlds.push(made);
  return made;
}

describe('a pull', () => {
  it('puts a commit in force, says what changed, and finds nothing new without writing a byte', async () => {
    const here = world();
    const first = here.push({ 'doors.yaml': lobby, 'deep/gym.yml': gym, 'README.md': 'hello', '.github/x.yaml': 'no: resource' });
    const switched = await here.pull();
    expect([switched.code, switched.err]).toEqual([0, '']);
    expect(switched.out).toContain(`${first.slice(0, 12)} of main is in force now, committed Sat 2026-11-21 05:01; no daemon runs`);
    expect(switched.out).toContain('+ deep/gym.yml\n+ doors.yaml\n');
    expect(switched.out).not.toContain('Grace');
    expect(here.served()).toEqual({ 'doors.yaml': lobby, 'deep/gym.yml': gym });

    const before = here.fingerprint(here.stateDir);
    const again = await here.pull();
    expect([again.code, again.err]).toEqual([0, '']);
    expect(again.out).toContain(`nothing new: ${first.slice(0, 12)} of main`);
    expect(here.fingerprint(here.stateDir)).toBe(before);

    const second = here.push({ 'doors.yaml': doorGroup('lobby', ', labels: { floor: one }'), 'deep/gym.yml': null, 'hall.yaml': doorGroup('hall') });
    const { code, out } = await here.pull('-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'Switched',
      revision: { commit: second, branch: 'main', authoredAt: '2026-11-21T10:02:00Z' },
      previous: { commit: first },
      commits: [{ id: second }],
      files: { added: ['hall.yaml'], changed: ['doors.yaml'], removed: ['deep/gym.yml'] },
    });
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'hall.yaml']);
    expect((await here.run('get', 'dg', '-o', 'name')).out).toBe('doorgroup.sexton.dev/hall\ndoorgroup.sexton.dev/lobby\n');
    expect(await here.run('validate')).toMatchObject({ code: 0 });
  });

  it('links what did not change: a small commit writes small', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby, 'gym.yaml': gym });
    await here.pull();
    const inode = lstatSync(join(here.resources, 'doors.yaml')).ino;
    here.push({ 'gym.yaml': doorGroup('gym', ', labels: { a: b }') });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(lstatSync(join(here.resources, 'doors.yaml')).ino).toBe(inode);
  });

  it('follows one directory of the repository', async () => {
    const here = world({ path: './sites/main/' });
    here.push({ 'sites/main/doors.yaml': lobby, 'other/gym.yaml': 'kind: Nonsense\n' });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
    here.push({ 'sites/annex/gym.yaml': gym, 'sites/main/doors.yaml': lobby });
    here.configure({ path: 'sites/annex' });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(here.served()).toEqual({ 'gym.yaml': gym });
  });

  it('a newer revision shows in the state that status, metrics and alerts read', async () => {
    const here = world();
    const first = here.push({ 'doors.yaml': lobby });
    await here.pull();
    const { readGitOpsState } = await import('../../src/gitops/state-files.js');
    expect(await readGitOpsState(here.configuration())).toEqual({
      revision: { commit: first, branch: 'main', authoredAt: '2026-11-21T10:01:00Z', pulledAt: expect.any(String) as string },
      refused: null,
      fetchedAt: expect.stringMatching(/Z$/) as string,
      failed: null,
      intervalSeconds: 300,
    });
  });
});

describe('a commit that is refused leaves the old one in force', () => {
  it('is judged as a whole, references included; told with file, line, commit and date; once', async () => {
    const here = world({ path: 'conf' });
    const good = here.push({ 'conf/doors.yaml': lobby });
    await here.pull();
    const bad = here.push({ 'conf/rooms.yaml': roomMapping('rooms', 'gim'), 'conf/more.yaml': doorGroup('gym').replace('doors:', 'dors:') });
    const { code, out, err } = await here.pull();
    expect(code).toBe(1);
    expect(out).toMatch(/^conf\/more\.yaml:4:9 spec\.dors: .*did you mean `doors`/m);
    expect(out).toMatch(/^conf\/rooms\.yaml:4:\d+ spec\.rooms\[0\]\.doorGroups\[0\]: .*gim/m);
    expect(err).toContain(`commit ${bad.slice(0, 12)}, committed Sat 2026-11-21 05:02, is refused: it has`);
    expect(err).toContain(`${good.slice(0, 12)} stays in force`);
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
    expect(here.state()?.refused).toMatchObject({ commit: bad, authoredAt: '2026-11-21T10:02:00Z', reason: 'Invalid' });

    const before = here.fingerprint(here.stateDir);
    const again = await here.pull();
    expect([again.code, again.out]).toEqual([1, out]);
    expect(again.err).toContain('refused since');
    expect(here.fingerprint(here.stateDir)).toBe(before);

    here.push({ 'conf/rooms.yaml': roomMapping('rooms', 'lobby'), 'conf/more.yaml': null });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(here.state()?.refused).toBeNull();
  });

  it('a branch that was rewritten: refused, until a person accepts it or the configuration does', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const forced = here.push({ 'gym.yaml': gym });
    await here.pull();
    git(here.clone, 'reset', '--quiet', '--hard', 'HEAD~1');
    const { code, err } = await here.pull();
    expect([code, err]).toEqual([0, '']);
    git(here.clone, 'push', '--quiet', '--force', 'origin', 'HEAD:main');
    const refused = await here.pull();
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(`no longer holds ${forced.slice(0, 12)}, which is in force; push a commit on top of it, or accept this one with \`sexton pull --allow-force-push\``)]);
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'gym.yaml']);
    expect(await here.pull('--allow-force-push')).toMatchObject({ code: 0 });
    expect(Object.keys(here.served())).toEqual(['doors.yaml']);
    // Nothing is new: the flag is not needed again.
    expect(await here.pull()).toMatchObject({ code: 0 });

    git(here.clone, 'checkout', '--quiet', '--orphan', 'other');
    here.push({ 'hall.yaml': doorGroup('hall') });
    expect(await here.pull()).toMatchObject({ code: 1 });
    here.configure({ allowForcePush: true });
    expect(await here.pull()).toMatchObject({ code: 0 });
  });

  it('a deleted branch, and a repository without any', async () => {
    const here = world();
    const empty = await here.pull();
    expect([empty.code, empty.err]).toEqual([1, expect.stringContaining('it has no branch at all: push one')]);
    here.push({ 'doors.yaml': lobby });
    expect(await here.pull()).toMatchObject({ code: 0 });
    git(here.clone, 'push', '--quiet', 'origin', 'HEAD:trunk');
    git(here.remote, 'branch', '-D', 'main');
    const gone = await here.pull();
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('the repository has no branch main; it has trunk: push main, or name another in gitOps.branch')]);
    expect(here.state()?.refused).toMatchObject({ commit: null, reason: 'BranchMissing' });
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
    here.configure({ branch: 'trunk' });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(here.state()?.refused).toBeNull();
  });

  it('a submodule, a link out of the tree, LFS pointers, files where commands write', async () => {
    const here = world({ path: 'conf' });
    here.push({ 'conf/doors.yaml': lobby, 'secret.yaml': gym });
    await here.pull();
    const refused = async (what: string): Promise<void> => {
      here.commit();
      const { code, out } = await here.pull();
      expect([code, out]).toEqual([1, expect.stringContaining(what)]);
      expect(here.served()).toEqual({ 'doors.yaml': lobby });
      git(here.clone, 'revert', '--no-edit', 'HEAD');
    };
    git(here.clone, 'update-index', '--add', '--cacheinfo', `160000,${here.head()},conf/sub`);
    mkdirSync(join(here.clone, 'conf/sub'));
    await refused('conf/sub:0:0: is a submodule, which is never fetched');
    symlinkSync('../secret.yaml', join(here.clone, 'conf/out.yaml'));
    await refused('conf/out.yaml:0:0: is a link that leads out of the directory');
    symlinkSync('/etc', join(here.clone, 'conf/etc'));
    await refused('conf/etc:0:0: is a link that leads out of the directory');
    writeFileSync(join(here.clone, 'conf/big.yaml'), 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n');
    await refused('conf/big.yaml:0:0: is a pointer of git-lfs');
    mkdirSync(join(here.clone, 'conf/generated'));
    writeFileSync(join(here.clone, 'conf/generated/x.yaml'), gym);
    await refused("conf/generated/x.yaml:0:0: stands where this machine's own commands write");
    writeFileSync(join(here.clone, 'conf/gym.status.yaml'), gym);
    await refused('conf/gym.status.yaml:4:1 spec: this is a resource under the name of a status file');
  });

  it('links inside the tree, committed status files, and files that are no YAML get in nobody\'s way', async () => {
    const here = world();
    mkdirSync(join(here.clone, 'shared'));
    symlinkSync('shared/gym.txt', join(here.clone, 'gym.yaml'));
    symlinkSync('README.md', join(here.clone, 'AGENTS.md'));
    here.push({ 'doors.yaml': lobby, 'doors.status.yaml': 'kind: DoorGroup\nmetadata: { name: lobby }\nstatus: {}\n', 'shared/gym.txt': gym, 'README.md': 'x', 'logo.png': Buffer.from([0, 1, 255]) });
    expect(await here.pull()).toMatchObject({ code: 1, out: expect.stringContaining('gym.yaml:0:0: is a link to what is no resource file') as string });
    here.push({ 'shared/gym.txt': null, 'shared/.keep/x': '', 'gym.yaml': null, 'shared/gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(readdirSync(here.resources).sort()).toEqual(['.sexton-revision.json', 'doors.yaml', 'generated', 'shared']);
  });

  it('a path that is missing, an empty tree, too many files, too many bytes', async () => {
    const here = world({ path: 'conf' });
    here.push({ 'conf/doors.yaml': lobby });
    await here.pull();
    here.push({ 'conf/doors.yaml': null, 'elsewhere/doors.yaml': lobby });
    const missing = await here.pull();
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('it has no directory conf (gitOps.path); restore it')]);
    here.push({ 'conf/README.md': 'nothing here' });
    const empty = await here.pull();
    expect([empty.code, empty.err]).toEqual([1, expect.stringContaining('conf (gitOps.path) holds no resource file, and an empty set is never put in force')]);
    here.push({ 'conf/doors.yaml': lobby, 'conf/gym.yaml': gym });
    here.configure({ path: 'conf', maxFiles: 1 });
    expect(await here.pull()).toMatchObject({ code: 1, err: expect.stringContaining('it has 2 resource files, and gitOps.maxFiles allows 1') as string });
    here.configure({ path: 'conf', maxSize: '64Ki' });
    expect(await here.pull()).toMatchObject({ code: 0 });
    here.push({ 'conf/gym.yaml': `${gym}#${'x'.repeat(100_000)}\n` });
    expect(await here.pull()).toMatchObject({ code: 1, err: expect.stringContaining('its resource files have') as string });
    // Random bytes do not compress: the repository itself is too large, whatever directory is followed.
    here.push({ 'conf/gym.yaml': gym, 'video.mp4': execFileSync('head', ['-c', '400000', '/dev/urandom']) });
    const huge = await here.pull();
    expect([huge.code, huge.err]).toEqual([1, expect.stringContaining('larger than gitOps.maxSize allows')]);
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'gym.yaml']);
  });
});

describe('what was done on this machine', () => {
  it('local edits refuse a newer commit by name, until the same is committed or they are set aside', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby, 'gym.yaml': gym, 'hall.yaml': doorGroup('hall') });
    await here.pull();
    appendFileSync(join(here.resources, 'doors.yaml'), '# closed by hand\n');
    rmSync(join(here.resources, 'hall.yaml'));
    writeFileSync(join(here.resources, 'attic.yaml'), doorGroup('attic'));
    const same = await here.pull();
    expect([same.code, same.err]).toEqual([0, expect.stringContaining('doors.yaml was changed on this machine')]);

    here.push({ 'gym.yaml': doorGroup('gym', ', labels: { a: b }') });
    const refused = await here.pull();
    expect(refused.code).toBe(1);
    expect(refused.out).toBe('attic.yaml:0:0: was added on this machine\ndoors.yaml:0:0: was changed on this machine\nhall.yaml:0:0: was removed on this machine\n');
    expect(refused.err).toContain('commit the same to the repository, or undo it, or replace them with `sexton pull --set-aside`');
    expect(here.served()['doors.yaml']).toContain('# closed by hand');

    // Some of it is committed; that is no edit any more.
    here.push({ 'doors.yaml': `${lobby}# closed by hand\n`, 'hall.yaml': null });
    expect((await here.pull()).out).toBe('attic.yaml:0:0: was added on this machine\n');
    const aside = await here.pull('--set-aside');
    expect(aside.code).toBe(0);
    const [, kept = ''] = /what was replaced is kept in (\S+)/.exec(aside.err) ?? [];
    expect(readFileSync(join(kept, 'attic.yaml'), 'utf8')).toBe(doorGroup('attic'));
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'gym.yaml']);
  });

  it('status files stay beside their files, and never count as edits', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby, 'gym.yaml': gym });
    await here.pull();
    const status = '# Generated by sexton; do not edit.\nkind: DoorGroup\nmetadata: { name: lobby }\nstatus: { doorCount: 1 }\n';
    for (const name of ['doors.status.yaml', 'gym.status.yaml']) writeFileSync(join(here.resources, name), status);
    here.push({ 'gym.yaml': null, 'doors.yaml': doorGroup('lobby', ', labels: { a: b }') });
    expect(await here.pull()).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(join(here.resources, 'doors.status.yaml'), 'utf8')).toBe(status);
    expect(existsSync(join(here.resources, 'gym.status.yaml'))).toBe(false);
  });

  it('generated files of a plain directory come along with their owner, and no switch touches them again', async () => {
    const here = world();
    here.write('resources/doors.yaml', lobby);
    here.write('resources/generated/open-lobby-1.yaml', doorGroup('one'));
    const { ino } = lstatSync(join(here.resources, 'generated/open-lobby-1.yaml'));
    here.push({ 'doors.yaml': lobby });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(lstatSync(join(here.resources, 'generated/open-lobby-1.yaml')).ino).toBe(ino);
    const opened = await here.run('open', 'lobby', '--for', '2h');
    expect([opened.code, opened.err]).toEqual([0, '']);
    const folder = realpathSync(join(here.resources, 'generated'));
    expect(readdirSync(folder)).toHaveLength(2);
    here.push({ 'gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(realpathSync(join(here.resources, 'generated'))).toBe(folder);
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'generated/open-lobby-1.yaml', expect.stringMatching(/^generated\/open-lobby-2/), 'gym.yaml']);
    expect((await here.run('get', 'oh', '-o', 'name')).out).toMatch(/open-lobby-/);
    // A generated file that no longer fits is told, and holds nobody's commit up.
    here.push({ 'doors.yaml': null });
    const { code, err } = await here.pull();
    expect([code, err]).toEqual([0, expect.stringContaining('generated/open-lobby-')]);
  });

  it('a plain directory is taken over when the commit holds all of it, and refused by name when not', async () => {
    const here = world();
    here.write('resources/doors.yaml', lobby);
    here.write('resources/mine.yaml', gym);
    here.push({ 'doors.yaml': lobby });
    const refused = await here.pull();
    expect([refused.code, refused.out]).toEqual([1, 'mine.yaml:0:0: was added on this machine\n']);
    expect(lstatSync(here.resources).isDirectory()).toBe(true);
    here.push({ 'gym.yaml': gym, 'mine.yaml': gym.replace('name: gym', 'name: other') });
    const different = await here.pull();
    expect(different.code).toBe(1);
    rmSync(join(here.resources, 'mine.yaml'));
    const taken = await here.pull();
    expect([taken.code, taken.err]).toEqual([0, `what was replaced is kept in ${here.resources}.before-pull\n`]);
    expect(lstatSync(here.resources).isSymbolicLink()).toBe(true);
    expect(readFileSync(`${here.resources}.before-pull/doors.yaml`, 'utf8')).toBe(lobby);
  });

  it('a link to a directory of one\'s own is replaced by one rename; the directory stays', async () => {
    const here = world();
    here.write('mine/doors.yaml', lobby);
    symlinkSync(join(here.root, 'mine'), here.resources);
    here.push({ 'doors.yaml': lobby, 'gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'gym.yaml']);
    expect(readFileSync(join(here.root, 'mine/doors.yaml'), 'utf8')).toBe(lobby);
  });
});

describe('the store over a switched directory', () => {
  it('sees a removal by commit as any other: held until a second reading, then confirmed', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby, 'gym.yaml': gym });
    await here.pull();
    let monotonic = 0;
    const store = openDirectoryStore({
      directory: here.resources,
      stateDir: here.stateDir,
      runtimeDir: here.runtimeDir,
      site: 'first-church',
      clock: { ...systemClock, monotonic: () => monotonic },
      log: silentLogger,
      settleMs: 20,
    });
    try {
      let pokes = 0;
      store.onChange(() => (pokes += 1));
      expect((await store.list()).resources.map(({ name }) => name)).toEqual(['gym', 'lobby']);
      await expect.poll(() => pokes, { timeout: 5000 }).toBeGreaterThan(0);
      const before = pokes;
      here.push({ 'gym.yaml': null });
      await here.pull();
      const reading = await store.list();
      expect(reading.absent.map(({ name, confirmed }) => [name, confirmed])).toEqual([['gym', false]]);
      monotonic += 10_001;
      expect((await store.list()).absent.map(({ confirmed }) => confirmed)).toEqual([true]);
      await expect.poll(() => pokes, { timeout: 5000 }).toBeGreaterThan(before);
      // It watches the new tree, and the folder beside the trees.
      const switched = pokes;
      writeFileSync(join(here.resources, 'generated/open-x.yaml'), doorGroup('x'));
      await expect.poll(() => pokes, { timeout: 5000 }).toBeGreaterThan(switched);
    } finally {
      await store.close();
    }
  });
});
