import { expect, it } from 'vitest';
import { clockAt, type Clock } from '../../src/runtime/clock.js';
import { createHttpClient } from '../../src/runtime/http-client.js';
import { silentLogger } from '../../src/runtime/log.js';
import { pcoDefinition } from '../../src/sim/pco/definition.js';
import { createPlanningCenterReader } from '../../src/sources/planning-center/reader.js';
import { createPolledSource } from '../../src/sources/polled-source.js';
import { revisionOf } from '../../src/sources/revision.js';
import { startTestSimulator } from '../support/sim.js';

const now = Date.parse('2026-06-10T16:00:00Z');
const hour = 3_600_000;
const iso = (instant: number): string => new Date(instant).toISOString();

function events(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => {
    const times = { starts_at: iso(now + (index % 200) * hour), ends_at: iso(now + ((index % 200) + 1) * hour) };
    const bookings = [{ id: `b${index}`, resource_id: 'hall', ...times, approval_status: 'A' }];
    return { id: `e${index}`, name: 'Meeting', approval_status: 'A', instances: [{ id: `i${index}`, name: 'Meeting', ...times, bookings }] };
  });
}

/** Notes how long it was asked to wait, and does not. */
function hasty(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    ...clockAt(now, false),
    waits,
    after: (ms, fire) => {
      waits.push(ms);
      const timer = setImmediate(fire);
      return () => {
        clearImmediate(timer);
      };
    },
  };
}

it('a limit that drops to 10 in 20 s is waited for, and costs no booking when it is not enough', async () => {
  const seed = { organization: { name: 'Church', time_zone: 'America/New_York' }, resources: [{ id: 'hall', name: 'Hall', kind: 'Room' }], events: events(400) };
  const sim = await startTestSimulator(pcoDefinition, { seed, now, quirks: { 'limit-drop': '5' } });
  const clock = hasty();
  const http = createHttpClient({ baseUrl: sim.listening, clock, log: silentLogger });
  try {
    const auth = { kind: 'PersonalAccessToken' as const, appId: 'sim-app-id', secret: 'sim-secret' };
    const read = createPlanningCenterReader({ http, auth, lookaheadDays: 14, timeZone: 'America/New_York', clock });
    const source = createPolledSource({ name: 'planningCenter', pollInterval: 60_000, clock, log: silentLogger, revisionOf, read });
    expect((await source.poll()).snapshot?.items).toHaveLength(400);
    expect((await source.poll()).failure).toBeNull();
    const limited = await source.poll();
    expect(limited.failure?.code).toBe('TooManyRequests');
    expect(limited.snapshot).toMatchObject({ complete: true });
    expect(limited.snapshot?.items).toHaveLength(400);
    const longest = Math.max(...clock.waits);
    expect(longest).toBeGreaterThan(10_000);
    expect(longest).toBeLessThanOrEqual(20_000);
  } finally {
    http.close();
    await sim.close();
  }
});
