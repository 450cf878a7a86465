import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lock, acquireLock } from '../../src/runtime/lock.js';
import type { PlaneView, View } from '../../src/status/view.js';
import { type Site, makeSite } from './harness.js';
import { calmView, heldView, stuckView } from './view-fixture.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
});
afterEach(() => rmSync(site.root, { recursive: true, force: true }));

function takeLock(): Lock {
  const lock = acquireLock(site.runtimeDir);
  if ('heldBy' in lock) throw new Error('somebody holds the lock');
  return lock;
}

interface Poke {
  readonly id: string;
  readonly planes: readonly string[];
}

function theOnlyPoke(): Poke {
  const lines = readFileSync(join(site.runtimeDir, 'poke'), 'utf8').split('\n').filter((line) => line !== '');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Poke;
}

/** What a daemon does: reads the poke once it is there, and answers with its id in `live.json`. */
async function answerPoke(change: (planes: readonly PlaneView[]) => readonly PlaneView[]): Promise<Poke> {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    // Made, and not written yet.
    if (!readdirSync(site.runtimeDir).includes('poke') || statSync(join(site.runtimeDir, 'poke')).size === 0) continue;
    const poke = theOnlyPoke();
    const view: View = calmView();
    const live = { ...view, status: { ...view.status, planes: change(view.status.planes) }, pid: process.pid, pokes: [poke.id] };
    writeFileSync(join(site.runtimeDir, 'live.json'), JSON.stringify(live));
    return poke;
  }
}

describe('reconcile', () => {
  it('without a daemon ends with 2 and leaves no poke behind', async () => {
    const { code, err } = await site.run(['reconcile']);
    expect(code).toBe(2);
    expect(err).toContain('run --once');
    expect(readdirSync(site.runtimeDir)).toEqual([]);
  });

  it('waits for its own run', async () => {
    const lock = takeLock();
    const [ran, poke] = await Promise.all([site.run(['reconcile', 'doors']), answerPoke((planes) => planes)]);
    expect(ran).toMatchObject({ code: 0, out: 'doors reconciled\n' });
    expect(poke).toMatchObject({ planes: ['doors'], read: true });
    lock.release();
  });

  it('a run that failed is 1, with the reason', async () => {
    const lock = takeLock();
    const failed = (planes: readonly PlaneView[]): readonly PlaneView[] =>
      planes.map((plane) => (plane.plane === 'doors' ? { ...plane, ready: false, reason: 'WriteFailed', message: 'UniFi is down' } : plane));
    const [ran] = await Promise.all([site.run(['reconcile']), answerPoke(failed)]);
    expect(ran).toMatchObject({ code: 1, out: 'doors not reconciled: WriteFailed: UniFi is down\nmembers reconciled\n' });
    lock.release();
  });

  it('asks again when somebody emptied the file before the daemon looked', async () => {
    const lock = takeLock();
    const running = site.run(['reconcile', 'doors']);
    const path = join(site.runtimeDir, 'poke');
    while (!readdirSync(site.runtimeDir).includes('poke') || readFileSync(path, 'utf8') === '') await new Promise((resolve) => setImmediate(resolve));
    const first = theOnlyPoke();
    writeFileSync(path, '');
    while (readFileSync(path, 'utf8') === '') await new Promise((resolve) => setImmediate(resolve));
    expect(await answerPoke((planes) => planes)).toEqual(first);
    expect((await running).code).toBe(0);
    lock.release();
  });

  it('gives up after the timeout, and when the daemon dies', async () => {
    const lock = takeLock();
    expect((await site.run(['reconcile', '--timeout', '1s'])).code).toBe(1);
    const running = site.run(['reconcile']);
    lock.release();
    expect((await running).code).toBe(2);
  });
});

describe('approve', () => {
  const approval = (): unknown => JSON.parse(readFileSync(join(site.stateDir, 'approvals', '0123456789ab.json'), 'utf8'));

  it('lists exactly the operations that are held', async () => {
    const { code, out } = await site.run(['approve', 'plan/0123456789AB'], { view: heldView(), environment: { SUDO_USER: 'pat' }, now: Date.parse('2026-11-20T12:00:00Z') });
    expect(code).toBe(0);
    expect(out).toContain('2 changes');
    expect(approval()).toEqual({ version: 1, hash: '0123456789ab', ops: ['aa'.repeat(32), 'bb'.repeat(32)], by: 'pat', at: '2026-11-20T12:00:00Z' });
    expect(statSync(join(site.stateDir, 'approvals', '0123456789ab.json')).mode & 0o777).toBe(0o640);
    expect(readdirSync(site.runtimeDir)).toEqual([]);
  });

  it('pokes the daemon that lives', async () => {
    const lock = takeLock();
    await site.run(['approve', 'plan/0123456789ab'], { view: heldView() });
    expect(theOnlyPoke()).toMatchObject({ planes: ['members'], read: false });
    lock.release();
  });

  it('refuses another hash, and names the one that waits', async () => {
    const { code, err } = await site.run(['approve', 'plan/ffffffffffff'], { view: heldView() });
    expect(code).toBe(1);
    expect(err).toContain('plan/0123456789ab');
    expect((await site.run(['approve', 'plan/ffffffffffff'], { view: calmView() })).err).toContain('no plan is');
    expect(readdirSync(site.stateDir)).toEqual([]);
  });

  it('of one contact: what is held for it and nothing else, with who and why', async () => {
    const { code, out } = await site.run(['approve', 'contact/10', '--reason', 'board, 3 December'], { view: heldView(), environment: { SUDO_USER: 'pat' } });
    expect(code).toBe(0);
    expect(out).toContain('contact/10 approved: 1 change;');
    const [name = ''] = readdirSync(join(site.stateDir, 'approvals'));
    const written: unknown = JSON.parse(readFileSync(join(site.stateDir, 'approvals', name), 'utf8'));
    expect(name).toMatch(/^[0-9a-f]{12}\.json$/);
    expect(name).not.toContain('0123456789ab');
    expect(written).toMatchObject({ hash: name.slice(0, 12), ops: ['bb'.repeat(32)], by: 'pat', reason: 'board, 3 December' });
  });

  it('of a contact for which nothing is held, is refused with the reason', async () => {
    const nothing = await site.run(['approve', 'contact/99'], { view: heldView() });
    expect(nothing.code).toBe(1);
    expect(nothing.err).toContain('nothing is held for contact/99; `sexton describe member/99` says how things stand; the one that waits now is plan/0123456789ab');
    const other = await site.run(['approve', 'member/3'], { view: stuckView() });
    expect(other.code).toBe(1);
    expect(other.err).toContain('no approval releases what is held for contact/3: card: the present holder of the card');
    expect(readdirSync(site.stateDir)).toEqual([]);
  });

  it('a state directory that cannot be written is 78, and named', async () => {
    rmSync(site.stateDir, { recursive: true });
    const { code, err } = await site.run(['approve', 'plan/0123456789ab'], { view: heldView() });
    expect(code).toBe(78);
    expect(err).toContain(site.stateDir);
  });
});

describe('events', () => {
  const line = (at: string, message: string): string =>
    `${JSON.stringify({ at, type: 'Warning', reason: 'Invalid', object: { kind: 'DoorGroup', name: 'gym' }, message })}\n`;

  it('the newest last, half a line left out, -w what follows', async () => {
    site.write('state/events.jsonl.1', line('2026-11-20T11:58:00Z', 'first'));
    site.write('state/events.jsonl', `${line('2026-11-20T11:59:30Z', 'second')}{"at": "20`);
    const now = Date.parse('2026-11-20T12:00:00Z');
    expect((await site.run(['events'], { now })).out).toBe(
      'LAST SEEN   TYPE      REASON    OBJECT          MESSAGE\n2m          Warning   Invalid   DoorGroup/gym   first\n30s         Warning   Invalid   DoorGroup/gym   second\n',
    );
    const listed = JSON.parse((await site.run(['events', '-o', 'json'])).out) as { readonly items: readonly { readonly message: string }[] };
    expect(listed.items.map(({ message }) => message)).toEqual(['first', 'second']);
    expect((await site.run(['events', '-o', 'name'])).out).toBe('doorgroup.sexton.dev/gym\ndoorgroup.sexton.dev/gym\n');
    const interrupt = new AbortController();
    const { code, out } = await site.run(['events', '-w'], {
      now,
      interrupt: interrupt.signal,
      heard: (text) => {
        if (text.includes('third')) interrupt.abort('SIGINT');
        else site.write('state/events.jsonl', line('2026-11-20T11:59:30Z', 'second') + line('2026-11-20T12:00:00Z', 'third'));
      },
    });
    expect(code).toBe(130);
    expect(out.match(/second/g)).toHaveLength(1);
    expect(out.match(/third/g)).toHaveLength(1);
  });

  it('a file that cannot be read ends with 78, and is named with the remedy', async () => {
    site.write('state/events.jsonl/x', '');
    expect(await site.run(['events'])).toMatchObject({ code: 78, out: '', err: expect.stringMatching(/events\.jsonl cannot be read \(EISDIR\): give it to/) as string });
  });

  it('none is no failure', async () => {
    expect(await site.run(['events'])).toEqual({ code: 0, out: '', err: 'No events found\n' });
  });
});
