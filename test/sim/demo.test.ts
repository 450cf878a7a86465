import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { parseDocuments } from '../../src/api/documents.js';
import type { Kind, Resource } from '../../src/api/resource.js';
import { validateResource } from '../../src/api/validate.js';
import { calendar } from '../../src/desired/calendar/calendar.js';
import { addDays, localTime } from '../../src/desired/calendar/local-time.js';
import { calendarDeclarations } from '../../src/desired/calendar/site.js';
import { identity } from '../../src/desired/members/identity.js';
import { people } from '../../src/desired/members/people.js';
import type { Booking, Member } from '../../src/desired/model.js';
import { clockAt } from '../../src/runtime/clock.js';
import { createHttpClient } from '../../src/runtime/http-client.js';
import { silentLogger } from '../../src/runtime/log.js';
import { civicrmDefinition } from '../../src/sim/civicrm/definition.js';
import { demoWorld } from '../../src/sim/demo/world.js';
import type { SimulatorDefinition } from '../../src/sim/kit/simulator.js';
import { pcoDefinition } from '../../src/sim/pco/definition.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import { createCivicrmReader } from '../../src/sources/civicrm/reader.js';
import { createPlanningCenterReader } from '../../src/sources/planning-center/reader.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { pick, rows, startTestSimulator, type TestSimulator } from '../support/sim.js';

const moments: readonly (readonly [name: string, now: string])[] = [
  ['an ordinary Saturday morning', '2026-11-21T13:37:42.123Z'],
  ['the minute a service begins', '2026-11-22T15:00:00Z'],
  ['a second before midnight', '2026-12-01T04:59:59Z'],
  ['the evening before clocks go forward', '2027-03-14T03:10:00Z'],
  ['inside the week in which clocks go forward', '2027-03-10T17:00:00Z'],
  ['in the first of two half past one', '2026-11-01T05:30:00Z'],
  ['in the second of them', '2026-11-01T06:30:00Z'],
  ['ten days before clocks go back', '2026-10-22T22:00:00Z'],
  ['a leap day', '2028-02-29T12:00:00Z'],
  ['the end of a year', '2026-12-31T23:55:00Z'],
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function simulate(definition: SimulatorDefinition, seed: unknown, now: number): Promise<TestSimulator> {
  const simulator = await startTestSimulator(definition, { seed, now });
  cleanups.push(() => simulator.close());
  return simulator;
}

function client(simulator: TestSimulator, now: number): ReturnType<typeof createHttpClient> {
  const http = createHttpClient({ baseUrl: simulator.listening, clock: clockAt(now, false), log: silentLogger });
  cleanups.push(() => {
    http.close();
  });
  return http;
}

async function readBookings(now: number): Promise<readonly Booking[]> {
  const { pco, timeZone } = demoWorld(now);
  const simulator = await simulate(pcoDefinition, pco, now);
  const auth = { kind: 'PersonalAccessToken', appId: 'sim-app-id', secret: 'sim-secret' } as const;
  const read = createPlanningCenterReader({ http: client(simulator, now), auth, lookaheadDays: 14, timeZone, clock: clockAt(now, false) });
  const { items, partial, warnings } = await read();
  expect([partial, warnings]).toEqual([undefined, []]);
  return items;
}

async function readMembers(now: number): Promise<readonly Member[]> {
  const simulator = await simulate(civicrmDefinition, demoWorld(now).civicrm, now);
  const auth = { kind: 'XCiviAuth', apiKey: 'sim-civicrm-key' } as const;
  const reader = createCivicrmReader({ http: client(simulator, now), apiPath: '/civicrm/ajax/api4', cardField: 'Door_Access.card_id', auth });
  const { items, partial } = await reader.read();
  expect(partial).toBeUndefined();
  return items;
}

function exampleResources(): readonly Resource[] {
  const directory = new URL('../../examples/', import.meta.url);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('.status.yaml'))
    .flatMap((file) => parseDocuments(file, readFileSync(new URL(file, directory))).documents)
    .map((document) => {
      const { resource, problems } = validateResource(document);
      if (resource === null) throw new Error(JSON.stringify(problems));
      return resource;
    });
}

function examples<K extends Kind>(kind: K): readonly Resource<K>[] {
  return exampleResources().filter((resource): resource is Resource<K> => resource.kind === kind);
}

/** How many times each text occurs. */
function tally(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

/** `Sun 10:00` on the church's clock. */
function clockTime(instant: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return parts.format(instant);
}

describe.each(moments)('the church of the demo: %s', (_name, instant) => {
  const now = Date.parse(instant);
  const { timeZone } = demoWorld(now);
  const local = localTime(timeZone);

  test('40 room bookings in the two weeks ahead, with something of everything', async () => {
    const bookings = await readBookings(now);
    expect(bookings).toHaveLength(40);
    const last = local.startOf(addDays(local.dateOf(now), 15));
    for (const { event } of bookings) {
      expect(event.publishedStartsAt).toBeGreaterThan(now);
      expect(event.publishedStartsAt).toBeLessThan(last);
      for (const time of [event.startsAt, event.publishedStartsAt, event.publishedEndsAt, event.endsAt]) expect(time % 60_000).toBe(0);
      expect(event.publishedEndsAt).toBeGreaterThan(event.publishedStartsAt);
    }
    expect(tally(bookings.map(({ approval }) => approval))).toEqual({ Approved: 36, Pending: 2, Rejected: 2 });
    expect(new Set(bookings.map(({ room }) => room)).size).toBe(15);
    expect(bookings.filter(({ event }) => event.blockout)).toHaveLength(1);
    const starts = (event: string): string[] => bookings.filter((each) => each.event.name === event).map((each) => clockTime(each.event.publishedStartsAt, timeZone));
    expect(new Set(starts('Sunday Worship Service'))).toEqual(new Set(['Sun 10:00']));
    expect(starts('Sunday Worship Service')).toHaveLength(6);
    expect(new Set(starts('Junior High Youth Group'))).toEqual(new Set(['Fri 19:00']));

    const planned = calendar({ declarations: calendarDeclarations(exampleResources(), now, local), bookings, local, days: 14 }, now);
    const states = tally(planned.bookings.map(({ state }) => state));
    // Refused or pending; the blockout, the staff and the parsonage; the garden and the tower.
    expect(states).toMatchObject({ NotApproved: 4, Excluded: 4, Unmapped: 2 });
    expect(states['Open']).toBeGreaterThan(15);
    const opened = new Set(planned.groups.filter(({ windows }) => windows.some(({ start }) => start > now)).map(({ doorGroup }) => doorGroup));
    expect(opened).toEqual(new Set(['front-lobby', 'rear-lobby', 'gym-front', 'gym-rear', 'office']));
    // The retreat and the night of prayer wait for a person.
    const held = planned.bookings.filter(({ state }) => state === 'Held').map(({ booking }) => booking.event.name);
    expect(held).toEqual(expect.arrayContaining(['Silent Retreat 🤫', 'Night of Prayer']));
  });

  test('60 members in three tiers, a few quarantined, a few without access', async () => {
    const members = await readMembers(now);
    expect(members).toHaveLength(60);
    const [mapping] = examples('TierMapping');
    if (mapping === undefined) throw new Error('no TierMapping among the examples');
    const judged = people({
      spec: mapping.spec,
      members,
      activeStatuses: ['New', 'Current', 'Grace'],
      local,
      readAt: now,
      now,
      vanished: new Map(),
      unknownSince: new Map(),
    });
    const granted = judged.filter((person) => person.outcome === 'Access');
    expect(tally(granted.map(({ rule }) => rule.membershipType))).toEqual({ Gold: 21, Silver: 22, 'Day Pass': 7 });
    // Two of those have a card number that cannot be bound.
    expect(granted.filter(({ card }) => card === null)).toHaveLength(2);
    expect(judged.filter(({ outcome }) => outcome === 'Quarantined')).toHaveLength(4);
    expect(judged.filter(({ outcome }) => outcome === 'None')).toHaveLength(6);
    expect(members.filter(({ deceased }) => deceased)).toHaveLength(1);
    const cards = granted.flatMap(({ card }) => card ?? []);
    expect(new Set(cards).size).toBe(48);
  });

  test('a controller that fits the examples and holds nothing of Sexton yet', async () => {
    const simulator = await simulate(unifiDefinition, demoWorld(now).unifi, now);
    const unifi = createUnifiClient({
      url: simulator.listening,
      token: 'sim-unifi-token',
      fingerprint: simulator.fingerprint!,
      clock: clockAt(now, false),
      log: silentLogger,
    });
    cleanups.push(() => {
      unifi.close();
    });
    const [doors, schedules, policies, users] = await Promise.all([unifi.listDoors(), unifi.listSchedules(), unifi.listPolicies(), unifi.listUsers()]);
    const doorNames = doors.map(({ name }) => name);
    const scheduleNames = schedules.map(({ name }) => name);
    const state = await simulator.sim('/state');
    const groups = examples('DoorGroup');
    expect(groups).toHaveLength(5);
    for (const { metadata, spec } of groups) {
      expect(doorNames).toEqual(expect.arrayContaining(spec.doors.map(({ name }) => name)));
      const { name, create } = spec.unlock.schedule;
      expect(scheduleNames.includes(name ?? `Sexton ${metadata.name}`)).toBe(!create);
      const hubs = doors.filter((door) => spec.doors.some((each) => each.name === door.name)).map(({ id }) => pick(state, 'unlock_schedules', id));
      const adopted = schedules.find((each) => each.name === name)?.id;
      expect(hubs).toEqual(spec.doors.map(() => adopted));
    }
    const wanted = examples('TierMapping').flatMap(({ spec }) => spec.rules.flatMap((rule) => rule.policies ?? []));
    expect(policies.map(({ name }) => name)).toEqual(expect.arrayContaining([...wanted, 'Default Site Policy']));
    const used = new Set(policies.map(({ scheduleId }) => scheduleId));
    expect(schedules.filter(({ name, id }) => name.startsWith('PCO Sync') && used.has(id))).toEqual([]);
    const template = examples('TierMapping')[0]!.spec.identity.employeeNumber;
    expect(users.filter(({ employeeNumber }) => identity(template).contactOf(employeeNumber) !== null)).toEqual([]);
    expect(users.some(({ employeeNumber }) => employeeNumber === '1001')).toBe(true);
  });
});

test('the same moment gives the same church, another one the same ids', () => {
  const ids = (now: number): unknown => {
    const { pco } = demoWorld(now);
    return rows(pick(pco, 'events')).map((event) => [event['id'], event['name'], rows(event['instances']).map(({ id, bookings }) => [id, rows(bookings).map((booking) => booking['id'])])]);
  };
  const [first, second] = [Date.parse('2026-11-21T13:37:42Z'), Date.parse('2027-03-13T03:00:00Z')];
  expect(demoWorld(first)).toEqual(demoWorld(first));
  expect(ids(first)).toEqual(ids(second));
  expect(demoWorld(first)).not.toEqual(demoWorld(second));
});

test('something opens soon by day, and never at night', () => {
  const opens = (now: string): string => {
    const house = rows(pick(demoWorld(Date.parse(now)).pco, 'events')).find((event) => event['name'] === 'Open House');
    return String(pick(house, 'instances', 0, 'published_starts_at'));
  };
  expect(opens('2026-11-21T16:01:00Z')).toBe('2026-11-21T16:15:00Z');
  expect(opens('2026-11-21T16:15:00Z')).toBe('2026-11-21T16:30:00Z');
  expect(opens('2026-11-22T02:00:00Z')).toBe('2026-11-22T15:00:00Z');
  expect(opens('2026-11-22T05:30:00Z')).toBe('2026-11-22T15:00:00Z');
  // The clocks go forward in between: ten in the morning stays ten in the morning.
  expect(opens('2027-03-14T02:00:00Z')).toBe('2027-03-14T14:00:00Z');
});

test('nobody in it is real, and every address is an example', () => {
  const text = JSON.stringify(demoWorld(Date.parse('2026-11-21T13:37:42Z')));
  const addresses = text.match(/[^"\s]+@[^"\s]+/g) ?? [];
  expect(addresses.length).toBeGreaterThan(60);
  expect(addresses.filter((address) => !address.endsWith('@example.org'))).toEqual([]);
});

test('times in weeks and bookings are whole minutes', () => {
  for (const [, now] of moments) {
    const { unifi, pco } = demoWorld(Date.parse(now));
    const instants = JSON.stringify(pco).match(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g) ?? [];
    expect(instants.length).toBeGreaterThan(100);
    expect(instants.filter((each) => !/T\d{2}:\d{2}:00Z$/.test(each))).toEqual([]);
    const ranges = JSON.stringify(unifi).match(/"start_time":"\d{2}:\d{2}:\d{2}","end_time":"\d{2}:\d{2}:\d{2}"/g) ?? [];
    expect(ranges.length).toBeGreaterThan(10);
    expect(ranges.filter((range) => !/:00","end_time":"\d{2}:\d{2}:59"$/.test(range))).toEqual([]);
  }
});
