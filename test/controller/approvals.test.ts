import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { directoryApprovals, type Approvals } from '../../src/controller/approvals.js';
import { fakeClock, type FakeClock } from '../support/fake-clock.js';

const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

interface Bench {
  readonly directory: string;
  readonly clock: FakeClock;
  readonly approvals: Approvals;
  readonly write: (hash: string, ops: readonly unknown[], more?: object) => Promise<void>;
  readonly open: () => Promise<string[]>;
}

async function bench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'sexton-approvals-'));
  directories.push(directory);
  const clock = fakeClock(Date.parse('2026-11-21T12:00:00Z'));
  const approvals = directoryApprovals(directory, clock);
  return {
    directory,
    clock,
    approvals,
    write: (hash, ops, more = {}) =>
      writeFile(join(directory, `${hash}.json`), JSON.stringify({ version: 1, hash, ops, by: 'pat', at: '2026-11-21T12:00:00Z', ...more })),
    open: async () => [...(await approvals.open())].sort(),
  };
}

const [first, second] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];

describe('approvals of plans', () => {
  it('none, when there is no directory yet', async () => {
    const { directory, clock } = await bench();
    expect((await directoryApprovals(join(directory, 'missing'), clock).open()).size).toBe(0);
    await directoryApprovals(join(directory, 'missing'), clock).use(['x']);
  });

  it('release the operations that they list, of all files together', async () => {
    const { write, open } = await bench();
    await write(first, ['1', '2']);
    await write(second, ['3']);
    expect(await open()).toEqual(['1', '2', '3']);
  });

  it('last an hour', async () => {
    const { write, open, clock } = await bench();
    await write(first, ['1']);
    await clock.advance(3_599_999);
    expect(await open()).toEqual(['1']);
    await clock.advance(1);
    expect(await open()).toEqual([]);
  });

  it('release each operation once; what is left of them stays for the rest of the hour', async () => {
    const { write, open, approvals, directory } = await bench();
    await write(first, ['1', '2', '3']);
    await approvals.use(['1', '3', 'other']);
    expect(await open()).toEqual(['2']);
    expect(JSON.parse(await readFile(join(directory, `${first}.json`), 'utf8'))).toEqual({ version: 1, hash: first, ops: ['2'], by: 'pat', at: '2026-11-21T12:00:00Z' });
    await approvals.use(['2']);
    expect(await open()).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('used in a run, a restart does not release them again', async () => {
    const { write, approvals, directory, clock } = await bench();
    await write(first, ['1', '2']);
    await approvals.use(['1']);
    expect([...(await directoryApprovals(directory, clock).open())]).toEqual(['2']);
  });

  describe('a process that dies between two writes', () => {
    it('goes on with what it began: the same operations, and no others', async () => {
      const { write, approvals, directory, clock } = await bench();
      await write(first, ['1', '2', '3']);
      await approvals.begin(['1', '2', 'other']);
      const restarted = directoryApprovals(directory, clock);
      expect([...(await restarted.open())].sort()).toEqual(['1', '2', '3']);
      // The next look at UniFi: 1 was done, 2 was not, 3 is not needed for the moment.
      await restarted.seen(new Set(['2']));
      expect([...(await restarted.open())].sort()).toEqual(['2', '3']);
      await restarted.use(['2', '3']);
      expect(await readdir(directory)).toEqual([]);
    });

    it('a look changes nothing of what was not begun, and writes nothing twice', async () => {
      const { write, approvals, directory } = await bench();
      await write(first, ['1', '2']);
      const before = await stat(join(directory, `${first}.json`));
      await approvals.begin(['7']);
      await approvals.seen(new Set());
      expect((await stat(join(directory, `${first}.json`))).mtimeMs).toBe(before.mtimeMs);
    });
  });

  it('a run in which nothing was released writes nothing', async () => {
    const { write, approvals, directory } = await bench();
    await write(first, ['1', '2']);
    const before = await readFile(join(directory, `${first}.json`), 'utf8');
    await approvals.use(['9']);
    expect(await readFile(join(directory, `${first}.json`), 'utf8')).toBe(before);
  });

  it.each([
    ['half written', '{"version": 1, "hash": "aaaaaaaaaaaa", "ops": ["1"'],
    ['empty', ''],
    ['null', 'null'],
    ['of a newer program', '{"version": 2, "hash": "aaaaaaaaaaaa", "ops": ["1"], "by": "pat", "at": "2026-11-21T12:00:00Z"}'],
    ['with operations that are none', '{"version": 1, "hash": "aaaaaaaaaaaa", "ops": [1], "by": "pat", "at": "2026-11-21T12:00:00Z"}'],
    ['without operations', '{"version": 1, "hash": "aaaaaaaaaaaa", "by": "pat", "at": "2026-11-21T12:00:00Z"}'],
    ['without a time', '{"version": 1, "hash": "aaaaaaaaaaaa", "ops": ["1"], "by": "pat"}'],
    ['with a time that is none', '{"version": 1, "hash": "aaaaaaaaaaaa", "ops": ["1"], "by": "pat", "at": "soon"}'],
  ])('a file that is %s releases nothing and spoils no other', async (_, text) => {
    const { write, open, directory } = await bench();
    await writeFile(join(directory, `${first}.json`), text);
    await write(second, ['3']);
    expect(await open()).toEqual(['3']);
  });

  it('files of other names are not approvals', async () => {
    const { open, directory, write } = await bench();
    await write('aaaaaaaaaaaa.json.tmp-1', ['1']);
    await write('AAAAAAAAAAAA', ['1']);
    await write('notes', ['1']);
    expect(await open()).toEqual([]);
    expect(await readdir(directory)).toHaveLength(3);
  });
});
