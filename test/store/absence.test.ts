import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResourceStore } from '../../src/store/resource-store.js';
import { World, doorGroup, summary } from './world.js';

let world: World;
let store: ResourceStore;
beforeEach(async () => {
  world = new World();
  world.write('sub/lobby.yaml', doorGroup('lobby'));
  world.write('gym.yaml', doorGroup('gym'));
  store = world.open();
  await store.list();
});
afterEach(() => world.end());

describe('a removed document', () => {
  it('counts in a second reading at least 10 s later; until then it is in force', async () => {
    world.remove('gym.yaml');
    const first = await store.list();
    expect(summary(first)).toEqual(['DoorGroup/lobby sub/lobby.yaml v1', 'absent DoorGroup/gym']);
    expect(first.absent[0]?.accepted).toMatchObject({ kind: 'DoorGroup', metadata: { name: 'gym', generation: 1 }, spec: { deletionPolicy: 'Lock' } });
    expect(first.confirmAbsenceIn).toBe(10_000);
    world.pass(9.999);
    const early = await store.list();
    expect([summary(early), early.confirmAbsenceIn]).toEqual([['DoorGroup/lobby sub/lobby.yaml v1', 'absent DoorGroup/gym'], 1]);
    world.pass(0.001);
    const second = await store.list();
    expect([summary(second), second.confirmAbsenceIn]).toEqual([['DoorGroup/lobby sub/lobby.yaml v1', 'absent DoorGroup/gym confirmed'], null]);
    expect(summary(await store.list())).toContain('absent DoorGroup/gym confirmed');
    await store.forget('DoorGroup', 'gym');
    expect(summary(await store.list())).toEqual(['DoorGroup/lobby sub/lobby.yaml v1']);
    expect(summary(await world.open().list())).toEqual(['DoorGroup/lobby sub/lobby.yaml v1']);
  });

  it('needs two readings again after a restart', async () => {
    world.remove('gym.yaml');
    await store.list();
    world.pass(60);
    expect(summary(await world.open().list())).toContain('absent DoorGroup/gym');
  });

  it('that came back for a moment starts over', async () => {
    world.remove('gym.yaml');
    await store.list();
    world.pass(6);
    world.write('gym.yaml', doorGroup('gym'));
    await store.list();
    world.remove('gym.yaml');
    world.pass(6);
    expect(summary(await store.list())).toContain('absent DoorGroup/gym');
    world.pass(6);
    expect(summary(await store.list())).toContain('absent DoorGroup/gym');
  });

  it('one document of a file counts as well as the file; the others stay', async () => {
    world.write('gym.yaml', `${doorGroup('gym')}---\n${doorGroup('front')}`);
    await store.list();
    world.write('gym.yaml', doorGroup('front'));
    await store.list();
    world.pass(10);
    expect(summary(await store.list())).toEqual(['DoorGroup/front gym.yaml v1', 'DoorGroup/lobby sub/lobby.yaml v1', 'absent DoorGroup/gym confirmed']);
  });

  it('is not forgotten when it came back in the meantime', async () => {
    world.remove('gym.yaml');
    await store.list();
    world.pass(10);
    await store.list();
    world.write('gym.yaml', doorGroup('gym'));
    await store.list();
    await store.forget('DoorGroup', 'gym');
    world.write('gym.yaml', 'kind: [');
    expect(summary(await store.list())).toContain('DoorGroup/gym gym.yaml v1 Invalid');
  });

  it("another file's mistake does not hold it up", async () => {
    world.remove('gym.yaml');
    world.write('broken.yaml', 'kind: [');
    await store.list();
    world.pass(10);
    expect(summary(await store.list())).toContain('absent DoorGroup/gym confirmed');
  });
});

describe('git at work', () => {
  it.each([
    ['in the directory', '.git'],
    ['in a parent', '../.git'],
  ])('an index.lock %s holds confirmation up', async (_name, git) => {
    mkdirSync(world.path(git));
    writeFileSync(world.path(`${git}/index.lock`), '');
    world.remove('gym.yaml');
    await store.list();
    world.pass(60);
    const locked = await store.list();
    expect(summary(locked)).toContain('absent DoorGroup/gym');
    expect(locked.confirmAbsenceIn).toBe(5000);
    rmSync(world.path(`${git}/index.lock`));
    expect(summary(await store.list())).toContain('absent DoorGroup/gym confirmed');
  });

  it('a worktree has its lock elsewhere; the lock of a repository further up is not ours', async () => {
    const git = (...args: string[]): string => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { encoding: 'utf8' });
    const main = join(world.root, 'main');
    git('init', '-q', main);
    git('-C', main, 'commit', '-q', '--allow-empty', '-m', 'x');
    const tree = join(world.root, 'tree');
    git('-C', main, 'worktree', 'add', '-q', tree);
    const directory = join(tree, 'resources');
    renameSync(world.directory, directory);
    const lock = join(main, '.git/worktrees/tree/index.lock');
    const inWorktree = world.open({ directory });
    rmSync(join(directory, 'gym.yaml'));
    writeFileSync(lock, '');
    mkdirSync(join(world.root, '.git'));
    writeFileSync(join(world.root, '.git/index.lock'), '');
    await inWorktree.list();
    world.pass(60);
    expect(summary(await inWorktree.list())).toContain('absent DoorGroup/gym');
    rmSync(lock);
    expect(summary(await inWorktree.list())).toContain('absent DoorGroup/gym confirmed');
  });
});

describe('an empty or vanished directory', () => {
  it.each([
    ['vanished', () => rmSync(world.directory, { recursive: true }), 'is gone'],
    ['empty', () => { world.remove('gym.yaml'); world.remove('sub'); }, 'holds no resource'],
    ['emptied files', () => { world.write('gym.yaml', ''); world.write('sub/lobby.yaml', '\n'); }, 'holds no resource'],
    ['a file in its place', () => { rmSync(world.directory, { recursive: true }); writeFileSync(world.directory, ''); }, 'ENOTDIR'],
  ])('suspends and confirms nothing: %s', async (_name, vanish, words) => {
    vanish();
    for (const seconds of [0, 60, 3600]) {
      world.pass(seconds);
      const reading = await store.list();
      expect(reading.suspended).toContain(words);
      expect(reading.suspended).toContain(world.directory);
      expect(summary(reading)).toEqual(['absent DoorGroup/gym', 'absent DoorGroup/lobby']);
      expect(reading.confirmAbsenceIn).toBeNull();
    }
    await store.writeStatus([], []);
    rmSync(world.directory, { recursive: true, force: true });
    world.write('gym.yaml', doorGroup('gym'));
    const back = await store.list();
    expect([back.suspended, summary(back)]).toEqual([null, ['DoorGroup/gym gym.yaml v1', 'absent DoorGroup/lobby']]);
    world.pass(10);
    expect(summary(await store.list())).toContain('absent DoorGroup/lobby confirmed');
  });
});
