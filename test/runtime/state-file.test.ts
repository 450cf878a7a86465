import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeDurably } from '../../src/runtime/durable-file.js';
import { ConfigurationError } from '../../src/runtime/errors.js';
import { prepareDirectory } from '../../src/runtime/own-directory.js';
import { openStateFile, writeFirst, type OnStateTrouble } from '../../src/runtime/state-file.js';
import { nobody, runModule } from './child.js';

interface Counter {
  readonly count: number;
}

let directory: string;
let writes: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sexton-state-'));
  writes = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(more: { version?: number; readOnly?: boolean; onTrouble?: OnStateTrouble } = {}) {
  return openStateFile<Counter>({
    path: join(directory, 'counter.json'),
    version: 1,
    what: 'the count of doors',
    label: 'counter',
    decode: (value) => (typeof value['count'] === 'number' ? { count: value['count'] } : null),
    onDiskWrite: (what) => writes.push(what),
    ...more,
  });
}

describe('StateFile', () => {
  it('keeps its value across openings, with a version beside it', async () => {
    expect(await open().read()).toEqual({ value: null, lost: null });
    expect(await open().write({ count: 3 })).toBe(true);
    expect(await open().read()).toEqual({ value: { count: 3 }, lost: null });
    expect(JSON.parse(readFileSync(join(directory, 'counter.json'), 'utf8'))).toEqual({ version: 1, count: 3 });
    expect(statSync(join(directory, 'counter.json')).mode & 0o777).toBe(0o600);
  });

  it('writes only when the content differs, also when it was not read before', async () => {
    await open().write({ count: 3 });
    const inode = statSync(join(directory, 'counter.json')).ino;
    const again = open();
    expect(await again.write({ count: 3 })).toBe(false);
    expect(statSync(join(directory, 'counter.json')).ino).toBe(inode);
    expect(await again.write({ count: 4 })).toBe(true);
    expect(writes).toEqual(['counter', 'counter']);
  });

  it('keeps the order of concurrent writes and leaves no temporary file', async () => {
    const file = open();
    await Promise.all(Array.from({ length: 20 }, (_, count) => file.write({ count })));
    expect(await open().read()).toEqual({ value: { count: 19 }, lost: null });
    expect(readdirSync(directory)).toEqual(['counter.json']);
  });

  it.each([
    ['truncated', '{"version": 1, "cou'],
    ['empty', ''],
    ['full of zeroes', '\0'.repeat(64)],
    ['without a version', '{"count": 3}'],
    ['of another shape', '{"version": 1, "count": "three"}'],
    ['a list', '[1]'],
  ])('a file that is %s is set aside, and the report says what was lost', async (_name, content) => {
    writeFileSync(join(directory, 'counter.json'), content);
    const file = open();
    const { value, lost } = await file.read();
    expect(value).toBeNull();
    expect(lost).toContain('the count of doors is lost');
    expect(readFileSync(join(directory, 'counter.json.bad'), 'utf8')).toBe(content);
    expect(await file.write({ count: 1 })).toBe(true);
    expect(await open().read()).toEqual({ value: { count: 1 }, lost: null });
  });

  it('never writes over what was set aside before', async () => {
    for (const content of ['first', 'second', 'third']) {
      writeFileSync(join(directory, 'counter.json'), content);
      await open().read();
    }
    expect(readdirSync(directory).sort()).toEqual(['counter.json.2.bad', 'counter.json.3.bad', 'counter.json.bad']);
    expect(readFileSync(join(directory, 'counter.json.bad'), 'utf8')).toBe('first');
  });

  it('refuses what a newer program wrote and leaves it alone', async () => {
    const newer = '{"version": 2, "count": 3, "more": true}';
    writeFileSync(join(directory, 'counter.json'), newer);
    await expect(open().read()).rejects.toThrow(ConfigurationError);
    await expect(open().read()).rejects.toThrow(/counter\.json was written by a newer sexton/);
    expect(readFileSync(join(directory, 'counter.json'), 'utf8')).toBe(newer);
    expect(readdirSync(directory)).toEqual(['counter.json']);
  });

  it('opened for reading only: a damaged file stays where it is, a write throws', async () => {
    writeFileSync(join(directory, 'counter.json'), 'garbage');
    const file = open({ readOnly: true });
    expect((await file.read()).lost).toContain('left as it is');
    await expect(file.write({ count: 1 })).rejects.toThrow('reading only');
    expect(readdirSync(directory)).toEqual(['counter.json']);
  });

  it('that cannot be written in mid-run is named, told, and over once it can; at a start only a person can help', async () => {
    const told: (string | null)[] = [];
    const file = open({ onTrouble: (_, problem) => told.push(problem) });
    rmSync(directory, { recursive: true });
    for (let round = 0; round < 2; round += 1) await expect(file.write({ count: 1 })).rejects.toMatchObject({ name: 'TransientError', code: 'ENOENT', message: expect.stringContaining(`${directory}/counter.json cannot be written (ENOENT)`) as unknown });
    await expect(writeFirst(file, { count: 1 })).rejects.toThrow(ConfigurationError);
    expect(told.every((problem) => problem?.includes('put its directory back'))).toBe(true);
    mkdirSync(directory);
    told.length = 0;
    expect(await file.write({ count: 1 })).toBe(true);
    expect(await file.write({ count: 1 })).toBe(false);
    expect(told).toEqual([null]);
  });

  it('is discarded: gone, and written again when there is something to say', async () => {
    const file = open();
    await file.write({ count: 1 });
    await file.discard();
    expect(readdirSync(directory)).toEqual([]);
    expect(await file.write({ count: 1 })).toBe(true);
  });
});

describe('writeDurably', () => {
  it('replaces a link instead of writing through it', async () => {
    const outside = join(directory, 'outside');
    writeFileSync(outside, 'precious');
    const path = join(directory, 'link');
    symlinkSync(outside, path);
    await writeDurably({ path, content: 'new', mode: 0o644 });
    expect(readFileSync(outside, 'utf8')).toBe('precious');
    expect(lstatSync(path).isSymbolicLink()).toBe(false);
  });

  it('a write that runs out of space leaves the old content and no debris', () => {
    const path = join(directory, 'file');
    writeFileSync(path, 'old');
    // A file size limit cuts the write short just as a full card does.
    const out = runModule(
      `import { writeDurably } from '@src/runtime/durable-file.js';
      process.on('SIGXFSZ', () => undefined);
      await writeDurably({ path: ${JSON.stringify(path)}, content: 'n'.repeat(50_000), mode: 0o644 }).then(
        () => console.log('written'), (error) => console.log(error.code));`,
      { fileBlocks: 8 },
    );
    expect(out).toBe('EFBIG');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['file']);
  });
});

describe('prepareDirectory', () => {
  it('creates what is missing, for nobody else', () => {
    const path = join(directory, 'a', 'b');
    prepareDirectory(path, 'stateDir');
    expect(statSync(path).mode & 0o777 & ~0o750).toBe(0);
  });

  it('names setting and path when it cannot', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => prepareDirectory(join(directory, 'file', 'x'), 'runtimeDir')).toThrow(ConfigurationError);
    expect(() => prepareDirectory(join(directory, 'file', 'x'), 'runtimeDir')).toThrow(/^runtimeDir .*file\/x cannot be written/);
  });

  it('refuses a directory of somebody else', () => {
    const path = join(directory, 'theirs');
    mkdirSync(path);
    chmodSync(path, 0o555);
    chmodSync(directory, 0o755);
    // The superuser may write anywhere, so that the check is made as somebody else.
    const out = runModule(
      `import { prepareDirectory } from '@src/runtime/own-directory.js';
      try { prepareDirectory(${JSON.stringify(path)}, 'stateDir'); } catch (error) { console.log(error.message); }`,
      nobody,
    );
    expect(out).toMatch(/^stateDir .*theirs cannot be written \(EACCES\)/);
  });
});
