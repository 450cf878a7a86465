import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatProblem } from '../../src/api/problem.js';
import type { ResourceReading } from '../../src/store/resource-store.js';
import { World, doorGroup, summary } from './world.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.write('good.yaml', doorGroup('good'));
});
afterEach(async () => {
  vi.useRealTimers();
  await world.end();
});

/** Every problem of a reading, wherever it is reported. */
function problemsOf(reading: ResourceReading): string[] {
  const refused = reading.resources.flatMap((resource) => resource.refused?.problems ?? []);
  return [...refused, ...reading.unreadable.flatMap((entry) => entry.problems)].map(formatProblem);
}

describe('which files are read', () => {
  it('any depth, both endings, several documents; not dot-entries, status files or others', async () => {
    world.write('deep/er/est.yml', `---\n${doorGroup('one')}---\n# nothing\n---\n${doorGroup('two')}`);
    world.write('.hidden.yaml', doorGroup('hidden'));
    world.write('.git/x.yaml', doorGroup('git'));
    world.write('notes.txt', 'notes');
    world.write('foo.yaml~', doorGroup('backup'));
    world.write('good.status.yaml', 'apiVersion: x\nkind: DoorGroup\nmetadata: { name: good }\nstatus: {}\n');
    expect(summary(await world.open().list())).toEqual([
      'DoorGroup/good good.yaml v1',
      'DoorGroup/one deep/er/est.yml v1',
      'DoorGroup/two deep/er/est.yml v1',
    ]);
  });

  it('foo.yml beside foo.yaml is refused', async () => {
    world.write('good.yml', doorGroup('twin'));
    const reading = await world.open().list();
    expect(summary(reading)).toEqual(['DoorGroup/good good.yaml v1', 'unreadable good.yml:0']);
    expect(problemsOf(reading)).toEqual([expect.stringContaining('good.yaml stands beside it')]);
  });

  it.each([
    ['block style', doorGroup('lost'), 5],
    ['flow style', '{ apiversion: x, kind: DoorGroup,\n  "spec": { doors: [] } }\n', 2],
    ['broken', `spec:\n\tdoors: [\n`, 1],
  ])('a status file that holds a spec is a misnamed resource: %s', async (_name, content, line) => {
    world.write('lost.status.yaml', content);
    const reading = await world.open().list();
    expect(summary(reading)).toEqual(['DoorGroup/good good.yaml v1', `unreadable lost.status.yaml:${line}`]);
    expect(problemsOf(reading)[0]).toContain('.status.yaml');
  });
});

describe('links', () => {
  it('a link to a file inside the tree is fine, and the file is not read twice', async () => {
    symlinkSync('good.yaml', world.path('again.yaml'));
    world.write('.data/real.yaml', doorGroup('mounted'));
    world.write('.data/dir/inner.yaml', doorGroup('inner'));
    symlinkSync('.data/real.yaml', world.path('mounted.yaml'));
    symlinkSync('.data/dir', world.path('dir'));
    mkdirSync(world.path('plain'));
    symlinkSync('plain', world.path('other'));
    expect(summary(await world.open().list())).toEqual([
      'DoorGroup/good good.yaml v1',
      'DoorGroup/inner dir/inner.yaml v1',
      'DoorGroup/mounted mounted.yaml v1',
    ]);
  });

  it('loops, broken links and links out of the tree are problems, each by itself', async () => {
    const outside = join(world.root, 'outside.yaml');
    writeFileSync(outside, doorGroup('outside'));
    symlinkSync(outside, world.path('out.yaml'));
    symlinkSync(world.root, world.path('up'));
    symlinkSync('.', world.path('self'));
    symlinkSync('ring.yaml', world.path('ring.yaml'));
    symlinkSync('nowhere.yaml', world.path('broken.yaml'));
    symlinkSync('nowhere', world.path('not-ours'));
    const reading = await world.open().list();
    expect(summary(reading)).toEqual([
      'DoorGroup/good good.yaml v1',
      'unreadable broken.yaml:0',
      'unreadable out.yaml:0',
      'unreadable ring.yaml:0',
      'unreadable self:0',
      'unreadable up:0',
    ]);
    expect(problemsOf(reading)).toEqual([
      expect.stringMatching(/^broken\.yaml:0:0: the link leads nowhere \(ENOENT\)/),
      expect.stringMatching(/^out\.yaml:0:0: the link leads out of the resource directory/),
      expect.stringMatching(/^ring\.yaml:0:0: the link leads back to itself/),
      expect.stringMatching(/^self:0:0: the link leads back to a directory that contains it/),
      expect.stringMatching(/^up:0:0: the link leads out of the resource directory/),
    ]);
  });

  it('the resource directory may itself be a link, which is switched', async () => {
    const current = join(world.root, 'current');
    symlinkSync(world.directory, current);
    const store = world.open({ directory: current });
    expect(summary(await store.list())).toEqual(['DoorGroup/good good.yaml v1']);
    const next = world.copyOf(world.directory);
    writeFileSync(join(next, 'good.yaml'), doorGroup('good', 'south'));
    rmSync(current);
    symlinkSync(next, current);
    expect(summary(await store.list())).toEqual(['DoorGroup/good good.yaml v2']);
  });
});

describe('hazards: each a clear problem, none stops the others', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.split('').map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index] ?? ''}`).join(',')}]\n`).join('')}`;

  it.each<[string, string | Uint8Array, RegExp]>([
    ['5 MB', `# ${'x'.repeat(5_000_000)}\n${doorGroup('big')}`, /^bad\.yaml:0:0: .*MiB/],
    ['an alias bomb', bomb, /^bad\.yaml:\d+:\d+: .*alias/],
    ['duplicate keys', doorGroup('bad').replace('spec:', 'kind: DoorGroup\nspec:'), /^bad\.yaml:5:1.*kind.*twice/],
    ['tabs', doorGroup('bad').replace('  name', '\tname'), /^bad\.yaml:4:1: .*tab/],
    ['not UTF-8', Buffer.concat([Buffer.from(doorGroup('bad')), Buffer.from('# caf\xe9', 'latin1')]), /^bad\.yaml:7:6: .*UTF-8/],
    ['UTF-16', Buffer.from(`\ufeff${doorGroup('bad')}`, 'utf16le'), /^bad\.yaml:1:1: .*UTF-16/],
    ['NUL characters', `${doorGroup('bad')}\0\0`, /^bad\.yaml:7:1: .*NUL/],
    ['a list', '- a\n- b\n', /^bad\.yaml:1:1: .*no resource/],
    ['an unknown tag', doorGroup('bad').replace('north', '!exec north'), /^bad\.yaml:6:19: .*tag/],
  ])('%s', async (_name, content, expected) => {
    world.write('bad.yaml', content);
    world.write('z.yaml', doorGroup('z'));
    const reading = await world.open().list();
    expect(reading.resources.filter(({ refused }) => refused === null).map(({ name }) => name)).toEqual(['good', 'z']);
    expect(problemsOf(reading).join('\n')).toMatch(expected);
  });

  it.each([
    ['a byte order mark', `\ufeff${doorGroup('bom')}`, 'bom'],
    ['CRLF', doorGroup('crlf').replaceAll('\n', '\r\n'), 'crlf'],
    ['no newline at the end', doorGroup('end').trimEnd(), 'end'],
  ])('harmless: %s', async (_name, content, name) => {
    world.write('x.yaml', content);
    expect(summary(await world.open().list())).toContain(`DoorGroup/${name} x.yaml v1`);
  });

  it('a pipe, a directory with a file name, a file of gigabytes', async () => {
    execFileSync('mkfifo', [world.path('pipe.yaml')]);
    mkdirSync(world.path('dir.yaml'));
    world.write('dir.yaml/in.yaml', doorGroup('inside'));
    writeFileSync(world.path('huge.yaml'), '');
    truncateSync(world.path('huge.yaml'), 3 * 1024 ** 3);
    const reading = await world.open().list();
    expect(summary(reading)).toEqual(['DoorGroup/good good.yaml v1', 'DoorGroup/inside dir.yaml/in.yaml v1', 'unreadable huge.yaml:0', 'unreadable pipe.yaml:0']);
    expect(problemsOf(reading)).toEqual([expect.stringContaining('3072 MiB'), expect.stringContaining('not a regular file')]);
  });

  it('an unreadable file or directory withholds nothing: what was accepted from it stays', async () => {
    world.write('locked.yaml', doorGroup('locked'));
    world.write('sub/deep/inner.yaml', doorGroup('inner'));
    chmodSync(world.root, 0o755);
    const store = world.open();
    await store.list();
    chmodSync(world.path('locked.yaml'), 0);
    chmodSync(world.path('sub'), 0);
    // The superuser reads everything.
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65_534);
    try {
      await store.list();
      world.pass(60);
      const reading = await store.list();
      expect(summary(reading)).toEqual([
        'DoorGroup/good good.yaml v1',
        'DoorGroup/inner sub/deep/inner.yaml v1 Invalid',
        'DoorGroup/locked locked.yaml v1 Invalid',
        'unreadable locked.yaml:0',
        'unreadable sub:0',
      ]);
      expect(problemsOf(reading)).toContain('locked.yaml:0:0: the file cannot be read (EACCES); give it to the user that runs sexton');
      expect(problemsOf(reading)).toContain('sub:0:0: the directory cannot be read (EACCES); give it to the user that runs sexton');
    } finally {
      if (root) process.seteuid?.(0);
      chmodSync(world.path('sub'), 0o755);
    }
  });
});

describe('reading again', () => {
  it('sees every change, also one that keeps size and time stamp', async () => {
    const store = world.open();
    const time = new Date('2026-01-01T00:00:00Z');
    for (const [index, door] of ['north', 'south', 'west1', 'east1'].entries()) {
      world.write('good.yaml', doorGroup('good', door));
      utimesSync(world.path('good.yaml'), time, time);
      expect((await store.list()).resources[0]?.accepted).toMatchObject({ metadata: { generation: index + 1 }, spec: { doors: [{ name: door }] } });
    }
  });

  it('reads no file whose stamps are unchanged', async () => {
    for (let index = 0; index < 200; index += 1) world.write(`many/${index}.yaml`, doorGroup(`g${index}`));
    const store = world.open();
    const first = await store.list();
    // Stamps count as proof only once they are older than the file system's clock is coarse.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    await store.list();
    const before = process.resourceUsage().userCPUTime + process.resourceUsage().systemCPUTime;
    const again = await store.list();
    const micros = process.resourceUsage().userCPUTime + process.resourceUsage().systemCPUTime - before;
    expect(summary(again)).toEqual(summary(first));
    // Parsing 200 files takes several hundred milliseconds.
    expect(micros).toBeLessThan(150_000);
  });
});
