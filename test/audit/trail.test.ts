import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOn, type Audit } from '../../src/apply/audit/audit.js';
import { readTrail } from '../../src/apply/audit/read-trail.js';
import type { AuditedChange } from '../../src/apply/audit/record.js';
import { openTrailHead } from '../../src/apply/audit/trail-head.js';
import { openTrail, type Trail } from '../../src/apply/audit/trail.js';
import { verifyTrail, type Verification } from '../../src/apply/audit/verify.js';
import { fakeClock, type FakeClock } from '../support/fake-clock.js';
import { mayMount, stick } from '../support/stuck-file.js';

const mounts = mayMount();
if (!mounts) console.warn('audit trail: nothing can be mounted here (not root, or not allowed), so that files which cannot be renamed are left out');

const day = 86_400_000;
let directory: string;
let clock: FakeClock;
let writes: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sexton-audit-'));
  clock = fakeClock(Date.parse('2026-11-21T12:00:00Z'));
  writes = 0;
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const auditPath = (): string => join(directory, 'audit.jsonl');
const headPath = (): string => join(directory, 'audit-head.json');

async function start(more: { readonly keep?: number; readonly fileSize?: number; readonly expected?: boolean; readonly realClock?: FakeClock } = {}): Promise<{ readonly trail: Trail; readonly audit: Audit; readonly lost: readonly string[] }> {
  const { trail, lost } = await openTrail({
    path: auditPath(),
    headPath: headPath(),
    clock,
    realClock: { ...clock, now: () => Date.now() },
    keep: 400 * day,
    onDiskWrite: () => (writes += 1),
    ...more,
  });
  return { trail, audit: auditOn(trail, { process: 'test', revision: () => Promise.resolve(null) }), lost };
}

function change(name: string): AuditedChange {
  return { plane: 'doors', verb: 'program', object: { kind: 'Schedule', id: 's1', name }, doorGroups: ['gym'], before: {}, after: { monday: '09:00-12:00' }, causes: [] };
}

async function make(audit: Audit, ...names: readonly string[]): Promise<void> {
  for (const name of names) await (await audit.begin([change(name)])).end([null]);
}

async function verify(noted: string | null = null, expected = false): Promise<Verification> {
  const { value, lost } = await openTrailHead(headPath(), { readOnly: true, onDiskWrite: () => undefined }).read();
  return verifyTrail({ expected, lines: () => readTrail(auditPath()), head: lost === null ? value : undefined, noted, names: { trail: 'audit.jsonl', head: 'audit-head.json' } });
}

const lines = (): string[] => readFileSync(auditPath(), 'utf8').trimEnd().split('\n');
const rewrite = (next: readonly string[]): void => {
  writeFileSync(auditPath(), next.map((line) => `${line}\n`).join(''));
};
const types = (): string[] => lines().map((line) => (JSON.parse(line) as { type: string }).type);
const places = ({ breaks }: Verification): string[] => breaks.map(({ file, line }) => `${file}:${line}`);

describe('the chain', () => {
  it('holds across restarts, and a start that has nothing to say writes nothing', async () => {
    await make((await start()).audit, 'a', 'b');
    const before = [auditPath(), headPath()].map((path) => statSync(path).mtimeMs);
    writes = 0;
    const { audit, lost } = await start();
    expect([lost, writes, [auditPath(), headPath()].map((path) => statSync(path).mtimeMs)]).toEqual([[], 0, before]);
    await make(audit, 'c');
    expect(await verify()).toMatchObject({ records: 6, files: 1, breaks: [], notes: [] });
  });

  it('an empty trail is whole', async () => {
    expect(await verify()).toMatchObject({ records: 0, breaks: [], head: null });
    await start();
    expect(await verify()).toMatchObject({ records: 0, breaks: [], head: null });
  });

  it.each([
    { what: 'an edited line', edit: (all: string[]) => all.map((line, index) => (index === 2 ? line.replace('gym', 'gem') : line)), at: 'audit.jsonl:3', says: 'record 3 was changed' },
    { what: 'an edited last line', edit: (all: string[]) => all.map((line, index) => (index === 7 ? line.replace('doors', 'dooms') : line)), at: 'audit.jsonl:8', says: 'record 8 is not the one' },
    { what: 'a removed line', edit: (all: string[]) => all.filter((_, index) => index !== 2), at: 'audit.jsonl:3', says: 'record 3 is missing' },
    { what: 'three removed lines', edit: (all: string[]) => all.filter((_, index) => index < 2 || index > 4), at: 'audit.jsonl:3', says: 'records 3 to 5 are missing' },
    { what: 'a removed first line', edit: (all: string[]) => all.slice(1), at: 'audit.jsonl:1', says: 'records up to 1 are missing' },
    { what: 'a cut end', edit: (all: string[]) => all.slice(0, 5), at: 'audit.jsonl:5', says: 'records 6 to 8 were written after it' },
    { what: 'everything gone', edit: () => [], at: 'audit.jsonl:0', says: 'records 1 to 8' },
    { what: 'exchanged lines', edit: (all: string[]) => [...all.slice(0, 2), all[3] ?? '', all[2] ?? '', ...all.slice(4)], at: 'audit.jsonl:3', says: 'record 3 is missing' },
    { what: 'a repeated line', edit: (all: string[]) => [...all.slice(0, 3), ...all.slice(2)], at: 'audit.jsonl:4', says: 'exchanged or repeated' },
    { what: 'a line of somebody else\'s', edit: (all: string[]) => [...all.slice(0, 3), 'hello', ...all.slice(3)], at: 'audit.jsonl:4', says: 'is no record' },
  ])('shows $what, with file and line', async ({ edit, at, says }) => {
    await make((await start()).audit, 'a', 'b', 'c', 'd');
    rewrite(edit(lines()));
    const found = await verify();
    expect(places(found)).toContain(at);
    expect(found.breaks.find(({ file, line }) => `${file}:${line}` === at)?.message).toContain(says);
    // The next start goes on, and hides nothing of it.
    const { audit } = await start();
    await make(audit, 'e');
    expect((await verify()).breaks.length).toBeGreaterThan(0);
  });

  it('a head that is gone or damaged is told, made anew, and stays on record', async () => {
    await make((await start()).audit, 'a');
    unlinkSync(headPath());
    expect(places(await verify())).toEqual(['audit-head.json:0']);
    const { lost, audit } = await start();
    expect(lost.join()).toContain('audit-head.json is lost');
    await make(audit, 'b');
    expect(types()).toEqual(['Change', 'Outcome', 'Resumed', 'Change', 'Outcome']);
    expect(places(await verify())).toEqual(['audit.jsonl:3']);
    writeFileSync(headPath(), 'garbage');
    expect(places(await verify())).toContain('audit-head.json:0');
    expect((await start()).lost.join()).toContain('audit-head.json is damaged and was set aside');
  });

  it('a cut end is told at the next start, and the sequence goes on behind what was lost', async () => {
    await make((await start()).audit, 'a', 'b', 'c');
    rewrite(lines().slice(0, 2));
    const { lost } = await start();
    expect(lost.join()).toContain('records 3 to 6 of the audit trail are lost');
    expect(lines().map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 7]);
    expect((await start()).lost).toEqual([]);
  });

  it('a hash noted elsewhere shows that nothing before it was made anew', async () => {
    await make((await start()).audit, 'a');
    const noted = (await verify()).head?.hash ?? '';
    await make((await start()).audit, 'b');
    expect((await verify(noted)).holdsHash).toBe(true);
    rmSync(auditPath());
    rmSync(headPath());
    await make((await start()).audit, 'x', 'y');
    expect(await verify(noted)).toMatchObject({ breaks: [], holdsHash: false });
  });
});

describe('a power cut', () => {
  it.each([
    ['half a line', (path: string) => appendFileSync(path, '{"seq":5,"at":"2026-11-21T12:0')],
    ['half a letter', (path: string) => appendFileSync(path, Buffer.concat([Buffer.from('{"seq":5,"at":"Caf'), Buffer.from([0xc3])]))],
    ['zeros', (path: string) => appendFileSync(path, Buffer.alloc(700))],
    ['a whole line without its end', (path: string) => appendFileSync(path, (readFileSync(path, 'utf8').split('\n')[0] ?? '').replace('"seq":1', '"seq":5'))],
  ])('that leaves %s is marked and no tampering', async (_, tear) => {
    await make((await start()).audit, 'a', 'b');
    tear(auditPath());
    expect(await verify()).toMatchObject({ breaks: [], notes: [expect.stringContaining('has no end')] });
    const { audit, lost } = await start();
    expect(lost).toEqual([]);
    await make(audit, 'c');
    expect(await verify()).toMatchObject({ records: 7, breaks: [], notes: [expect.stringContaining('audit.jsonl:5: a line that a power cut left half written')] });
  });

  it('in the very first line leaves nothing that could be lost', async () => {
    await start();
    writeFileSync(auditPath(), '{"seq":1,');
    const { audit, lost } = await start();
    expect(lost.join()).toContain('it held no whole record; none is lost');
    await make(audit, 'a');
    expect((await verify()).breaks).toEqual([]);
  });

  it('between a write to UniFi and its record leaves the intent, and the next start says that its outcome is unknown', async () => {
    const { audit } = await start();
    await make(audit, 'a');
    await audit.begin([change('b'), change('c')]);
    await start();
    expect(types()).toEqual(['Change', 'Outcome', 'Change', 'Change', 'Outcome']);
    expect(JSON.parse(lines()[4] ?? '')).toMatchObject({ first: 3, last: 4, failed: [], unknown: expect.stringContaining('the process ended') as unknown });
    await start();
    expect(types()).toHaveLength(5);
    expect((await verify()).breaks).toEqual([]);
  });

  it('that cuts a whole record off the end is no torn line', async () => {
    await make((await start()).audit, 'a', 'b');
    truncateSync(auditPath(), statSync(auditPath()).size - 40);
    expect((await verify()).breaks.map(({ message }) => message).join()).toContain('records 4 to 4 were written after it');
    expect((await start()).lost.join()).toContain('records 4 to 4');
  });
});

describe('rotation and retention', () => {
  const rotated = (): string[] => readdirSync(directory).filter((name) => /^audit-\d+\.jsonl$/.test(name)).sort();

  it('a full file gives way, and the chain goes on', async () => {
    const { audit } = await start({ fileSize: 2_000 });
    await make(audit, ...Array.from({ length: 20 }, (_, index) => `n${index}`));
    expect(rotated().length).toBeGreaterThan(3);
    expect(await verify()).toMatchObject({ records: 40, breaks: [] });
    const whole = rotated();
    rmSync(join(directory, whole[1] ?? ''));
    const [found] = (await verify()).breaks;
    expect(found).toMatchObject({ file: whole[2], line: 1 });
  });

  it('a restart between two files finds the end in the one before', async () => {
    const { audit } = await start({ fileSize: 2_000 });
    await make(audit, 'a', 'b', 'c');
    execFileSync('mv', [auditPath(), join(directory, `audit-${String(firstSeq()).padStart(10, '0')}.jsonl`)]);
    const { audit: next, lost } = await start({ fileSize: 2_000 });
    expect(lost).toEqual([]);
    await make(next, 'd');
    expect((await verify()).breaks).toEqual([]);
  });

  const firstSeq = (): number => (JSON.parse(lines()[0] ?? '') as { seq: number }).seq;

  it('a file older than its time goes, which the chain says before', async () => {
    const { audit } = await start({ fileSize: 2_000, keep: 30 * day });
    await make(audit, ...Array.from({ length: 12 }, (_, index) => `n${index}`));
    const old = (Math.min(Date.now(), clock.now()) - 31 * day) / 1000;
    const [oldest = ''] = rotated();
    utimesSync(join(directory, oldest), old, old);
    await make(audit, ...Array.from({ length: 6 }, (_, index) => `m${index}`));
    expect(rotated()).not.toContain(oldest);
    expect((await verify()).breaks).toEqual([]);
    // One that was only deleted is missing.
    rmSync(join(directory, rotated()[0] ?? ''));
    expect((await verify()).breaks.map(({ message }) => message).join()).toContain('are missing');
  });

  it('a clock that is years ahead for a moment throws nothing away', async () => {
    const ahead = fakeClock(Date.parse('2044-01-01T00:00:00Z'));
    const { audit } = await start({ fileSize: 2_000, keep: 30 * day, realClock: ahead });
    await make(audit, ...Array.from({ length: 12 }, (_, index) => `n${index}`));
    expect(rotated()[0]).toBe('audit-0000000001.jsonl');
    expect(await verify()).toMatchObject({ records: 24, breaks: [] });
  });

  it.runIf(mounts)('a full file that cannot be renamed takes records all the same, and gives way later', async () => {
    const { audit } = await start({ fileSize: 1_000 });
    await make(audit, 'a');
    const letGo = stick(auditPath());
    try {
      await make(audit, 'b', 'c', 'd');
      expect([rotated(), audit.problem()]).toEqual([[], null]);
    } finally {
      letGo();
    }
    await make(audit, 'e');
    expect(rotated().length).toBeGreaterThan(0);
    expect(await verify()).toMatchObject({ records: 10, breaks: [] });
  });

  it.runIf(mounts)('a head that cannot be written delays no record, and is told as what it is', async () => {
    const { audit } = await start();
    await make(audit, 'a');
    const letGo = stick(headPath());
    try {
      await make(audit, 'b', 'c');
      expect(audit.problem()).toMatchObject({ code: 'EBUSY', waiting: 0 });
    } finally {
      letGo();
    }
    await make(audit, 'd');
    expect(audit.problem()).toBeNull();
    expect(types().every((type) => type === 'Change' || type === 'Outcome')).toBe(true);
    expect((await verify()).breaks).toEqual([]);
  });

  it('a quiet site\'s file gives way after a month', async () => {
    const { audit } = await start();
    await make(audit, 'a');
    await clock.advance(32 * day);
    await make(audit, 'b');
    expect(rotated()).toEqual(['audit-0000000001.jsonl']);
    expect((await verify()).breaks).toEqual([]);
  });
});

describe('a trail that is gone altogether, its end too', () => {
  it('is a loss where an earlier process has kept one, in the chain as well', async () => {
    await make((await start()).audit, 'a', 'b');
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
    expect((await verify(null, true)).breaks).toMatchObject([{ file: 'audit.jsonl', message: expect.stringContaining('is missing') as unknown }]);
    const { audit, lost } = await start({ expected: true });
    expect(lost.join()).toContain('the audit trail is missing');
    await make(audit, 'c');
    expect((await verify(null, true)).breaks).toMatchObject([{ file: 'audit.jsonl', line: 1, message: expect.stringContaining('is missing') as unknown }]);
    expect((await start({ expected: true })).lost).toEqual([]);
  });

  it('is none in a new state directory', async () => {
    expect((await verify()).breaks).toEqual([]);
    expect((await start()).lost).toEqual([]);
    expect((await verify(null, true)).breaks).toEqual([]);
  });
});

describe('refusals', () => {
  const refusal = (key: string): Parameters<Audit['refuse']>[1][number] => ({ key, plane: 'doors', reason: 'NotOwner', object: { kind: 'Plane', name: 'doors' }, message: 'no' });

  it('are recorded when they begin and when they end, over restarts too', async () => {
    let { audit } = await start();
    await audit.refuse('doors', [refusal('doors/a'), refusal('doors/b')]);
    expect(types()).toEqual(['Refused', 'Refused']);
    writes = 0;
    await audit.refuse('doors', [refusal('doors/a'), refusal('doors/b')]);
    ({ audit } = await start());
    await audit.refuse('doors', [refusal('doors/b'), refusal('doors/a')]);
    await audit.refuse('members', []);
    expect(writes).toBe(0);
    await audit.refuse('doors', [refusal('doors/b')]);
    expect(types()).toEqual(['Refused', 'Refused', 'Lifted']);
    await audit.refuse('doors', [refusal('doors/b'), refusal('doors/a')]);
    expect(types()).toEqual(['Refused', 'Refused', 'Lifted', 'Refused']);
    expect((await verify()).breaks).toEqual([]);
  });
});
