import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAlerter, type Alerter, type AlerterOptions, type ControllerFacts } from '../../src/notify/alerter.js';
import type { Transport } from '../../src/notify/transport.js';
import { TransientError } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import { siteTime } from '../../src/runtime/site-time.js';
import type { ControllerEvent } from '../../src/status/events.js';
import { calmView, heldView } from '../cli/view-fixture.js';
import { fakeClock, type FakeClock } from '../support/fake-clock.js';
import { until } from '../support/process.js';
import { testTransport } from './world.js';

let directory = '';
let clock: FakeClock = fakeClock();
let alerter: Alerter | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sexton-alerter-'));
  clock = fakeClock();
});
afterEach(async () => {
  await alerter?.close();
  rmSync(directory, { recursive: true, force: true });
});

const day = 86_400_000;
const memory = (): string => join(directory, 'alerts.json');
const flag = (): string => join(directory, 'alerts');
const calm = (): ControllerFacts => ({
  view: calmView(),
  statuses: [],
  reading: { resources: [], unreadable: [], suspended: null },
  planes: ['doors', 'members'],
  reported: ['doors', 'members'],
  stuckAfter: 10 * day,
});
const braked = (): ControllerFacts => ({ ...calm(), view: heldView() });
const events: ControllerEvent[] = [];

async function start(transports: readonly Transport[], more: Partial<AlerterOptions> = {}): Promise<Alerter> {
  await alerter?.close();
  alerter = await openAlerter({
    transports,
    heartbeat: null,
    wording: { site: 'first-church', timeZone: 'America/New_York', time: siteTime('America/New_York') },
    memoryPath: memory(),
    flagPath: flag(),
    clock,
    random: () => 0,
    secrets: ['s3cret-token'],
    log: silentLogger,
    onDiskWrite: () => undefined,
    onTrouble: () => undefined,
    onEvents: (told) => Promise.resolve(void events.push(...told)),
    onDelivery: () => undefined,
    onChange: () => undefined,
    ...more,
  });
  return alerter;
}

/** Looks, and waits until all that follows is on the disk. */
async function look(facts: ControllerFacts, settled: () => boolean): Promise<void> {
  alerter?.look(facts);
  await until('it is told and remembered', settled);
}

function remembered(): { records: { told: { key: string }; kind: string }[]; undelivered: Record<string, string[]> } {
  return JSON.parse(readFileSync(memory(), 'utf8')) as ReturnType<typeof remembered>;
}

const delivered = (): boolean => Object.keys(remembered().undelivered).length === 0;

describe('alerts', () => {
  it('are told by every transport and the file, and end with a note and without the file', async () => {
    const [mail, chat] = [testTransport('mail'), testTransport('chat')];
    await start([mail, chat]);
    await look(braked(), () => delivered() && existsSync(flag()));
    expect([mail.sent, chat.sent]).toEqual([['Raised held/members'], ['Raised held/members']]);
    expect(readFileSync(flag(), 'utf8')).toMatch(/^CRITICAL first-church: Changes of members wait for you\n[^]*\n {2}sexton approve plan\/0123456789ab\n$/);
    expect(alerter?.view()).toMatchObject({
      alerts: [{ key: 'held/members', severity: 'Critical', since: '2026-11-21T12:00:00Z', command: 'sexton approve plan/0123456789ab' }],
      transports: [{ name: 'file', ok: true }, { name: 'mail', ok: true, waiting: 0, lastSuccess: '2026-11-21T12:00:00Z' }, { name: 'chat' }],
    });
    await look(calm(), () => !existsSync(flag()) && chat.sent.length === 2 && delivered());
    expect(mail.sent).toEqual(['Raised held/members', 'Resolved held/members']);
    expect(alerter?.view().alerts).toEqual([]);
  });

  it('write nothing while nothing happens, and leave no file where nothing ever did', async () => {
    const mail = testTransport();
    const here = await start([mail]);
    here.look(calm());
    await here.close();
    expect(readdirSync(directory)).toEqual([]);
    await start([mail]);
    await look(braked(), () => existsSync(memory()) && delivered() && existsSync(flag()));
    // Whatever is written is a new file.
    const before = [memory(), flag()].map((path) => [statSync(path).ino, statSync(path).mtimeMs]);
    for (let index = 0; index < 20; index += 1) {
      await clock.advance(60_000);
      alerter?.look(braked());
    }
    await alerter?.close();
    expect([memory(), flag()].map((path) => [statSync(path).ino, statSync(path).mtimeMs])).toEqual(before);
  });

  it('survive a restart: what was told is not told again, what was not is, and the end is noticed', async () => {
    const [mail, chat] = [testTransport('mail'), testTransport('chat')];
    chat.fail(new TransientError('chat: down.', { code: 'X' }));
    await start([mail, chat]);
    await look(braked(), () => mail.sent.length === 1 && JSON.stringify(remembered().undelivered) === '{"chat":["held/members"]}');
    const [mail2, chat2] = [testTransport('mail'), testTransport('chat')];
    await start([mail2, chat2]);
    await until('the other one hears of it', () => chat2.sent.length === 1);
    await look({ ...calm(), reported: [] }, delivered);
    await look(braked(), () => existsSync(flag()));
    expect([mail2.sent, chat2.sent]).toEqual([[], ['Raised held/members']]);
    await clock.advance(day);
    await look(braked(), () => mail2.sent.length === 1 && delivered());
    expect(mail2.sent).toEqual(['Reminder held/members']);
    await look(calm(), () => mail2.sent.length === 2);
    expect(mail2.sent[1]).toBe('Resolved held/members');
  });

  it.each<[string, string | null]>([
    ['garbage', '\u0000\u0000\u0000'],
    ['half of it', '{"version":1,"records":[{"told":{"key":"held/memb'],
    ['another shape', '{"version":1,"records":[{"told":{"key":7}}],"undelivered":{}}'],
    ['nothing', ''],
    ['a directory', null],
  ])('tell once more, and only once, when their memory holds %s', async (_, content) => {
    const mail = testTransport();
    await start([mail]);
    await look(braked(), () => mail.sent.length === 1 && delivered());
    await alerter?.close();
    if (content === null) {
      rmSync(memory());
      mkdirSync(memory());
    } else writeFileSync(memory(), content);
    const again = testTransport();
    const { lost } = await start([again]);
    expect(lost).toMatch(/alerts\.json is damaged and was set aside as .*alerts\.json\.bad: the memory of what people were told/);
    await look(braked(), () => existsSync(memory()) && delivered() && again.sent.length === 1);
    const third = testTransport();
    expect((await start([third])).lost).toBeNull();
    await look(braked(), () => existsSync(flag()));
    await clock.advance(day / 2);
    alerter?.look(braked());
    await alerter?.close();
    expect([again.sent, third.sent]).toEqual([['Raised held/members'], []]);
  });

  it('refuse the memory of a newer program', async () => {
    writeFileSync(memory(), '{"version":99}');
    await expect(start([])).rejects.toThrow(/written by a newer sexton/);
    alerter = null;
  });

  it('go out though nothing can be written, and say so', async () => {
    await mkdir(memory());
    const mail = testTransport();
    const here = await start([mail], { flagPath: join(directory, 'gone', 'alerts'), memoryPath: join(directory, 'gone', 'alerts.json') });
    here.look(braked());
    await until('it is told', () => mail.sent.length === 1);
    await until('the file is missed', () => here.view().transports[0]?.ok === false);
    expect(here.view().transports[0]).toMatchObject({ name: 'file', error: `${join(directory, 'gone', 'alerts')} cannot be written (ENOENT).` });
    clock.set(clock.now() + 120_000);
    here.look(braked());
    await clock.advance(60_000);
    here.look(braked());
    await until('others hear of the file', () => mail.sent.includes('Raised transport/file'));
  });

  it('tell of a transport that is dead by the others, with an event when it dies and when it lives', async () => {
    events.length = 0;
    const [mail, chat] = [testTransport('mail'), testTransport('chat')];
    mail.fail(new TransientError('mail: no connection to 127.0.0.1:25 (ESOCKET).', { code: 'ESOCKET' }));
    await start([mail, chat]);
    await look(braked(), () => chat.sent.length === 1 && events.length === 1);
    expect(events[0]).toMatchObject({ type: 'Warning', reason: 'AlertTransportFailed', object: { kind: 'AlertTransport', name: 'mail' }, message: 'alerts do not go out: mail: no connection to 127.0.0.1:25 (ESOCKET).' });
    alerter?.look(braked());
    await clock.advance(70_000);
    await look(braked(), () => chat.sent.length === 2);
    expect(chat.sent[1]).toBe('Raised transport/mail');
    mail.fail(null);
    await clock.advance(15 * 60_000);
    await until('it lives', () => events.length === 2);
    expect([mail.sent, events[1]?.reason]).toEqual([['Raised held/members'], 'AlertTransportWorks']);
    alerter?.look(braked());
    await clock.advance(5 * 60_000);
    await look(braked(), () => chat.sent.length === 3);
    expect(chat.sent[2]).toBe('Resolved transport/mail');
    expect(mail.sent).toHaveLength(1);
  });

  it('hold no secret, wherever it turns up', async () => {
    const mail = testTransport();
    const view = calmView();
    await start([mail]);
    const planes = view.status.planes.map((each) => ({ ...each, ready: false, reason: 'FingerprintMismatch', message: 'Bearer s3cret-token was not sent' }));
    await look({ ...calm(), view: { ...view, status: { ...view.status, planes } } }, () => existsSync(flag()) && delivered());
    expect(readFileSync(flag(), 'utf8') + readFileSync(memory(), 'utf8')).not.toContain('s3cret');
    expect(readFileSync(flag(), 'utf8')).toContain('[redacted]');
  });
});
