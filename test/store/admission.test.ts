import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/api/problem.js';
import { ConfigurationError } from '../../src/runtime/errors.js';
import { World, doorGroup, safeHours, summary, writeAll } from './world.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

describe('generation', () => {
  it('rises with the spec after defaulting, not with comments, order or labels, and survives a restart', async () => {
    const file = join(world.stateDir, 'accepted/doorgroups/lobby.json');
    world.write('a/lobby.yaml', doorGroup('lobby'));
    expect(summary(await world.open().list())).toEqual(['DoorGroup/lobby a/lobby.yaml v1']);
    const first = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(first).toMatchObject({ version: 1, generation: 1, acceptedAt: '2026-03-02T12:00:00.000Z', spec: { doors: [{ name: 'north' }] } });

    world.pass(60);
    world.write('a/lobby.yaml', `# a comment\n${doorGroup('lobby').replace('lobby', 'lobby\n  labels: { a: b }')}  deletionPolicy: Lock\n`);
    const same = (await world.open().list()).resources[0];
    expect(same?.accepted?.metadata).toMatchObject({ generation: 1, labels: { a: 'b' }, namespace: 'first-church', file: 'a/lobby.yaml', line: 2 });
    expect(same?.specHash).toBe(first['specHash']);

    world.write('a/lobby.yaml', doorGroup('lobby', 'south'));
    const changed = (await world.open().list()).resources[0];
    expect(changed).toMatchObject({ acceptedAt: '2026-03-02T12:01:00.000Z', accepted: { metadata: { generation: 2, creationTimestamp: '2026-03-02T12:00:00.000Z' } } });
    expect(changed?.specHash).not.toBe(first['specHash']);
  });

  it('a reading in which nothing changed writes nothing, also in a new process', async () => {
    world.write('lobby.yaml', `${doorGroup('lobby')}---\n${safeHours('gate')}`);
    world.write('bad.yaml', 'kind: [');
    const store = world.open();
    await writeAll(store);
    const before = world.fingerprint();
    world.diskWrites.length = 0;
    world.pass(3600);
    await writeAll(store);
    await writeAll(world.open());
    expect(world.fingerprint()).toBe(before);
    expect(world.diskWrites).toEqual([]);
  });

  it('follows a file that was renamed', async () => {
    world.write('a.yaml', doorGroup('lobby'));
    const store = world.open();
    await store.list();
    renameSync(world.path('a.yaml'), world.path('b.yaml'));
    expect(summary(await store.list())).toEqual(['DoorGroup/lobby b.yaml v1']);
    world.pass(60);
    expect(summary(await store.list())).toEqual(['DoorGroup/lobby b.yaml v1']);
  });
});

describe('refusal', () => {
  it('keeps the last accepted version in force, also across a restart', async () => {
    world.write('lobby.yaml', doorGroup('lobby'));
    await world.open().list();
    world.pass(60);
    world.write('lobby.yaml', doorGroup('lobby', 'south').replace('doors:', 'dors:'));
    const store = world.open();
    for (const reading of [await writeAll(store), await store.list(), await world.open().list()]) {
      const [lobby] = reading.resources;
      expect(lobby?.accepted).toMatchObject({ metadata: { generation: 1 }, spec: { doors: [{ name: 'north' }], deletionPolicy: 'Lock' } });
      expect(lobby?.refused).toMatchObject({ since: '2026-03-02T12:01:00.000Z', reason: 'Invalid' });
      expect(lobby?.refused?.problems.map(formatProblem).join('\n')).toMatch(/^lobby\.yaml:6:3 spec\.dors: .*did you mean `doors`/m);
      expect(reading.absent).toEqual([]);
      world.pass(60);
    }
    world.write('lobby.yaml', doorGroup('lobby', 'south'));
    expect(summary(await store.list())).toEqual(['DoorGroup/lobby lobby.yaml v2']);
  });

  it('another mistake is another refusal, with its own time', async () => {
    world.write('lobby.yaml', doorGroup('lobby').replace('doors:', 'dors:'));
    const store = world.open();
    await writeAll(store);
    world.pass(60);
    world.write('lobby.yaml', doorGroup('lobby').replace('doors:', 'drs:'));
    expect((await store.list()).resources[0]?.refused?.since).toBe('2026-03-02T12:01:00.000Z');
  });

  it.each([
    ['the whole file is broken', 'kind: [\n'],
    ['the kind is mistyped', doorGroup('lobby').replace('DoorGroup', 'DoorGruop')],
    ['the name is invalid', doorGroup('Front_Lobby')],
    ['there is a conflict marker', `<<<<<<< HEAD\n${doorGroup('lobby')}`],
    ['a power cut, or a full disk, left nothing of it', ''],
    ['nothing but line ends are left of it', '\uFEFF\r\n\n'],
    ['it is not UTF-8', Buffer.from([0xff, 0xfe, 0x41])],
  ])('a resource is not gone while its file is in doubt: %s', async (_name, content) => {
    world.write('lobby.yaml', doorGroup('lobby'));
    world.write('other.yaml', doorGroup('other'));
    const store = world.open();
    await store.list();
    world.write('lobby.yaml', content);
    await store.list();
    world.pass(60);
    const reading = await store.list();
    expect(reading.absent).toEqual([]);
    const held = reading.resources.find((resource) => resource.name === 'lobby');
    expect(held).toMatchObject({ file: 'lobby.yaml', accepted: { metadata: { generation: 1 } }, refused: { reason: 'Invalid' } });
    expect(held?.refused?.problems.length).toBeGreaterThan(0);
  });

  it('a document that was never accepted has nothing in force', async () => {
    world.write('lobby.yaml', `${doorGroup('lobby').replace('doors:', 'dors:')}---\njust text\n---\nkind: Deployment\nmetadata: { name: x }\n`);
    const reading = await world.open().list();
    expect(summary(reading)).toEqual(['DoorGroup/lobby lobby.yaml none Invalid', 'unreadable lobby.yaml:8', 'unreadable lobby.yaml:10']);
    expect(reading.suspended).toBeNull();
  });
});

describe('the same kind and name twice', () => {
  it('without history the lowest path stays; with history the one accepted first', async () => {
    world.write('b.yaml', doorGroup('lobby'));
    world.write('c.yaml', doorGroup('lobby', 'south'));
    const first = await world.open().list();
    expect(summary(first)).toEqual(['DoorGroup/lobby b.yaml v1', 'DoorGroup/lobby c.yaml none Duplicate']);
    expect(first.resources[1]?.refused?.problems.map(formatProblem)).toEqual([expect.stringMatching(/^c\.yaml:4:9 metadata\.name: .*b\.yaml:1/)]);
    world.write('a.yaml', doorGroup('lobby', 'west'));
    const expected = ['DoorGroup/lobby a.yaml none Duplicate', 'DoorGroup/lobby b.yaml v1', 'DoorGroup/lobby c.yaml none Duplicate'];
    expect(summary(await world.open().list())).toEqual(expected);
    world.remove('b.yaml');
    expect(summary(await world.open().list())).toEqual(['DoorGroup/lobby a.yaml v2', 'DoorGroup/lobby c.yaml none Duplicate']);
  });

  it('in one file the unchanged one stays', async () => {
    world.write('a.yaml', doorGroup('lobby'));
    const store = world.open();
    await store.list();
    world.write('a.yaml', `${doorGroup('lobby', 'south')}---\n${doorGroup('lobby')}`);
    const reading = await store.list();
    expect(reading.resources.map(({ line, refused }) => [line, refused?.reason])).toEqual([
      [1, 'Duplicate'],
      [8, undefined],
    ]);
  });

  it('an invalid twin does not take the place of the valid one', async () => {
    world.write('a.yaml', doorGroup('lobby').replace('doors:', 'dors:'));
    world.write('b.yaml', doorGroup('lobby'));
    expect(summary(await world.open().list())).toEqual(['DoorGroup/lobby a.yaml none Invalid', 'DoorGroup/lobby b.yaml v1']);
  });
});

describe('the document a resource was accepted from', () => {
  it('keeps its place while it is refused; a valid twin elsewhere does not slip in', async () => {
    world.write('a.yaml', doorGroup('lobby'));
    const store = world.open();
    await store.list();
    world.write('a.yaml', doorGroup('lobby').replace('doors:', 'dors:'));
    world.write('b.yaml', doorGroup('lobby', 'south'));
    const reading = await store.list();
    expect(summary(reading)).toEqual(['DoorGroup/lobby a.yaml v1 Invalid', 'DoorGroup/lobby b.yaml none Duplicate']);
    expect(reading.resources[0]?.accepted?.spec).toMatchObject({ doors: [{ name: 'north' }] });
  });
});

describe('singletons', () => {
  it('a second SafeHours is refused until the first is gone for good', async () => {
    world.write('b.yaml', safeHours('gate'));
    const store = world.open();
    await store.list();
    world.write('a.yaml', safeHours('another'));
    const both = await store.list();
    expect(summary(both)).toEqual(['SafeHours/another a.yaml none Singleton', 'SafeHours/gate b.yaml v1']);
    expect(both.resources[0]?.refused?.problems[0]?.message).toContain('gate (b.yaml)');
    world.remove('b.yaml');
    expect(summary(await store.list())).toEqual(['SafeHours/another a.yaml none Singleton', 'absent SafeHours/gate']);
    world.pass(11);
    expect(summary(await store.list())).toContain('absent SafeHours/gate confirmed');
    await store.forget('SafeHours', 'gate');
    expect(summary(await store.list())).toEqual(['SafeHours/another a.yaml v1']);
  });

  it('without history the lowest path has the seat', async () => {
    world.write('b.yaml', safeHours('aaa'));
    world.write('a.yaml', safeHours('zzz'));
    expect(summary(await world.open().list())).toEqual(['SafeHours/aaa b.yaml none Singleton', 'SafeHours/zzz a.yaml v1']);
  });
});

describe('the accepted versions on disk', () => {
  const accepted = (): string => join(world.stateDir, 'accepted/doorgroups');

  it('a damaged one is set aside and reported; the document is accepted anew', async () => {
    world.write('lobby.yaml', doorGroup('lobby'));
    await world.open().list();
    writeFileSync(join(accepted(), 'lobby.json'), '{"version": 1, "gener');
    expect(summary(await world.open().list())).toEqual(['DoorGroup/lobby lobby.yaml v1']);
    expect(readdirSync(accepted()).sort()).toEqual(['lobby.json', 'lobby.json.bad']);
    expect(JSON.stringify(world.logged)).toContain('the accepted version of DoorGroup/lobby is lost');
  });

  it('one that a newer program wrote ends the reading', async () => {
    world.write('lobby.yaml', doorGroup('lobby'));
    await world.open().list();
    const path = join(accepted(), 'lobby.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"version": 1', '"version": 99'));
    await expect(world.open().list()).rejects.toThrow(ConfigurationError);
  });

  it('a state directory that cannot be written is a configuration error', async () => {
    world.write('lobby.yaml', doorGroup('lobby'));
    rmSync(world.stateDir, { recursive: true });
    writeFileSync(world.stateDir, 'a file');
    await expect(world.open().list()).rejects.toThrow(ConfigurationError);
  });
});

describe('a store that is open for reading only', () => {
  it('writes nothing, accepts in passing, and sees what the daemon accepted', async () => {
    world.write('lobby.yaml', doorGroup('lobby'));
    await writeAll(world.open());
    world.write('lobby.yaml', doorGroup('lobby', 'south'));
    world.write('new.yaml', doorGroup('new'));
    writeFileSync(join(world.stateDir, 'accepted/doorgroups/old.json'), 'damaged');
    const before = world.fingerprint();
    const reader = world.open({ readOnly: true });
    expect(summary(await reader.list())).toEqual(['DoorGroup/lobby lobby.yaml v2', 'DoorGroup/new new.yaml v1']);
    await expect(reader.writeStatus([], [])).rejects.toThrow('reading only');
    await expect(reader.forget('DoorGroup', 'gone')).rejects.toThrow('reading only');
    expect(world.fingerprint()).toBe(before);
    await world.open().list();
    world.write('lobby.yaml', 'kind: [');
    expect(summary(await reader.list())).toContain('DoorGroup/lobby lobby.yaml v2 Invalid');
  });

  it('reads where there is no state directory at all', async () => {
    world.write('lobby.yaml', doorGroup('lobby'));
    rmSync(world.stateDir, { recursive: true });
    expect(summary(await world.open({ readOnly: true }).list())).toEqual(['DoorGroup/lobby lobby.yaml v1']);
  });
});
