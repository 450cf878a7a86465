import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openBudget, type BudgetBook } from '../../src/apply/members/budget-file.js';
import { emptyBudget, type Budget } from '../../src/plan/members/budget.js';

const now = Date.parse('2026-11-21T12:00:00Z');
const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function place(text?: string): Promise<{ directory: string; path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'sexton-budget-'));
  directories.push(directory);
  const path = join(directory, 'budget.json');
  if (text !== undefined) await writeFile(path, text);
  return { directory, path };
}

const open = (path: string, more: { readonly expected?: boolean; readonly writable?: boolean; readonly at?: number } = {}): Promise<{ budget: BudgetBook; lost: string | null }> =>
  openBudget({ path, now: more.at ?? now, writable: more.writable ?? true, expected: more.expected ?? false, onDiskWrite: () => undefined });

const spent: Budget = {
  ...emptyBudget,
  hours: [{ hour: '2026-11-21T11', last: '2026-11-21T11:30:00Z', active: 20, changes: { deactivate: 3 }, started: ['0a1b2c3d'] }],
  waiting: ['11223344'],
  guards: 'aaaaaaaaaaaa',
};

describe('the file of the brakes', () => {
  it('keeps what was counted over a restart', async () => {
    const { path } = await place();
    const first = await open(path);
    expect(first.lost).toBeNull();
    await first.budget.update(() => spent);
    const second = await open(path, { expected: true });
    expect(second).toMatchObject({ lost: null });
    expect(second.budget.current()).toEqual(spent);
  });

  it('is written only when it differs', async () => {
    const { path } = await place();
    const { budget } = await open(path);
    await budget.update(() => spent);
    const before = await stat(path);
    await budget.update((each) => ({ ...each }));
    const after = await stat(path);
    expect([after.mtimeMs, after.ino]).toEqual([before.mtimeMs, before.ino]);
  });

  it('is private to the user that runs sexton', async () => {
    const { path } = await place();
    await (await open(path)).budget.update(() => spent);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['truncated', '{"version": 1, "hours": [{"hou'],
    ['empty', ''],
    ['of another shape', '{"version": 1, "hours": {}}'],
    ['with a count that is none', JSON.stringify({ version: 1, ...spent, hours: [{ ...spent.hours[0], changes: { deactivate: -3 } }] })],
    ['with a verb that is none', JSON.stringify({ version: 1, ...spent, hours: [{ ...spent.hours[0], changes: { everything: 1 } }] })],
    ['with a moment that is none', JSON.stringify({ version: 1, ...spent, hours: [{ ...spent.hours[0], last: 'soon' }] })],
  ])('%s, it is set aside with a warning, and the brakes are tight for a day, also after another restart', async (_, text) => {
    const { path, directory } = await place(text);
    const { budget, lost } = await open(path);
    expect(lost).toContain(`set aside as ${path}.bad`);
    expect(budget.current()).toEqual({ ...emptyBudget, lostAt: '2026-11-21T12:00:00Z' });
    expect((await readdir(directory)).sort()).toEqual(['budget.json', 'budget.json.bad']);
    const again = await open(path, { at: now + 3_600_000 });
    expect(again.lost).toBeNull();
    expect(again.budget.current().lostAt).toBe('2026-11-21T12:00:00Z');
  });

  it('missing where members were worked with before is as good as damaged; on a new installation it is not', async () => {
    const { path } = await place();
    const { budget, lost } = await open(path, { expected: true });
    expect(lost).toContain(`${path} is missing`);
    expect(budget.current().lostAt).toBe('2026-11-21T12:00:00Z');
    expect((await open((await place()).path)).budget.current()).toEqual(emptyBudget);
  });

  it('a command that only looks leaves it as it is', async () => {
    const { path, directory } = await place('{');
    const { budget, lost } = await open(path, { writable: false });
    expect(lost).toContain('left as it is');
    await budget.update(() => spent);
    expect(budget.current().hours).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe('{');
    expect(await readdir(directory)).toEqual(['budget.json']);
  });

  it('of a newer program is refused', async () => {
    const { path } = await place(JSON.stringify({ version: 2, ...spent }));
    await expect(open(path)).rejects.toThrow(/newer sexton/);
  });

  it('a clock that went back does not keep what it counted for ever', async () => {
    const { path } = await place(JSON.stringify({ version: 1, ...spent, hours: [{ ...spent.hours[0], last: '2031-01-01T00:00:00Z' }] }));
    const { budget } = await open(path);
    expect(budget.current().hours[0]?.last).toBe('2026-11-21T12:00:00Z');
  });
});
