import { afterEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../src/notify/message.js';
import { createOutbox, type Outbox } from '../../src/notify/outbox.js';
import { TerminalError, TransientError } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import { siteTime } from '../../src/runtime/site-time.js';
import { fakeClock, settle, type FakeClock } from '../support/fake-clock.js';
import { noteOf, testTransport, type TestTransport } from './world.js';

const second = 1000;
const minute = 60 * second;
const down = new TransientError('mail: no connection.', { code: 'ECONNREFUSED' });

let open: Outbox | null = null;
afterEach(() => {
  open?.close();
});

function boxOf(transport: TestTransport): { box: Outbox; clock: FakeClock; turns: string[] } {
  const clock = fakeClock();
  const turns: string[] = [];
  const wording = { site: 'first-church', timeZone: 'UTC', time: siteTime('UTC') };
  const box = createOutbox({
    transport,
    messageOf: (notes) => messageOf(notes, wording),
    clock,
    random: () => 0,
    log: silentLogger,
    onAttempt: (_, ok, turned) => {
      if (turned) turns.push(ok ? 'works' : 'failed');
    },
  });
  open = box;
  return { box, clock, turns };
}

describe('what waits for a transport', () => {
  it('goes out at once, and together with what came meanwhile', async () => {
    const transport = testTransport();
    const go = transport.hold();
    const { box } = boxOf(transport);
    box.offer([noteOf('a')]);
    box.offer([noteOf('b')]);
    box.offer([noteOf('c')]);
    go();
    await settle();
    expect(transport.sent).toEqual(['Raised a', 'Raised b, Raised c']);
    expect(box.waiting()).toEqual([]);
  });

  it('is tried again, later and later, until it gets through; nothing is lost and nothing comes twice', async () => {
    const transport = testTransport();
    transport.fail(down);
    const { box, clock, turns } = boxOf(transport);
    box.offer([noteOf('a')]);
    await settle();
    expect(box.view()).toMatchObject({ ok: false, waiting: 1, failingSince: '2026-11-21T12:00:00Z', error: 'mail: no connection.' });
    for (const [wait, attempts] of [[9, 1], [1, 2], [19, 2], [1, 3], [40, 4], [80, 5]] as const) {
      await clock.advance(wait * second);
      expect(transport.attempts()).toBe(attempts);
    }
    await clock.advance(60 * minute);
    expect(transport.attempts()).toBeLessThan(14);
    transport.fail(null);
    await clock.advance(15 * minute);
    expect(transport.sent).toEqual(['Raised a']);
    expect(box.view()).toMatchObject({ ok: true, waiting: 0, failingSince: null, error: null });
    expect(turns).toEqual(['failed', 'works']);
  });

  it('waits long where only a person can help', async () => {
    const transport = testTransport();
    transport.fail(new TerminalError('mail: refuses the login.', { code: 'EAUTH' }));
    const { box, clock } = boxOf(transport);
    box.offer([noteOf('a')]);
    await clock.advance(14 * minute);
    expect(transport.attempts()).toBe(1);
    await clock.advance(minute);
    expect(transport.attempts()).toBe(2);
  });

  it('is the newest of each alert: what ended while it was dead is told as ended', async () => {
    const transport = testTransport();
    transport.fail(down);
    const { box, clock } = boxOf(transport);
    box.offer([noteOf('a'), noteOf('b')]);
    await settle();
    box.offer([noteOf('a', 'Resolved'), noteOf('b', 'Changed')]);
    transport.fail(null);
    await clock.advance(minute);
    // Nobody was told of b yet, so it has not changed.
    expect(transport.sent).toEqual(['Raised b, Resolved a']);
  });

  it('keeps what came while the same alert was being sent', async () => {
    const transport = testTransport();
    const go = transport.hold();
    const { box } = boxOf(transport);
    box.offer([noteOf('a')]);
    box.offer([noteOf('a', 'Resolved')]);
    go();
    await settle();
    expect(transport.sent).toEqual(['Raised a', 'Resolved a']);
  });

  it('gives up an attempt that never ends', async () => {
    const transport = testTransport();
    transport.hold();
    const { box, clock } = boxOf(transport);
    box.offer([noteOf('a')]);
    await clock.advance(minute);
    expect(box.view()).toMatchObject({ ok: false, waiting: 1, error: 'mail: not accepted within 60 s.' });
  });

  it('is bounded, however much comes, and so is what goes out', async () => {
    const transport = testTransport();
    const { box, clock } = boxOf(transport);
    for (let index = 0; index < 1000; index += 1) {
      box.offer([noteOf(`k${index}`)]);
      await settle();
    }
    expect(transport.sent).toHaveLength(5);
    expect(box.waiting()).toHaveLength(200);
    await clock.advance(minute);
    expect(transport.sent).toHaveLength(6);
    expect(box.waiting()).toEqual([]);
  });

  it('leaves out what is not urgent enough, and its own death', async () => {
    const transport = testTransport('mail', 'Warning');
    const { box } = boxOf(transport);
    box.offer([noteOf('a', 'Raised', 'Info'), noteOf('b', 'Raised', 'Critical'), noteOf('transport/mail'), noteOf('transport/chat')]);
    await settle();
    expect(transport.sent).toEqual(['Raised b, Raised transport/chat']);
  });

  it('is left alone once it is closed', async () => {
    const transport = testTransport();
    transport.fail(down);
    const { box, clock } = boxOf(transport);
    box.offer([noteOf('a')]);
    await settle();
    box.close();
    await clock.advance(60 * minute);
    expect(transport.attempts()).toBe(1);
    expect(box.waiting()).toEqual(['a']);
    expect(clock.timers()).toBe(0);
  });
});
