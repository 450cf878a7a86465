import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertFacts } from '../../src/notify/facts.js';
import { createHeartbeat, goodCycle, type Heartbeat } from '../../src/notify/heartbeat.js';
import { systemClock } from '../../src/runtime/clock.js';
import { createHttpClient } from '../../src/runtime/http-client.js';
import { silentLogger } from '../../src/runtime/log.js';
import { siteTime } from '../../src/runtime/site-time.js';
import type { PlaneView } from '../../src/status/view.js';
import { calmView } from '../cli/view-fixture.js';
import { fakeClock, type FakeClock } from '../support/fake-clock.js';
import { until } from '../support/process.js';
import { startReceiver, type Receiver } from '../support/receiver.js';

const minute = 60_000;
const start = Date.parse('2026-11-20T12:00:00Z');

function facts(now: number, planes: readonly Partial<PlaneView>[], more: Partial<AlertFacts> = {}): AlertFacts {
  const view = calmView();
  const [doors, members] = view.status.planes;
  if (doors === undefined || members === undefined) throw new Error('no planes');
  const status = { ...view.status, planes: [{ ...doors, ...planes[0] }, { ...members, ...planes[1] }] };
  return {
    now,
    time: siteTime('UTC'),
    view: { ...view, status },
    statuses: [],
    reading: { resources: [], unreadable: [], suspended: null },
    planes: ['doors', 'members'],
    reported: ['doors', 'members'],
    stuckAfter: 30 * minute,
    transports: [],
    heartbeat: null,
    ...more,
  };
}

describe('a good cycle', () => {
  const bad: readonly (readonly [name: string, planes: readonly Partial<PlaneView>[], more: Partial<AlertFacts>])[] = [
    ['not while a plane fails', [{ ready: false, reason: 'ConnectionFailed' }], {}],
    ['not while a source is stale', [{}, { ready: false, reason: 'SourceStale' }], {}],
    ['not before both have run', [{}, { ready: false, reason: 'Reconciling', lastSuccess: null }], {}],
    ['not while one hangs', [{}, { lastSuccess: '2026-11-20T11:20:00Z' }], {}],
    ['not while a long run no longer gets on', [{}, { ready: false, reason: 'Reconciling', lastSuccess: null, gotOnAt: '2026-11-20T11:20:00Z' }], {}],
    ['not while a plane that failed tries again', [{}, { ready: false, reason: 'ConnectionFailed', gotOnAt: '2026-11-20T12:00:00Z' }], {}],
    ['not while the directory is gone', [{ ready: false, reason: 'Suspended' }], { reading: { resources: [], unreadable: [], suspended: 'gone' } }],
  ];
  it.each(bad)('%s', (_, planes, more) => {
    expect(goodCycle(facts(start, planes, more))).toBeNull();
  });

  it('is one of the planes that run, as an operator wants them', () => {
    expect(goodCycle(facts(start, []))).not.toBeNull();
    expect(goodCycle(facts(start, [{}, { ready: false, reason: 'Reconciling', lastSuccess: null }], { planes: ['doors'] }))).not.toBeNull();
    expect(goodCycle(facts(start, [{}, { ready: false, reason: 'Suspended' }]))).not.toBeNull();
    expect(goodCycle(facts(start, [{}, { ready: false, reason: 'NotImplemented' }]))).not.toBeNull();
  });

  it('is also how far a run of many minutes has come', () => {
    const first = (gotOnAt: string): string | null => goodCycle(facts(start, [{}, { ready: false, reason: 'Reconciling', lastSuccess: null, gotOnAt }]));
    expect(first('2026-11-20T11:58:00Z')).not.toBeNull();
    expect(first('2026-11-20T11:59:00Z')).not.toBe(first('2026-11-20T11:58:00Z'));
    expect(goodCycle(facts(start, [{}, { lastSuccess: '2026-11-20T11:20:00Z', gotOnAt: '2026-11-20T11:59:00Z' }]))).not.toBeNull();
  });
});

describe('the heartbeat', () => {
  let receiver: Receiver | null = null;
  let heartbeat: Heartbeat | null = null;
  let clock: FakeClock = fakeClock(start);
  let turns = 0;
  beforeEach(async () => {
    clock = fakeClock(start);
    turns = 0;
    receiver = await startReceiver();
    const url = `${receiver.url}/ping/s3cret?rid=1`;
    // Its retries wait on the machine's own clock.
    const http = createHttpClient({ baseUrl: receiver.url, clock: systemClock, log: silentLogger, secrets: ['/ping/s3cret?rid=1', '/ping/s3cret'] });
    heartbeat = createHeartbeat({ http, url, clock, log: silentLogger, onTurn: () => (turns += 1) });
  });
  afterEach(async () => {
    heartbeat?.close();
    await receiver?.close();
  });

  const cycle = (lastSuccess: string): AlertFacts => facts(clock.now(), [{ lastSuccess }, { lastSuccess }]);
  const count = (): number => receiver?.received.length ?? 0;

  it('is called once for each good cycle, at most once a minute', async () => {
    heartbeat?.look(facts(start, [{ ready: false, reason: 'Timeout' }]));
    heartbeat?.look(cycle('2026-11-20T12:00:00Z'));
    await until('it arrives', () => heartbeat?.view().lastSuccess != null);
    expect(receiver?.received).toMatchObject([{ method: 'GET', path: '/ping/s3cret?rid=1' }]);
    await clock.advance(59_000);
    heartbeat?.look(cycle('2026-11-20T12:00:50Z'));
    await clock.advance(2_000);
    // The same cycle as before is no new one.
    heartbeat?.look(cycle('2026-11-20T12:00:00Z'));
    expect(count()).toBe(1);
    heartbeat?.look(cycle('2026-11-20T12:01:00Z'));
    await until('it arrives', () => count() === 2);
    expect(turns).toBe(0);
  });

  it('shows that it fails and that it works again, and never its address', async () => {
    receiver?.answer(404);
    heartbeat?.look(cycle('2026-11-20T12:00:00Z'));
    await until('it fails', () => turns === 1);
    expect(heartbeat?.view()).toEqual({ ok: false, lastSuccess: null, failingSince: '2026-11-20T12:00:00Z', error: 'heartbeat: the service answered 404.' });
    receiver?.answer(301, '', { location: 'https://elsewhere.example.org/' });
    await clock.advance(minute);
    heartbeat?.look(cycle('2026-11-20T12:01:00Z'));
    await until('it fails again', () => heartbeat?.view().error?.includes('redirect') ?? false);
    expect(heartbeat?.view().error).not.toContain('s3cret');
    expect(turns).toBe(1);
    receiver?.answer(200);
    await clock.advance(minute);
    heartbeat?.look(cycle('2026-11-20T12:02:00Z'));
    await until('it works', () => turns === 2);
    expect(heartbeat?.view()).toMatchObject({ ok: true, lastSuccess: '2026-11-20T12:02:00Z', failingSince: null, error: null });
  });
});
