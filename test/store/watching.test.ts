import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';
import type { ResourceStore } from '../../src/store/resource-store.js';
import { World, doorGroup, summary, until, writeAll } from './world.js';

let world: World;
let pokes: number;
beforeEach(() => {
  world = new World();
  pokes = 0;
});
afterEach(() => world.end());

/** A store that is watched, after the poke with which watching begins. */
async function watched(): Promise<ResourceStore> {
  const store = world.open({ settleMs: 20, clock: systemClock });
  store.onChange(() => (pokes += 1));
  await until(() => pokes > 0);
  await store.list();
  pokes = 0;
  return store;
}

/** Pokes lead to this summary: what a controller would see. */
async function seen(store: ResourceStore, expected: readonly string[]): Promise<void> {
  let last = 0;
  let lines: string[] = [];
  await until(async () => {
    if (pokes === last) return false;
    last = pokes;
    lines = summary(await store.list());
    return JSON.stringify(lines) === JSON.stringify(expected);
  });
  expect(lines).toEqual(expected);
}

describe('onChange', () => {
  it("sees an edit in place, an editor's write and rename, a new file at depth, a removal", async () => {
    world.write('a.yaml', doorGroup('a'));
    const store = await watched();
    appendFileSync(world.path('a.yaml'), '  displayName: A\n');
    await seen(store, ['DoorGroup/a a.yaml v2']);
    writeFileSync(world.path('.a.yaml.swp'), 'x');
    writeFileSync(world.path('a.yaml~'), doorGroup('a', 'south'));
    renameSync(world.path('a.yaml~'), world.path('a.yaml'));
    await seen(store, ['DoorGroup/a a.yaml v3']);
    world.write('deep/er/b.yml', doorGroup('b'));
    await seen(store, ['DoorGroup/a a.yaml v3', 'DoorGroup/b deep/er/b.yml v1']);
    world.remove('deep');
    await seen(store, ['DoorGroup/a a.yaml v3', 'absent DoorGroup/b']);
  });

  it('is quiet about status files, dot-entries and other files', async () => {
    world.write('a.yaml', doorGroup('a'));
    const store = await watched();
    await writeAll(store);
    await writeAll(store, { next: 'later' });
    world.write('a.status.yaml', 'edited');
    world.write('.hidden.yaml', 'x');
    world.write('.git/index', 'x');
    world.write('notes.txt', 'x');
    world.write('last.yaml', doorGroup('last'));
    await seen(store, ['DoorGroup/a a.yaml v1', 'DoorGroup/last last.yaml v1']);
    expect(pokes).toBe(1);
  });

  it('picks up a directory that appears later, goes, comes back, or is switched by a link', async () => {
    const current = join(world.root, 'current');
    const store = world.open({ directory: current, settleMs: 20, clock: systemClock });
    store.onChange(() => (pokes += 1));
    expect((await store.list()).suspended).toContain('is gone');
    world.write('a.yaml', doorGroup('a'));
    symlinkSync(world.directory, current);
    await seen(store, ['DoorGroup/a a.yaml v1']);
    world.write('a.yaml', doorGroup('a', 'south'));
    await seen(store, ['DoorGroup/a a.yaml v2']);
    rmSync(current);
    await seen(store, ['absent DoorGroup/a']);
    mkdirSync(current);
    writeFileSync(join(current, 'a.yaml'), doorGroup('a', 'west'));
    await seen(store, ['DoorGroup/a a.yaml v3']);
  });

  it('survives a git checkout of 200 files and back', async () => {
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-C', world.directory, ...args], { stdio: 'pipe' });
    };
    const names = Array.from({ length: 200 }, (_, index) => `g${String(index).padStart(3, '0')}`);
    const expected = (version: number, extra: string[] = []): string[] => [...names.map((name) => `DoorGroup/${name} d/${name}.yaml v${version}`), ...extra];
    world.write('.gitignore', '*.status.yaml\n');
    git('init', '-q', '-b', 'main');
    for (const name of names) world.write(`d/${name}.yaml`, doorGroup(name, 'north'));
    git('add', '.');
    git('commit', '-q', '-m', 'north');
    git('checkout', '-q', '-b', 'south');
    for (const name of names) world.write(`d/${name}.yaml`, doorGroup(name, 'south'));
    world.write('z.yaml', doorGroup('z'));
    git('add', '.');
    git('commit', '-q', '-m', 'south');
    git('checkout', '-q', 'main');
    const store = await watched();
    await writeAll(store);
    git('checkout', '-q', 'south');
    await seen(store, expected(2, ['DoorGroup/z z.yaml v1']));
    git('checkout', '-q', 'main');
    await seen(store, expected(3, ['absent DoorGroup/z']));
  });

  it('says nothing after it was closed or the listener went', async () => {
    world.write('a.yaml', doorGroup('a'));
    const store = await watched();
    let others = 0;
    const stop = store.onChange(() => (others += 1));
    stop();
    world.write('b.yaml', doorGroup('b'));
    await until(() => pokes > 0);
    expect(others).toBe(0);
    await store.close();
    const closedAt = pokes;
    const open = world.open({ settleMs: 20, clock: systemClock });
    let heard = 0;
    open.onChange(() => (heard += 1));
    await until(() => heard > 0);
    heard = 0;
    world.write('c.yaml', doorGroup('c'));
    await until(() => heard > 0);
    expect(pokes).toBe(closedAt);
  });
});
