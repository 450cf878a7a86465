import { appendFileSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Poke, type PokeWatch, watchPokes } from '../../src/controller/pokes.js';
import { appendLine } from '../../src/runtime/poke-file.js';

let directory: string;
let path: string;
let heard: Poke[];
let watching: PokeWatch;
const both = { id: '', planes: ['doors', 'members'], read: false };
const line = (id: string, ...planes: readonly string[]): string => JSON.stringify({ id, planes, read: false });

/** What was heard since the last call. */
async function news(): Promise<readonly Poke[]> {
  await watching.look();
  return heard.splice(0);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sexton-pokes-'));
  path = join(directory, 'poke');
  heard = [];
  watching = watchPokes(path, (poke) => heard.push(poke));
});
afterEach(() => {
  watching.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('the poke file', () => {
  it('tells of each of many lines, once, whoever wrote at the same moment', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `poke-${index}`);
    await Promise.all(ids.map((id, index) => appendLine(path, line(id, index % 2 === 0 ? 'doors' : 'members'))));
    // A look in the middle of a write may take it for a touch: one run more, for which nobody waits.
    expect((await news()).flatMap(({ id }) => (id === '' ? [] : [id])).sort()).toEqual([...ids].sort());
    await appendLine(path, JSON.stringify({ id: 'last', planes: ['doors'], read: true }));
    expect(await news()).toEqual([{ id: 'last', planes: ['doors'], read: true }]);
    expect(await news()).toEqual([]);
  });

  it('a line written before there was a watch is heard', async () => {
    await appendLine(path, line('early', 'doors'));
    await news();
    watching.close();
    watching = watchPokes(path, (poke) => heard.push(poke));
    expect(await news()).toEqual([{ id: 'early', planes: ['doors'], read: false }]);
  });

  it('what no command wrote pokes both planes and keeps nobody from being heard', async () => {
    writeFileSync(path, '');
    // An empty file at the start is how the daemon itself leaves it.
    expect(await news()).toEqual([]);
    const garbage = ['doors', 'null', '[]', '{"id":7,"planes":["doors"]}', line('x'.repeat(65), 'doors'), line('a', 'windows'), '{"id":"half","pla'];
    for (const each of garbage) {
      appendFileSync(path, each);
      expect(await news(), each).toEqual([both]);
    }
    await appendLine(path, line('sound', 'members'));
    expect(await news()).toContainEqual({ id: 'sound', planes: ['members'], read: false });
    utimesSync(path, new Date(0), new Date(0));
    expect(await news()).toEqual([both]);
  });

  it('lines that went unseen are not lost: whoever empties the file pokes both planes', async () => {
    await appendLine(path, line('a', 'doors'));
    await news();
    writeFileSync(path, `${line('b', 'doors')}\n`);
    expect(await news()).toEqual([{ id: 'b', planes: ['doors'], read: false }, both]);
  });

  it('does not grow without bound, and reads no more than its end', async () => {
    writeFileSync(path, 'x'.repeat(5_000_000));
    await news();
    await appendLine(path, line('after', 'doors'));
    expect(statSync(path).size).toBeLessThan(100);
    expect(await news()).toContainEqual({ id: 'after', planes: ['doors'], read: false });
    for (let index = 0; index < 1_000; index += 1) await appendLine(path, line(`poke-${index}`, 'doors', 'members'));
    expect(statSync(path).size).toBeLessThan(17_000);
    expect((await news()).map(({ id }) => id)).toContain('poke-999');
  });
});
