import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { chown, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryApprovals } from '../../src/controller/approvals.js';
import { actingUsers, type ActingUsers } from '../../src/runtime/acting-group.js';
import { appendLine } from '../../src/runtime/poke-file.js';
import { sharePoke, shareDirectory } from '../../src/runtime/shared-place.js';
import { withoutStrangers } from '../../src/store/directory/generated-owners.js';
import { readTree } from '../../src/store/directory/tree.js';
import { fakeClock } from '../support/fake-clock.js';
import { runModule } from '../runtime/child.js';
import { mayMount, stick } from '../support/stuck-file.js';

const mounts = mayMount();

/** Only root can give files to other users; elsewhere that part is left out, which is said here. */
const root = process.geteuid?.() === 0;
if (!root) console.warn('who may act: not root, so that files of other users cannot be made here; those cases are left out');

const [alice, bob, mallory, group] = [4101, 4102, 4103, 4200];
const hash = 'aaaaaaaaaaaa';
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sexton-acting-'));
  writeFileSync(join(directory, 'passwd'), `root:x:0:0::/root:/bin/sh\nalice:x:${alice}:${alice}::/:/bin/sh\nbob:x:${bob}:${group}::/:/bin/sh\nmallory:x:${mallory}:${mallory}::/:/bin/sh\n`);
  writeFileSync(join(directory, 'group'), `root:x:0:\nsexton:x:${group}:alice,ghost\nother:x:4300:mallory\n`);
  mkdirSync(join(directory, 'approvals'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const users = (): Promise<ActingUsers> => actingUsers({ passwd: join(directory, 'passwd'), group: join(directory, 'group') });
const nobodyElse = (): Promise<ActingUsers> => actingUsers({ passwd: join(directory, 'passwd'), group: join(directory, 'nothing') });

describe('who may give orders', () => {
  it('members of the group, by the list and by their own group; root; and whoever runs the controller', async () => {
    const acting = await users();
    expect([alice, bob, mallory, 0, 9999].map((uid) => acting.allows(uid))).toEqual([true, true, false, true, false]);
    expect(acting.nameOf(mallory)).toBe('mallory');
    expect(acting.nameOf(9999)).toBe('uid 9999');
    expect((await actingUsers({ passwd: '/nothing', group: '/nothing' }, 4242)).allows(4242)).toBe(true);
  });

  it('without the group only the last two', async () => {
    const acting = await actingUsers({ passwd: join(directory, 'passwd'), group: join(directory, 'nothing') }, 4242);
    expect(acting.gid).toBeNull();
    expect([alice, bob, mallory, 0, 4242].map((uid) => acting.allows(uid))).toEqual([false, false, false, true, true]);
  });
});

describe('approvals by their owner', () => {
  const clock = fakeClock(Date.parse('2026-11-21T12:00:00Z'));
  const approve = async (name: string, uid: number | null): Promise<void> => {
    const path = join(directory, 'approvals', `${name}.json`);
    await writeFile(path, JSON.stringify({ version: 1, hash: name, ops: [`op of ${name}`], by: 'alice', at: '2026-11-21T12:00:00Z' }));
    if (uid !== null) await chown(path, uid, uid);
  };
  const approvals = (who = users) => directoryApprovals(join(directory, 'approvals'), clock, who);

  it('of this user count, and say who released what', async () => {
    await approve(hash, null);
    const found = approvals();
    expect([...(await found.open())]).toEqual([`op of ${hash}`]);
    expect(found.releasedBy(`op of ${hash}`)).toEqual({ by: 'alice', uid: process.geteuid?.(), at: '2026-11-21T12:00:00Z', plan: hash });
    expect(found.releasedBy('another')).toBeNull();
  });

  it.runIf(root).each([
    { who: 'alice, who is on the list', uid: alice, counts: true },
    { who: 'bob, whose own group it is', uid: bob, counts: true },
    { who: 'mallory, who is neither', uid: mallory, counts: false },
    { who: 'a user without a name', uid: 9999, counts: false },
  ])('of $who: $counts', async ({ uid, counts }) => {
    await approve(hash, uid);
    const found = approvals();
    expect((await found.open()).size).toBe(counts ? 1 : 0);
    expect(found.refused().map((each) => each.file)).toEqual(counts ? [] : [`${hash}.json`]);
    if (!counts) expect(found.refused()[0]?.message).toContain('may not give orders');
    // A refused one is left where it is: it is evidence, and nobody else's to use up.
    await found.use([`op of ${hash}`]);
    expect(readdirSync(join(directory, 'approvals'))).toEqual(counts ? [] : [`${hash}.json`]);
  });

  it.runIf(root)('of a member do not count where the group does not exist', async () => {
    await approve(hash, alice);
    const found = approvals(nobodyElse);
    expect((await found.open()).size).toBe(0);
    expect(found.refused()[0]?.message).toContain('only root and the user that runs sexton may');
  });

  it.runIf(root)('beside one of a stranger count all the same', async () => {
    await approve(hash, alice);
    await approve('bbbbbbbbbbbb', mallory);
    expect([...(await approvals().open())]).toEqual([`op of ${hash}`]);
  });

  it('a link to a file of a member is none of theirs', async () => {
    await approve(hash, null);
    symlinkSync(join(directory, 'approvals', `${hash}.json`), join(directory, 'approvals', 'bbbbbbbbbbbb.json'));
    const found = approvals();
    expect([...(await found.open())]).toEqual([`op of ${hash}`]);
    // It shows that somebody tried.
    expect(found.refused()).toMatchObject([{ file: 'bbbbbbbbbbbb.json', message: expect.stringContaining('is no file that a command leaves') as unknown }]);
  });

  it.runIf(mounts)('one that the disk does not let go is used once all the same', async () => {
    await approve(hash, null);
    const letGo = stick(join(directory, 'approvals', `${hash}.json`));
    try {
      const found = approvals();
      expect((await found.open()).size).toBe(1);
      await expect(found.use([`op of ${hash}`])).rejects.toThrow('is not released again');
      expect((await found.open()).size).toBe(0);
    } finally {
      letGo();
    }
  });

  it('a pipe or a directory in their place keeps nobody waiting', async () => {
    mkdirSync(join(directory, 'approvals', `${hash}.json`));
    expect((await approvals().open()).size).toBe(0);
  });
});

describe('notes of orders', () => {
  const clock = fakeClock(Date.parse('2026-11-21T12:00:00Z'));
  const note = join('approvals', 'order-20261121T120000Z-0a1b2c3d.json');
  const write = (more: object = {}): void => {
    writeFileSync(join(directory, note), JSON.stringify({ version: 1, order: 'restore', ref: '140@2026-11-21T18:00:00Z', files: ['generated/a.yaml'], by: 'alice', at: '2026-11-21T12:00:00Z', ...more }));
  };

  it('are taken once, with the user that owns the file', async () => {
    write({ by: 'alice\u202e' });
    const taken: unknown[] = [];
    const found = directoryApprovals(join(directory, 'approvals'), clock, users);
    await found.takeOrders((orders) => Promise.resolve(void taken.push(...orders)));
    await found.takeOrders((orders) => Promise.resolve(void taken.push(...orders)));
    expect(taken).toEqual([{ order: 'restore', ref: '140@2026-11-21T18:00:00Z', files: ['generated/a.yaml'], by: 'alice', at: '2026-11-21T12:00:00Z', uid: process.geteuid?.() }]);
    expect(readdirSync(join(directory, 'approvals'))).toEqual([]);
    expect((await found.open()).size).toBe(0);
  });

  it.runIf(root)('of a stranger are refused and stay', async () => {
    write();
    chownSync(join(directory, note), mallory, mallory);
    const found = directoryApprovals(join(directory, 'approvals'), clock, users);
    await found.takeOrders(() => Promise.reject(new Error('taken')));
    expect(found.refused()).toHaveLength(1);
  });
});

describe('files in generated/', () => {
  it.runIf(root).each([
    { who: 'a member', uid: alice, counts: true },
    { who: 'the owner of the directory', uid: 4500, counts: true },
    { who: 'a stranger', uid: mallory, counts: false },
  ])('of $who: $counts', async ({ uid, counts }) => {
    const resources = join(directory, 'resources');
    const file = join(resources, 'generated', 'approve-140.yaml');
    mkdirSync(join(resources, 'generated'), { recursive: true });
    writeFileSync(join(resources, 'own.yaml'), '');
    writeFileSync(file, '');
    chownSync(resources, 4500, 4500);
    chownSync(join(resources, 'own.yaml'), mallory, mallory);
    chownSync(file, uid, uid);
    const { files, blocked } = await withoutStrangers(await readTree(resources), resources, users);
    // Only orders go by their owner; whoever may write elsewhere is the business of the directory's owner.
    expect(files.map(({ path }) => path)).toEqual(counts ? ['generated/approve-140.yaml', 'own.yaml'] : ['own.yaml']);
    expect(blocked.map(({ path, problem }) => `${path} ${problem.message}`)).toEqual(counts ? [] : [expect.stringContaining('belongs to mallory, who may not give orders')]);
  });
});

describe('places that the group shares', () => {
  const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

  it.runIf(root)('the directory is the group\'s, with the setgid bit, and is put right once', async () => {
    const path = join(directory, 'shared');
    const place = { path, mode: 0o2770, alone: 0o700, owner: { uid: alice, gid: alice } };
    await shareDirectory(place, users);
    expect([statSync(path).uid, statSync(path).gid, mode(path)]).toEqual([alice, group, '2770']);
    const before = statSync(path).ctimeMs;
    await shareDirectory(place, users);
    expect(statSync(path).ctimeMs).toBe(before);
    chmodSync(path, 0o755);
    await shareDirectory(place, users);
    expect(mode(path)).toBe('2770');
  });

  it('without the group it is its owner\'s alone', async () => {
    const path = join(directory, 'shared');
    const own = statSync(directory);
    await shareDirectory({ path, mode: 0o2770, alone: 0o700, owner: own }, nobodyElse);
    expect([statSync(path).uid, mode(path)]).toEqual([own.uid, '700']);
    await sharePoke(join(directory, 'poke'), nobodyElse);
    expect(readdirSync(directory)).not.toContain('poke');
  });

  it.runIf(root)('a member pokes without being able to write beside the lock', async () => {
    const run = join(directory, 'run');
    mkdirSync(run);
    chownSync(run, bob, group);
    chmodSync(directory, 0o755);
    chmodSync(run, 0o750);
    await sharePoke(join(run, 'poke'), users);
    expect([statSync(join(run, 'poke')).gid, mode(join(run, 'poke'))]).toEqual([group, '660']);
    const attempt = (who: string): string =>
      runModule(`
        process.setgroups([${who === 'alice' ? group : mallory}]); process.setegid(${who === 'alice' ? alice : mallory}); process.seteuid(${who === 'alice' ? alice : mallory});
        const { appendLine } = await import('@src/runtime/poke-file.ts');
        const { writeFileSync } = await import('node:fs');
        const path = ${JSON.stringify(join(run, 'poke'))};
        const poked = await appendLine(path, 'from ${who}').then(() => 'poked', (error) => error.code);
        let beside = 'written';
        try { writeFileSync(path + '.lock', ''); } catch (error) { beside = error.code; }
        console.log(poked, beside);`);
    expect(attempt('alice')).toBe('poked EACCES');
    expect(attempt('mallory')).toBe('EACCES EACCES');
    expect(readFileSync(join(run, 'poke'), 'utf8')).toBe('\nfrom alice\n');
    expect([statSync(join(run, 'poke')).gid, mode(join(run, 'poke'))]).toEqual([group, '660']);
  });

  it('a poke follows no link and writes into nothing that has another name too: it replaces both', async () => {
    const secret = join(directory, 'secret');
    writeFileSync(secret, 'kept');
    symlinkSync(secret, join(directory, 'link'));
    linkSync(secret, join(directory, 'hard'));
    for (const name of ['link', 'hard', 'missing']) {
      await appendLine(join(directory, name), 'x');
      expect([lstatSync(join(directory, name)).isFile(), readFileSync(join(directory, name), 'utf8').trim()]).toEqual([true, 'x']);
    }
    expect(readFileSync(secret, 'utf8')).toBe('kept');
  });
});
