import { afterEach, describe, expect, it } from 'vitest';
import { clockAt } from '../../src/runtime/clock.js';
import { errorCode, errorMessage } from '../../src/runtime/errors.js';
import { createHttpClient } from '../../src/runtime/http-client.js';
import { silentLogger } from '../../src/runtime/log.js';
import { pcoDefinition } from '../../src/sim/pco/definition.js';
import { createPolledSource } from '../../src/sources/polled-source.js';
import { createPlanningCenterReader, type PlanningCenterReaderOptions } from '../../src/sources/planning-center/reader.js';
import { revisionOf } from '../../src/sources/revision.js';
import { startTestSimulator, type TestSimulator } from '../support/sim.js';

const now = Date.parse('2026-06-10T16:00:00Z');
const hour = 3_600_000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

interface Instance {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** One event a booking, an hour apart from noon on; `count` may pass a page. */
function manyEvents(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => {
    const start = now + (index % 200) * hour;
    const instance = { id: `i${index}`, name: `Meeting ${index}`, starts_at: iso(start), ends_at: iso(start + hour) };
    return event(`e${index}`, `Meeting ${index}`, 'A', [
      { ...instance, bookings: [{ id: `b${index}`, resource_id: 'hall', starts_at: iso(start), ends_at: iso(start + hour), approval_status: 'A' }] },
    ]);
  });
}

function event(id: string, name: string, approval: string, instances: readonly Instance[]): unknown {
  return { id, name, approval_status: approval, instances };
}

function iso(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

const resources = [
  { id: 'hall', name: 'Hall', kind: 'Room' },
  { id: 'gym', name: 'Gym', kind: 'Room' },
  { id: 'projector', name: 'Projector', kind: 'Resource' },
];

const church = [
  event('choir', 'Choir', 'A', [
    {
      id: 'choir-1',
      name: 'Choir rehearsal',
      starts_at: '2026-06-11T22:00:00Z',
      ends_at: '2026-06-12T01:00:00Z',
      published_starts_at: '2026-06-11T22:30:00Z',
      published_ends_at: '2026-06-12T00:30:00Z',
      location: 'Main campus',
      bookings: [
        { id: 'choir-hall', resource_id: 'hall', starts_at: '2026-06-11T21:45:00Z', ends_at: '2026-06-12T01:00:00Z', approval_status: 'A' },
        { id: 'choir-gym', resource_id: 'gym', starts_at: '2026-06-11T22:00:00Z', ends_at: '2026-06-12T01:00:00Z', approval_status: 'P' },
        { id: 'choir-projector', resource_id: 'projector', starts_at: '2026-06-11T22:00:00Z', ends_at: '2026-06-12T01:00:00Z', approval_status: 'A' },
      ],
    },
  ]),
  event('floor', 'Floor work', 'R', [
    {
      id: 'floor-1',
      name: 'Floor work',
      kind: 'blockout',
      all_day_event: true,
      starts_at: '2026-06-13T04:00:00Z',
      ends_at: '2026-06-14T04:00:00Z',
      bookings: [{ id: 'floor-gym', resource_id: 'gym', starts_at: '2026-06-13T04:00:00Z', ends_at: '2026-06-14T04:00:00Z', approval_status: 'R' }],
    },
  ]),
  event('camp', 'Summer camp', 'A', [
    {
      id: 'camp-1',
      name: 'Summer camp',
      starts_at: '2026-05-20T12:00:00Z',
      ends_at: '2026-06-30T12:00:00Z',
      bookings: [{ id: 'camp-gym', resource_id: 'gym', starts_at: '2026-05-20T12:00:00Z', ends_at: '2026-06-30T12:00:00Z', approval_status: 'A' }],
    },
  ]),
  event('past', 'Last week', 'A', [
    {
      id: 'past-1',
      name: 'Last week',
      starts_at: '2026-06-03T12:00:00Z',
      ends_at: '2026-06-03T13:00:00Z',
      bookings: [{ id: 'past-hall', resource_id: 'hall', starts_at: '2026-06-03T12:00:00Z', ends_at: '2026-06-03T13:00:00Z', approval_status: 'A' }],
    },
  ]),
  event('picnic', 'Picnic', 'A', [
    { id: 'picnic-1', name: 'Picnic', location: 'Pavilion', starts_at: '2026-06-14T16:00:00Z', ends_at: '2026-06-14T20:00:00Z', bookings: [] },
  ]),
];

type Setup = Partial<Pick<PlanningCenterReaderOptions, 'auth' | 'withUnbooked'>> & { readonly zone?: string; readonly quirks?: Record<string, string> };

async function calendar(events: unknown, setup: Setup = {}) {
  const seed = { organization: { name: 'First Church', time_zone: setup.zone ?? 'America/New_York' }, resources, events };
  const sim = await startTestSimulator(pcoDefinition, { seed, now, quirks: setup.quirks ?? {} });
  const clock = clockAt(now, false);
  const http = createHttpClient({ baseUrl: sim.listening, clock, log: silentLogger });
  cleanups.push(() => http.close(), () => sim.close());
  const read = createPlanningCenterReader({
    http,
    auth: setup.auth ?? { kind: 'PersonalAccessToken', appId: 'sim-app-id', secret: 'sim-secret' },
    lookaheadDays: 14,
    timeZone: 'America/New_York',
    clock,
    ...(setup.withUnbooked === undefined ? {} : { withUnbooked: setup.withUnbooked }),
  });
  const source = createPolledSource({ name: 'planningCenter', pollInterval: 60_000, clock, log: silentLogger, revisionOf, read });
  return { sim, source, read };
}

async function requests(sim: TestSimulator): Promise<{ path: string; status: number }[]> {
  return (await sim.sim('/requests')) as { path: string; status: number }[];
}

async function paths(sim: TestSimulator): Promise<string[]> {
  return (await requests(sim)).map(({ path }) => path);
}

async function statuses(sim: TestSimulator): Promise<number[]> {
  return (await requests(sim)).map(({ status }) => status);
}

const ids = (state: Awaited<ReturnType<Awaited<ReturnType<typeof calendar>>['source']['poll']>>): string[] =>
  (state.snapshot?.items ?? []).map(({ id }) => id);

describe('a healthy calendar', () => {
  it('gives every room booking of the window, of all approvals, with the times of its event', async () => {
    const { source } = await calendar(church);
    const state = await source.poll();
    expect(state.failure).toBeNull();
    expect(state.warnings).toBeUndefined();
    expect(state.snapshot).toMatchObject({ complete: true, readAt: now });
    expect(ids(state)).toEqual(['camp-gym', 'choir-hall', 'choir-gym', 'floor-gym']);
    const [camp, hall, gym, floor] = state.snapshot?.items ?? [];
    expect(camp).toMatchObject({ room: 'Gym', approval: 'Approved', start: Date.parse('2026-05-20T12:00:00Z') });
    expect(hall).toEqual({
      id: 'choir-hall',
      event: {
        id: 'choir',
        instanceId: 'choir-1',
        name: 'Choir rehearsal',
        startsAt: Date.parse('2026-06-11T22:00:00Z'),
        endsAt: Date.parse('2026-06-12T01:00:00Z'),
        publishedStartsAt: Date.parse('2026-06-11T22:30:00Z'),
        publishedEndsAt: Date.parse('2026-06-12T00:30:00Z'),
        location: 'Main campus',
        allDay: false,
        blockout: false,
      },
      resourceId: 'hall',
      room: 'Hall',
      start: Date.parse('2026-06-11T21:45:00Z'),
      end: Date.parse('2026-06-12T01:00:00Z'),
      approval: 'Approved',
    });
    expect(gym?.approval).toBe('Pending');
    expect(floor).toMatchObject({ approval: 'Rejected', event: { blockout: true, allDay: true } });
  });

  it('costs one request a hundred bookings, and one for the zone once', async () => {
    const { sim, source } = await calendar(manyEvents(250));
    expect((await source.poll()).snapshot?.items).toHaveLength(250);
    expect(await paths(sim)).toHaveLength(4);
    await source.poll();
    expect(await paths(sim)).toHaveLength(7);
  });

  it('keeps its revision from poll to poll and changes it with a booking', async () => {
    const { sim, source } = await calendar(church);
    const first = (await source.poll()).snapshot?.revision;
    expect((await source.poll()).snapshot?.revision).toBe(first);
    await sim.sim('/seed', { organization: { name: 'First Church', time_zone: 'America/New_York' }, resources, events: church.slice(1) });
    const later = await source.poll();
    expect(later.snapshot?.revision).not.toBe(first);
    expect(ids(later)).toEqual(['camp-gym', 'floor-gym']);
  });

  it('takes an OAuth token', async () => {
    const { source } = await calendar(church, { auth: { kind: 'OAuth', accessToken: 'sim-access-token' } });
    expect((await source.poll()).failure).toBeNull();
  });

  it('reads events without bookings only when a mapping wants them', async () => {
    let wanted = false;
    const { sim, source } = await calendar(church, { withUnbooked: () => wanted });
    expect(ids(await source.poll())).not.toContain('instance-picnic-1');
    expect(await paths(sim)).not.toContain('/calendar/v2/event_instances');
    wanted = true;
    const state = await source.poll();
    expect(state.snapshot?.items.filter(({ resourceId }) => resourceId === null)).toMatchObject([
      { id: 'instance-picnic-1', room: 'Pavilion', approval: 'Approved', start: Date.parse('2026-06-14T16:00:00Z') },
    ]);
  });

  it('does not take an event for unbooked whose rooms were booked before the window', async () => {
    const retreat = event('retreat', 'Retreat', 'A', [
      {
        id: 'retreat-1',
        name: 'Retreat',
        location: 'Hall',
        starts_at: '2026-06-05T12:00:00Z',
        ends_at: '2026-06-12T12:00:00Z',
        bookings: [{ id: 'retreat-hall', resource_id: 'hall', starts_at: '2026-06-05T12:00:00Z', ends_at: '2026-06-05T20:00:00Z', approval_status: 'A' }],
      },
    ]);
    const { source } = await calendar([retreat], { withUnbooked: () => true });
    const state = await source.poll();
    expect(state.failure).toBeNull();
    expect(ids(state)).toEqual([]);
  });

  it('warns of an organization in another time zone, by either kind of name', async () => {
    const pacific = await calendar(church, { zone: 'Pacific Time (US & Canada)' });
    expect((await pacific.source.poll()).warnings?.[0]).toMatch(/Pacific Time.*America\/New_York/);
    const eastern = await calendar(church, { zone: 'Eastern Time (US & Canada)' });
    expect((await eastern.source.poll()).warnings).toBeUndefined();
  });
});

describe('a failing calendar', () => {
  it.each([
    ['an answer cut short', { truncateBytes: 60 }, 'ConnectionFailed'],
    ['an error body with status 200', { status: 200, body: { errors: [{ code: '500', title: 'Oops' }] } }, 'SourceIncomplete'],
    ['a web page', { status: 200, body: '<html>Sign in</html>' }, 'SourceIncomplete'],
    ['a reset connection', { reset: true }, 'ConnectionFailed'],
    ['a redirect', { status: 302, body: '', headers: { location: 'https://login.example.org/x' } }, 'Redirect'],
    ['a refusal', { status: 403, body: { errors: [{ code: '403' }] } }, 'Forbidden'],
    ['an empty page that promises more', { status: 200, body: { data: [], included: [], meta: { total_count: 4, count: 0 } } }, 'SourceIncomplete'],
  ])('keeps the last good bookings through %s, and recovers', async (_, fault, code) => {
    const { sim, source } = await calendar(church);
    const good = (await source.poll()).snapshot;
    await sim.sim('/fault', { match: 'resource_bookings', times: -1, ...fault });
    const failed = await source.poll();
    expect(failed.failure?.code).toBe(code);
    expect(failed.snapshot).toBe(good);
    await sim.remove('/fault');
    expect((await source.poll()).failure).toBeNull();
  });

  it('names the login and what to check', async () => {
    const { source } = await calendar(church, { auth: { kind: 'PersonalAccessToken', appId: 'sim-app-id', secret: 'old-secret' } });
    const { failure } = await source.poll();
    expect(failure).toMatchObject({ code: 'Unauthorized', message: expect.stringMatching(/PCO_APP_ID/) as unknown });
    expect(failure?.message).not.toContain('old-secret');
    const oauth = await calendar(church, { auth: { kind: 'OAuth', accessToken: 'expired' } });
    expect((await oauth.source.poll()).failure?.message).toMatch(/PCO_ACCESS_TOKEN/);
  });

  it('reads on after one failure on the second page, and after one 429', async () => {
    const { sim, source } = await calendar(manyEvents(150));
    await sim.sim('/fault', { match: 'resource_bookings.*offset=100', status: 500, body: '' });
    await sim.sim('/fault', { match: 'offset=0', status: 429, body: '{}', headers: { 'retry-after': '0' } });
    const state = await source.poll();
    expect(state.failure).toBeNull();
    expect(state.snapshot?.items).toHaveLength(150);
    expect(await statuses(sim)).toEqual([429, 200, 500, 200, 200]);
  });

  it('starts over when the list changes while it is read', async () => {
    const { sim, source } = await calendar(manyEvents(150));
    const changed = { data: [], included: [], meta: { total_count: 149, count: 0 } };
    await sim.sim('/fault', { match: 'resource_bookings.*offset=100', status: 200, body: changed });
    expect((await source.poll()).snapshot?.items).toHaveLength(150);
    expect((await paths(sim)).filter((path) => path.endsWith('/resource_bookings'))).toHaveLength(4);
  });

  it('asks without includes when the server fails on them, and learns the same', async () => {
    const { sim, source } = await calendar(church);
    const good = await source.poll();
    await sim.sim('/fault', { match: 'resource_bookings\\?.*include=', times: -1, status: 500, body: '' });
    const state = await source.poll();
    expect(await statuses(sim)).toContain(500);
    expect(state.failure).toBeNull();
    expect(state.snapshot?.revision).toBe(good.snapshot?.revision);
  });

  it('asks again for what the includes left out, and learns the same', async () => {
    const whole = await calendar(manyEvents(40));
    const leaky = await calendar(manyEvents(40), { quirks: { 'includes-missing': '60' } });
    const state = await leaky.source.poll();
    expect((await paths(leaky.sim)).length).toBeGreaterThan(3);
    expect(state.failure).toBeNull();
    expect(state.snapshot?.revision).toBe((await whole.source.poll()).snapshot?.revision);
  });

  it('keeps the last bookings of the one event it cannot make out, moves the others, and names it', async () => {
    const { sim, source } = await calendar(church);
    await source.poll();
    await sim.sim('/fault', { match: 'resource_bookings', times: 1, status: 200, body: withoutInstance('choir-1') });
    await sim.sim('/fault', { match: 'event_instances/choir-1', times: -1, status: 404, body: { errors: [] } });
    const state = await source.poll();
    expect(state.failure).toMatchObject({ code: 'SourceIncomplete', message: expect.stringContaining('choir') as unknown });
    expect(state.snapshot?.complete).toBe(false);
    expect(ids(state).sort()).toEqual(['choir-gym', 'choir-hall', 'new-gym']);
  });

  it('opens nothing for an event that it never saw whole', async () => {
    const { sim, source } = await calendar(church);
    await sim.sim('/fault', { match: 'resource_bookings', times: 1, status: 200, body: withoutInstance('choir-1') });
    await sim.sim('/fault', { match: 'event_instances/choir-1', times: -1, status: 404, body: { errors: [] } });
    expect(ids(await source.poll())).toEqual(['new-gym']);
  });

  it('rejects without a reading when it is asked directly', async () => {
    const { sim, read } = await calendar(church);
    await sim.sim('/fault', { match: 'resource_bookings', times: -1, status: 403, body: '' });
    const error = await read().catch((caught: unknown) => caught);
    expect(errorCode(error)).toBe('Forbidden');
    expect(errorMessage(error)).toContain('Calendar');
  });
});

/** A page that holds the choir's booking without its instance, and one whole new booking; camp and floor are gone. */
function withoutInstance(instanceId: string): unknown {
  const links = (of: Record<string, readonly [string, string]>) =>
    Object.fromEntries(Object.entries(of).map(([name, [type, id]]) => [name, { data: { type, id } }]));
  const times = { starts_at: '2026-06-11T22:00:00Z', ends_at: '2026-06-12T01:00:00Z' };
  const request = { type: 'EventResourceRequest', id: 'r', attributes: { approval_status: 'A' } };
  const room = { type: 'Resource', id: 'gym', attributes: { name: 'Gym', kind: 'Room' } };
  const instance = { type: 'EventInstance', id: 'new-1', attributes: { ...times, name: 'New', kind: 'standard' } };
  const booking = (id: string, event: string, of: string) => ({
    type: 'ResourceBooking',
    id,
    attributes: times,
    relationships: links({
      event: ['Event', event],
      event_instance: ['EventInstance', of],
      resource: ['Resource', 'gym'],
      event_resource_request: ['EventResourceRequest', 'r'],
    }),
  });
  return {
    data: [booking('choir-gym', 'choir', instanceId), booking('new-gym', 'new', 'new-1')],
    included: [request, room, instance],
    meta: { total_count: 2, count: 2 },
  };
}
