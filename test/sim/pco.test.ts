import { afterEach, describe, expect, it } from 'vitest';
import { pcoDefinition } from '../../src/sim/pco/definition.js';
import { type Answered, pick, rows, startTestSimulator, type TestSimulator } from '../support/sim.js';

const basic = `Basic ${Buffer.from('sim-app-id:sim-secret').toString('base64')}`;
const running: TestSimulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((sim) => sim.close()));
});

async function start(seed: unknown, quirks: Record<string, string> = {}, now = '2026-11-20T12:00:00Z'): Promise<TestSimulator> {
  const sim = await startTestSimulator(pcoDefinition, { seed, quirks, now: Date.parse(now) });
  running.push(sim);
  return sim;
}

async function get(sim: TestSimulator, path: string, authorization = basic): Promise<Answered> {
  return sim.call(`/calendar/v2${path}`, { headers: { authorization, 'X-PCO-API-Version': '2022-07-07' } });
}

const ids = (answer: Answered): readonly unknown[] => rows(pick(answer.json, 'data')).map((row) => row['id']);
const includedKeys = (answer: Answered): readonly string[] =>
  rows(pick(answer.json, 'included')).map((row) => `${String(row['type'])} ${String(row['id'])}`);

const seed = {
  organization: { name: 'First Church', time_zone: 'Eastern Time (US & Canada)' },
  resources: [
    { id: 71, name: 'Gym', kind: 'Room' },
    { id: '72', name: 'Projector', kind: 'Resource' },
  ],
  events: [
    {
      id: '1',
      name: 'Youth Group',
      instances: [
        {
          id: '11',
          starts_at: '2026-11-21T22:00:00Z',
          ends_at: '2026-11-22T02:30:00Z',
          published_starts_at: '2026-11-21T23:00:00Z',
          published_ends_at: '2026-11-22T02:00:00Z',
          bookings: [
            { id: '111', resource_id: '71', approval_status: 'A' },
            { id: '112', resource_id: '72', approval_status: 'P', starts_at: '2026-11-21T23:00:00Z', ends_at: '2026-11-22T04:00:00Z' },
          ],
        },
        {
          id: '12',
          starts_at: '2026-11-28T22:00:00Z',
          ends_at: '2026-11-29T02:30:00Z',
          bookings: [{ id: '121', resource_id: '71', approval_status: 'A' }],
        },
      ],
    },
    {
      id: '2',
      name: 'Closed for floor work',
      approval_status: 'A',
      instances: [
        {
          id: '21',
          starts_at: '2026-11-23T05:00:00Z',
          ends_at: '2026-11-25T05:00:00Z',
          all_day_event: true,
          kind: 'blockout',
          bookings: [{ id: '211', resource_id: '71', approval_status: 'R' }],
        },
      ],
    },
  ],
};

describe('who may read', () => {
  it('takes the application and the access token, and refuses everything else', async () => {
    const sim = await start(seed);
    expect((await get(sim, '')).status).toBe(200);
    expect((await get(sim, '', 'Bearer sim-access-token')).status).toBe(200);
    const wrong = `Basic ${Buffer.from('sim-app-id:nope').toString('base64')}`;
    for (const authorization of [wrong, 'Bearer nope', '']) {
      const answer = await get(sim, '/events', authorization);
      expect(answer.status).toBe(401);
      expect(pick(answer.json, 'errors', 0, 'title')).toBe('Unauthorized');
    }
  });

  it('names the organization and its zone as seeded', async () => {
    const answer = await get(await start(seed), '');
    expect(pick(answer.json, 'data', 'attributes', 'time_zone')).toBe('Eastern Time (US & Canada)');
    expect(pick(answer.json, 'data', 'attributes', 'name')).toBe('First Church');
  });

  it('takes credentials from the seed', async () => {
    const sim = await start({ ...seed, credentials: { access_token: 'other' } });
    expect((await get(sim, '', 'Bearer other')).status).toBe(200);
    expect((await get(sim, '', 'Bearer sim-access-token')).status).toBe(401);
  });
});

describe('bookings', () => {
  it('answers the overlap query with approved rooms, their requests, resources and times in one call', async () => {
    const sim = await start(seed);
    const answer = await get(
      sim,
      '/resource_bookings?filter=approved&where[starts_at][lt]=2026-11-27T00:00:00Z&where[ends_at][gt]=2026-11-20T00:00:00Z' +
        '&include=event_instance.event_times,event_instance.event,resource,event_resource_request&order=starts_at&per_page=100',
    );
    expect(ids(answer)).toEqual(['111']);
    const booking = pick(answer.json, 'data', 0);
    expect(pick(booking, 'attributes')).not.toHaveProperty('approval_status');
    expect(pick(booking, 'relationships', 'event_resource_request', 'data')).toEqual({ type: 'EventResourceRequest', id: '111' });
    expect([...includedKeys(answer)].sort()).toEqual([
      'Event 1',
      'EventInstance 11',
      'EventResourceRequest 111',
      'EventTime 111',
      'EventTime 112',
      'EventTime 113',
      'Resource 71',
    ]);
    const included = rows(pick(answer.json, 'included'));
    const request = included.find((row) => row['type'] === 'EventResourceRequest');
    expect(pick(request, 'attributes', 'approval_status')).toBe('A');
    const times = included.filter((row) => row['type'] === 'EventTime').map((row) => pick(row, 'attributes', 'name'));
    expect([...times].sort()).toEqual(['Setup', 'Teardown', null]);
  });

  it('includes a shared record once', async () => {
    const answer = await get(await start(seed), '/resource_bookings?include=resource');
    expect(includedKeys(answer)).toEqual(['Resource 71', 'Resource 72']);
  });

  it('filters by status, by combinations of them, and by kind of resource', async () => {
    const sim = await start(seed);
    const bookings = async (filter: string): Promise<readonly unknown[]> => ids(await get(sim, `/resource_bookings?filter=${filter}`));
    expect(await bookings('approved')).toEqual(['111', '121']);
    expect(await bookings('pending')).toEqual(['112']);
    expect(await bookings('pending_rejected')).toEqual(['112', '211']);
    expect(await bookings('rooms')).toEqual(['111', '121', '211']);
    expect(await bookings('rooms,approved')).toEqual(['111', '121']);
    expect(await bookings('no_such_filter')).toHaveLength(4);
  });

  it('offers no approval filter below one instance', async () => {
    const sim = await start(seed);
    const answer = await get(sim, '/event_instances/11/resource_bookings?filter=approved');
    expect(ids(answer)).toEqual(['111', '112']);
    expect(pick(answer.json, 'meta', 'can_filter')).toEqual(['future', 'resources', 'rooms']);
    expect(ids(await get(sim, '/event_instances/11/resource_bookings?filter=rooms'))).toEqual(['111']);
  });

  it('defaults to the envelope of the instance, and keeps its own times', async () => {
    const sim = await start(seed);
    const [first, second] = rows(pick((await get(sim, '/resource_bookings')).json, 'data'));
    expect(pick(first, 'attributes', 'starts_at')).toBe('2026-11-21T22:00:00Z');
    expect(pick(second, 'attributes', 'ends_at')).toBe('2026-11-22T04:00:00Z');
  });

  it('shares one request between instances of an event, and leads back from it', async () => {
    const sim = await start(seed);
    const answer = await get(sim, '/events/1/event_resource_requests?include=resource');
    expect(rows(pick(answer.json, 'data')).map((row) => pick(row, 'attributes', 'approval_status'))).toEqual(['A', 'P']);
    expect(ids(await get(sim, '/event_resource_requests?where[approval_status]=R'))).toEqual(['211']);
    const one = await get(sim, '/resource_bookings/121/event_resource_request');
    expect(pick(one.json, 'data', 'id')).toBe('111');
  });
});

describe('times', () => {
  it('tells the envelope from the published times', async () => {
    const answer = await get(await start(seed), '/event_instances/11');
    expect(pick(answer.json, 'data', 'attributes')).toMatchObject({
      starts_at: '2026-11-21T22:00:00Z',
      published_starts_at: '2026-11-21T23:00:00Z',
      published_ends_at: '2026-11-22T02:00:00Z',
      ends_at: '2026-11-22T02:30:00Z',
    });
  });

  it('shows no times for an event that has none', async () => {
    const bare = { events: [{ id: '5', name: 'X', instances: [{ id: '51', starts_at: '2026-11-21T22:00:00Z', ends_at: '2026-11-21T23:00:00Z', event_times: [] }] }] };
    const answer = await get(await start(bare), '/event_instances/51?include=event_times');
    expect(pick(answer.json, 'data', 'relationships', 'event_times', 'data')).toEqual([]);
  });

  it.each([
    ['org', ['11']],
    ['utc', []],
  ])('reads a bare date in the %s zone', async (zone, expected) => {
    // 21:00 to 23:30 of Saturday in New York, which is Sunday in UTC.
    const late = structuredClone(seed);
    late.events = [
      { id: '1', name: 'Late', instances: [{ id: '11', starts_at: '2026-11-22T02:00:00Z', ends_at: '2026-11-22T04:30:00Z', bookings: [] }] },
    ] as never;
    const sim = await start(late, { 'server-date-equality': zone });
    expect(ids(await get(sim, '/event_instances?where[starts_at]=2026-11-21&where[ends_at]=2026-11-21'))).toEqual(expected);
  });

  it('misses a multi-day instance by equality and finds it by overlap', async () => {
    const sim = await start(seed);
    expect(ids(await get(sim, '/event_instances?where[starts_at]=2026-11-24'))).toEqual([]);
    const overlap = '/event_instances?where[starts_at][lt]=2026-11-24T20:00:00Z&where[ends_at][gt]=2026-11-24T10:00:00Z';
    expect(ids(await get(sim, overlap))).toEqual(['21']);
  });

  it('shows kind only to whom it is asked by fields, and filters by it', async () => {
    const sim = await start(seed);
    expect(pick((await get(sim, '/event_instances/21')).json, 'data', 'attributes')).not.toHaveProperty('kind');
    const asked = await get(sim, '/event_instances/21?fields[EventInstance]=kind,name');
    expect(pick(asked.json, 'data', 'attributes')).toEqual({ kind: 'blockout', name: 'Closed for floor work' });
    expect(ids(await get(sim, '/event_instances?where[kind]=blockout'))).toEqual(['21']);
    const included = await get(sim, '/resource_bookings/211?include=event_instance&fields[EventInstance]=kind');
    expect(pick(included.json, 'included', 0, 'attributes')).toEqual({ kind: 'blockout' });
  });

  it('counts as future what has not ended in the simulated world', async () => {
    const sim = await start(seed);
    await sim.sim('/clock', { now: '2026-11-25T04:59:00Z' });
    expect(ids(await get(sim, '/event_instances?filter=future'))).toEqual(['12', '21']);
    await sim.sim('/clock', { now: '2026-11-25T05:00:00Z' });
    expect(ids(await get(sim, '/event_instances?filter=future'))).toEqual(['12']);
  });
});

describe('statuses of events', () => {
  it('works them out from the rooms unless the seed states one', async () => {
    const answer = await get(await start(seed), '/events');
    const statuses = rows(pick(answer.json, 'data')).map((row) => pick(row, 'attributes', 'approval_status'));
    expect(statuses).toEqual(['P', 'A']);
    expect(pick(answer.json, 'data', 0, 'attributes', 'percent_approved')).toBe(67);
  });
});

describe('pages', () => {
  const many = {
    resources: [{ id: '1', name: 'Gym', kind: 'Room' }],
    events: Array.from({ length: 130 }, (_, index) => ({
      id: String(index + 1),
      name: `Event ${index + 1}`,
      instances: [
        {
          id: String(index + 1),
          starts_at: '2026-11-21T22:00:00Z',
          ends_at: '2026-11-21T23:00:00Z',
          bookings: [{ id: String(index + 1), resource_id: '1' }],
        },
      ],
    })),
  };

  it('links to the next and the previous page, and says what it can do', async () => {
    const sim = await start(many);
    const first = await get(sim, '/resource_bookings');
    expect(pick(first.json, 'meta')).toMatchObject({ total_count: 130, count: 25, next: { offset: 25 } });
    expect(pick(first.json, 'meta')).not.toHaveProperty('prev');
    expect(pick(first.json, 'included')).toEqual([]);
    expect(pick(first.json, 'meta', 'can_include')).toEqual(['event_instance', 'event_resource_request', 'resource']);
    expect(pick(first.json, 'meta', 'parent')).toEqual({ id: '1', type: 'Organization' });
    const next = new URL(String(pick(first.json, 'links', 'next')));
    expect(next.searchParams.get('offset')).toBe('25');
    const last = await get(sim, '/resource_bookings?per_page=100&offset=100');
    expect(pick(last.json, 'meta')).toMatchObject({ count: 30, prev: { offset: 0 } });
    expect(pick(last.json, 'meta')).not.toHaveProperty('next');
    expect(pick(last.json, 'links')).not.toHaveProperty('next');
  });

  it('skips a record when an earlier one disappears between two pages, and only the total tells', async () => {
    const sim = await start(many);
    const first = await get(sim, '/events?per_page=100');
    await sim.sim('/seed', { ...many, events: many.events.slice(1) });
    const second = await get(sim, '/events?per_page=100&offset=100');
    expect([...ids(first), ...ids(second)]).not.toContain('101');
    expect([pick(first.json, 'meta', 'total_count'), pick(second.json, 'meta', 'total_count')]).toEqual([130, 129]);
  });

  it.each([
    ['200', 100],
    ['0', 1],
    ['many', 25],
  ])('clamps per_page=%s to %i', async (asked, given) => {
    expect(ids(await get(await start(many), `/events?per_page=${asked}`))).toHaveLength(given);
  });

  it('may change the places of equal starts, or never, as told', async () => {
    const orders = async (flips: string): Promise<number> => {
      const sim = await start(many, { 'order-flips': flips });
      const seen = new Set<string>();
      for (let read = 0; read < 5; read += 1) seen.add(ids(await get(sim, '/resource_bookings?order=starts_at')).join());
      return seen.size;
    };
    expect(await orders('100')).toBeGreaterThan(1);
    expect(await orders('0')).toBe(1);
  });

  it('orders by the keys it offers, both ways', async () => {
    const sim = await start(seed);
    expect(ids(await get(sim, '/event_instances?order=-starts_at'))).toEqual(['12', '21', '11']);
    expect(ids(await get(sim, '/event_instances?order=id'))).toEqual(['11', '12', '21']);
  });

  it('loses included records in a share of the answers and keeps the links to them', async () => {
    const path = '/resource_bookings?per_page=100&include=event_instance';
    const whole = await get(await start(many), path);
    expect(includedKeys(whole)).toHaveLength(100);
    const broken = await get(await start(many, { 'includes-missing': '100' }), path);
    expect(includedKeys(broken).length).toBeLessThan(100);
    expect(includedKeys(broken).slice(0, 8)).toEqual(includedKeys(whole).slice(0, 8));
    expect(rows(pick(broken.json, 'data')).every((row) => pick(row, 'relationships', 'event_instance', 'data', 'id') !== undefined)).toBe(true);
    const half = await start(many, { 'includes-missing': '50' });
    const counts = [];
    for (let read = 0; read < 20; read += 1) counts.push(includedKeys(await get(half, path)).length);
    expect(counts.filter((count) => count === 100).length).toBeGreaterThan(2);
    expect(counts.filter((count) => count < 100).length).toBeGreaterThan(2);
  });
});

describe('rate limit', () => {
  it('counts every request, refuses above the limit and keeps counting', async () => {
    const sim = await start({ ...seed, rate_limit: { limit: 2, period: 60 } });
    const first = await get(sim, '/events');
    expect(first.headers).toMatchObject({ 'x-pco-api-request-rate-limit': '2', 'x-pco-api-request-rate-count': '1' });
    await get(sim, '/events');
    const third = await get(sim, '/events');
    expect(third.status).toBe(429);
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(third.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(pick(third.json, 'errors', 0)).toMatchObject({ code: '429', detail: 'Rate limit exceeded: 3 of 2 requests per 60 seconds' });
    expect(pick((await get(sim, '/events')).json, 'errors', 0, 'detail')).toContain('4 of 2');
    // The limit is each caller's own.
    expect((await get(sim, '/events', 'Bearer sim-access-token')).status).toBe(200);
  });

  it('lets through again when the period is over', async () => {
    const sim = await start({ ...seed, rate_limit: { limit: 1, period: 0.2 } });
    expect((await get(sim, '/events')).status).toBe(200);
    expect((await get(sim, '/events')).status).toBe(429);
    await expect.poll(async () => (await get(sim, '/events')).status, { timeout: 3000, interval: 50 }).toBe(200);
  });

  it('drops to 10 in 20 seconds after as many requests as the quirk says', async () => {
    const sim = await start(seed, { 'limit-drop': '12' });
    for (let sent = 0; sent < 12; sent += 1) expect((await get(sim, '/events')).status).toBe(200);
    const dropped = await get(sim, '/events');
    expect(dropped.status).toBe(429);
    expect(pick(dropped.json, 'errors', 0, 'detail')).toBe('Rate limit exceeded: 13 of 10 requests per 20 seconds');
  });
});

describe('single records and edges', () => {
  it.each(['/events/99', '/event_instances/99/resource_bookings', '/calendars', '/events/1/no_such_edge'])(
    'answers %s with 404 in the shape of errors',
    async (path) => {
      const answer = await get(await start(seed), path);
      expect(answer.status).toBe(404);
      expect(pick(answer.json, 'errors', 0, 'title')).toBe('Not Found');
    },
  );

  it('follows edges to one and to many', async () => {
    const sim = await start(seed);
    expect(pick((await get(sim, '/event_instances/11/event')).json, 'data', 'id')).toBe('1');
    expect(pick((await get(sim, '/resource_bookings/112/resource')).json, 'data', 'attributes', 'name')).toBe('Projector');
    expect(ids(await get(sim, '/events/1/event_instances'))).toEqual(['11', '12']);
    expect(ids(await get(sim, '/resources/71/resource_bookings?filter=approved'))).toEqual(['111', '121']);
    expect(ids(await get(sim, '/event_instances/11/event_times'))).toEqual(['111', '112', '113']);
    expect(ids(await get(sim, '/resources?where[kind]=Room'))).toEqual(['71']);
  });
});

describe('the state of the world', () => {
  it('comes back from its own dump unchanged', async () => {
    const sim = await start(seed);
    const before = (await get(sim, '/resource_bookings?include=event_instance,resource,event_resource_request')).text;
    const state = await sim.sim('/state');
    await sim.sim('/seed', state);
    expect(await sim.sim('/state')).toEqual(state);
    expect((await get(sim, '/resource_bookings?include=event_instance,resource,event_resource_request')).text).toBe(before);
  });

  it('replaces an event whole on merge, and moves the stamps of that one only', async () => {
    const sim = await start(seed);
    await sim.sim('/clock', { now: '2026-11-20T13:00:00Z' });
    await sim.sim('/seed?merge=1', { events: [{ id: '2', name: 'Reopened', instances: [] }] });
    expect(ids(await get(sim, '/event_instances'))).toEqual(['11', '12']);
    expect(ids(await get(sim, '/events?where[updated_at][gte]=2026-11-20T12:30:00Z'))).toEqual(['2']);
  });

  it.each([
    [{ events: [{ id: '1' }] }, 'events[0].name'],
    [{ events: [{ id: '1', name: 'X', instances: [{ id: '2', starts_at: 'soon', ends_at: '' }] }] }, 'events[0].instances[0].starts_at'],
    [{ organization: { time_zone: 'Mars' } }, 'organization.time_zone'],
    [{ resourses: [] }, 'resourses'],
    [{ resources: [{ id: 1, name: 'a' }, { id: '1', name: 'b' }] }, 'resources[1].id'],
  ])('refuses the seed %j, naming %s', async (bad, path) => {
    await expect(start(bad)).rejects.toThrow(path);
  });
});
