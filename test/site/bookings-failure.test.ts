import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pick, rows } from '../support/sim.js';
import { condition, startSite, type Site, type SiteOptions } from '../support/site.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const header = (kind: string, name: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const doorGroup = (name: string, door: string): string =>
  `${header('DoorGroup', name)}spec:\n  doors: [{ name: ${door} }]\n  unlock: { method: Schedule, schedule: { name: "${name} hours" } }\n`;

// A Saturday morning in New York.
const now = '2026-11-21T13:00:00Z';
const hour = 3_600_000;
const iso = (instant: number): string => new Date(instant).toISOString().replace('.000Z', 'Z');

/** One event, booked in one room. */
function event(id: string, at: string, room: string, approval = 'A', hours = 1): unknown {
  const times = { starts_at: at, ends_at: iso(Date.parse(at) + hours * hour) };
  const booking = { id: `${id}-b`, resource_id: room, ...times, approval_status: approval };
  const instance = { id: `${id}-1`, name: `Event ${id}`, ...times, published_starts_at: times.starts_at, published_ends_at: times.ends_at };
  return { id, name: `Event ${id}`, approval_status: approval, instances: [{ ...instance, bookings: [booking] }] };
}

/** Eight a day from 9 to 17 hours in New York, every other hour, in turn in both rooms; the first is under way. */
function events(n: number, prefix = 'e', first = Date.parse('2026-11-21T12:30:00Z')): unknown[] {
  return Array.from({ length: n }, (_, index) => event(`${prefix}${index}`, iso(first + (Math.floor(index / 5) * 24 + (index % 5) * 2) * hour), index % 2 === 0 ? 'r1' : 'r2'));
}

const resources = [
  { id: 'r1', name: 'Sanctuary', kind: 'Room' },
  { id: 'r2', name: 'Gym', kind: 'Room' },
];
const calendarOf = (all: readonly unknown[]): unknown => ({ organization: { name: 'Church', time_zone: 'America/New_York' }, resources, events: all });
const week = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };

const church = (all: readonly unknown[], more: Partial<SiteOptions> = {}): SiteOptions => ({
  now,
  without: ['civicrm'],
  files: {
    'doors.yaml': [doorGroup('lobby', 'Lobby'), doorGroup('gym', 'Gym')].join('---\n'),
    'rooms.yaml': `${header('RoomMapping', 'rooms')}spec:\n  rooms:\n    - { name: Sanctuary, doorGroups: [lobby] }\n    - { name: Gym, doorGroups: [gym] }\n`,
  },
  unifi: {
    time_zone: 'America/New_York',
    doors: [
      { id: 'door-lobby', name: 'Lobby' },
      { id: 'door-gym', name: 'Gym' },
    ],
    schedules: [
      { id: 'schedule-lobby', name: 'lobby hours', weekly: week },
      { id: 'schedule-gym', name: 'gym hours', weekly: week },
    ],
    unlock_schedules: { 'door-lobby': 'schedule-lobby', 'door-gym': 'schedule-gym' },
  },
  pco: calendarOf(all),
  ...more,
});

/** A minute later: the next poll, and a run. */
async function poll(on: Site): Promise<void> {
  on.clock.advance(60_000);
  expect(await on.run('doors')).toEqual([]);
}

const underway = '2026-11-21T13:10:00Z';
const tomorrow = '2026-11-22T12:40:00Z';
const view = (on: Site) => on.composition.engine.view();

describe('case 18: an empty calendar after a reboot', () => {
  it('closes nothing until two more polls agree', async () => {
    site = await startSite(church(events(40)));
    await site.run('doors');
    expect(await site.openDoors(underway)).toEqual(['Lobby']);
    await site.pco.sim('/seed', calendarOf([]));
    await site.restart();
    await site.forgetRequests();
    await poll(site);
    expect(await site.openDoors(underway)).toEqual(['Lobby']);
    expect(await site.openDoors(tomorrow)).toEqual(['Gym']);
    expect(await site.writes()).toEqual([]);
    expect(view(site).status.notes.join()).toMatch(/lacks 39 of 39 coming bookings; the doors keep 40/);
    expect(view(site).status.sources.find(({ name }) => name === 'planningCenter')).toMatchObject({ complete: true, items: 40 });
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
    await poll(site);
    expect(await site.openDoors(tomorrow)).toEqual(['Gym']);
    await poll(site);
    expect(await site.openDoors(underway)).toEqual([]);
    expect(await site.openDoors(tomorrow)).toEqual([]);
    const told = (await readFile(join(site.configuration.stateDir, 'events.jsonl'), 'utf8')).split('\n').filter((line) => line.includes('SuddenLoss'));
    expect(told).toHaveLength(1);
  });

  it('is counted over restarts, and ends when the calendar is back', async () => {
    site = await startSite(church(events(40)));
    await site.run('doors');
    await site.pco.sim('/seed', calendarOf([]));
    for (let reboot = 0; reboot < 2; reboot += 1) {
      await site.restart();
      await poll(site);
      expect(await site.openDoors(tomorrow)).toEqual(['Gym']);
    }
    await site.pco.sim('/seed', calendarOf(events(40)));
    await site.forgetRequests();
    await poll(site);
    expect(view(site).status.notes).toEqual([]);
    expect(await site.writes()).toEqual([]);
    await site.pco.sim('/seed', calendarOf([]));
    for (let reboot = 0; reboot < 3; reboot += 1) {
      await site.restart();
      await poll(site);
    }
    expect(await site.openDoors(tomorrow)).toEqual([]);
  });

  it('the very first program of a new site with 40 bookings is not held', async () => {
    site = await startSite(church(events(40)));
    expect(await site.run('doors')).toEqual([]);
    expect(view(site).status.held).toEqual([]);
    expect(await site.openDoors(tomorrow)).toEqual(['Gym']);
  });

  it('a rejection, a move and a new booking come through at once beside it', async () => {
    site = await startSite(church(events(40)));
    await site.run('doors');
    await site.pco.sim('/seed', calendarOf([event('e5', '2026-11-22T12:30:00Z', 'r2', 'R'), event('new', '2026-11-22T23:00:00Z', 'r1')]));
    await poll(site);
    expect(await site.openDoors(tomorrow)).toEqual([]);
    expect(await site.openDoors('2026-11-22T23:30:00Z')).toEqual(['Lobby']);
    expect(await site.openDoors('2026-11-22T14:40:00Z')).toEqual(['Lobby']);
  });

  it('without what was known before, programs may grow but nothing goes until two polls agree', async () => {
    site = await startSite(church(events(40)));
    await site.run('doors');
    await rm(join(site.configuration.stateDir, 'bookings.json'));
    await site.pco.sim('/seed', calendarOf(events(6)));
    await site.restart();
    await poll(site);
    expect(await site.openDoors('2026-11-22T14:40:00Z')).toEqual(['Lobby']);
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Programmed')).toMatchObject({ status: 'False', reason: 'SourceIncomplete' });
    await poll(site);
    expect(await site.openDoors('2026-11-22T14:40:00Z')).toEqual([]);
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
    await writeFile(join(site.configuration.stateDir, 'bookings.json'), '{"version":2,');
    await site.pco.sim('/seed', calendarOf(events(8)));
    await site.restart();
    expect(site.composition.lost.join()).toContain('bookings.json');
    await poll(site);
    expect(await site.openDoors('2026-11-22T16:40:00Z')).toEqual(['Gym']);
  });
});

/** The bookings' page as the calendar would send it, without one occurrence's record. */
async function pageWithout(on: Site, instance: string): Promise<unknown> {
  const query = 'include=event_instance,event_resource_request,resource&per_page=100&order=starts_at';
  const authorization = `Basic ${Buffer.from('sim-app-id:sim-secret').toString('base64')}`;
  const page = await on.pco.call(`/calendar/v2/resource_bookings?${query}`, { headers: { authorization } });
  const included = rows(pick(page.json, 'included')).filter((each) => each['id'] !== instance);
  return { ...(page.json as object), included };
}

describe('case 8: one event that cannot be made out', () => {
  it('keeps its doors, moves all others, and is named', async () => {
    site = await startSite(church([event('gala', '2026-11-22T20:00:00Z', 'r1'), event('chess', '2026-11-22T20:00:00Z', 'r2'), event('choir', '2026-11-23T20:00:00Z', 'r2')]));
    await site.run('doors');
    const at = '2026-11-22T20:30:00Z';
    expect(await site.openDoors(at)).toEqual(['Gym', 'Lobby']);
    await site.pco.sim('/seed', calendarOf([event('gala', '2026-11-22T18:00:00Z', 'r1'), event('chess', '2026-11-22T21:00:00Z', 'r2'), event('choir', '2026-11-23T20:00:00Z', 'r2')]));
    await site.pco.sim('/fault', { match: 'resource_bookings', times: -1, status: 200, body: await pageWithout(site, 'gala-1') });
    await site.pco.sim('/fault', { match: 'event_instances', times: -1, status: 404, body: { errors: [] } });
    await poll(site);
    expect(await site.openDoors(at)).toEqual(['Lobby']);
    expect(await site.openDoors('2026-11-22T21:30:00Z')).toEqual(['Gym']);
    expect(await site.openDoors('2026-11-22T18:30:00Z')).toEqual([]);
    const { sources } = view(site).status;
    expect(sources.find(({ name }) => name === 'planningCenter')).toMatchObject({ complete: false, error: expect.stringContaining('gala') as unknown });
    expect(condition(await site.status('RoomMapping', 'rooms'), 'SourceStale')?.message).toContain('gala');
    await site.pco.remove('/fault');
    await poll(site);
    expect(await site.openDoors('2026-11-22T18:30:00Z')).toEqual(['Lobby']);
  });
});

describe('a calendar that fails', () => {
  it.each([
    ['a list that changes while it is paged', { match: 'resource_bookings', status: 200, body: { data: [], included: [], meta: { total_count: 12, count: 0 } } }, 'SourceIncomplete', /did not answer \/resource_bookings whole/],
    ['a limit that dropped', { match: 'calendar/v2', status: 429, body: { errors: [{ code: '429' }] }, headers: { 'retry-after': '0' } }, 'TooManyRequests', /429|too many|slow|limit/i],
    ['a login that ended', { match: 'calendar/v2', status: 401, body: { errors: [{ code: '401' }] } }, 'Unauthorized', /refused the credentials \(401\): check PCO_APP_ID/],
    ['a server that fails', { match: 'calendar/v2', status: 500, body: '' }, 'ServerError', /500/],
  ])('closes nothing through %s, says what it is, and goes on', async (_, fault, __, words) => {
    site = await startSite(church(events(8)));
    await site.run('doors');
    await site.pco.sim('/seed', calendarOf([]));
    await site.pco.sim('/fault', { times: -1, ...fault });
    await poll(site);
    expect(await site.openDoors(tomorrow)).toEqual(['Gym']);
    const source = view(site).status.sources.find(({ name }) => name === 'planningCenter');
    expect(source).toMatchObject({ complete: false, items: 8, ageSeconds: 60, error: expect.stringMatching(words) as unknown });
    expect(condition(await site.status('RoomMapping', 'rooms'), 'SourceStale')?.message).toMatch(words);
    expect(condition(await site.status('RoomMapping', 'rooms'), 'Ready')?.status).toBe('True');
    await site.pco.remove('/fault');
    await site.pco.sim('/seed', calendarOf(events(7)));
    await poll(site);
    expect(view(site).status.sources.find(({ name }) => name === 'planningCenter')).toMatchObject({ complete: true, items: 7, error: null });
  });

  it('is asked without includes when it fails on them', async () => {
    site = await startSite(church(events(8)));
    await site.pco.sim('/fault', { match: 'resource_bookings\\?.*include=', times: -1, status: 502, body: '' });
    await poll(site);
    expect(await site.openDoors(tomorrow)).toEqual(['Gym']);
    expect(view(site).status.sources.find(({ name }) => name === 'planningCenter')).toMatchObject({ complete: true, items: 8 });
  });

  it('tells the age of the last whole reading after a restart, and is not Ready once three polls have failed', async () => {
    site = await startSite(church(events(8)));
    await site.run('doors');
    await site.pco.sim('/fault', { match: 'calendar/v2', times: -1, status: 403, body: '' });
    await site.restart();
    site.clock.advance(2 * 60_000);
    await site.run('doors');
    expect(view(site).status.sources.find(({ name }) => name === 'planningCenter')).toMatchObject({ ageSeconds: 120, items: 8, complete: false });
    expect(condition(await site.status('RoomMapping', 'rooms'), 'Ready')?.status).toBe('True');
    await site.restart();
    site.clock.advance(10 * 60_000);
    await site.run('doors');
    expect(view(site).status.sources.find(({ name }) => name === 'planningCenter')?.ageSeconds).toBe(720);
    expect(condition(await site.status('RoomMapping', 'rooms'), 'Ready')?.status).toBe('True');
    site.clock.advance(4 * 60_000);
    await site.run('doors');
    expect(condition(await site.status('RoomMapping', 'rooms'), 'Ready')).toMatchObject({ status: 'False', reason: 'SourceStale' });
    expect(await site.openDoors(tomorrow)).toEqual(['Gym']);
  });
});

describe('many new bookings at once', () => {
  const known = events(12);
  const flood = (n: number): unknown[] => events(n, 'n', Date.parse('2026-11-22T13:45:00Z'));

  it('wait for a person, stay through a restart, and open with the approval of exactly that plan', async () => {
    site = await startSite(church(known));
    await site.run('doors');
    await site.pco.sim('/seed', calendarOf([...known, ...flood(25)]));
    await site.forgetRequests();
    await poll(site);
    const plan = view(site).diff.planes.find(({ plane }) => plane === 'doors');
    expect(plan?.changes).toHaveLength(25);
    expect(plan?.changes[0]).toMatchObject({ verb: 'open', object: { kind: 'DoorGroup' }, before: null, held: expect.stringContaining('at once') as unknown });
    expect(view(site).status.held).toMatchObject([{ kind: 'plan', ref: `plan/${plan?.hash ?? ''}`, release: `sexton approve plan/${plan?.hash ?? ''}` }]);
    expect(await site.writes()).toEqual([]);
    expect(await site.openDoors('2026-11-22T14:00:00Z')).toEqual([]);
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
    expect(view(site).bookings.filter(({ state }) => state === 'Held')).toHaveLength(25);

    await site.write('more.yaml', `${header('OfficeHours', 'office')}spec:\n  weekly:\n    - { days: [friday], hours: ["22:00-22:30"], doorGroups: [lobby] }\n`);
    await site.restart();
    await poll(site);
    expect(view(site).diff.planes[0]?.hash).toBe(plan?.hash);
    expect(await site.openDoors('2026-11-22T14:00:00Z')).toEqual([]);

    // Lost bookings are no leave: what waited is known from what is refused.
    await site.composition.close();
    await rm(join(site.configuration.stateDir, 'bookings.json'));
    await site.restart();
    for (let reading = 0; reading < 3; reading += 1) await poll(site);
    expect(view(site).diff.planes[0]?.hash).toBe(plan?.hash);
    expect(await site.openDoors('2026-11-22T14:00:00Z')).toEqual([]);

    const ops = (plan?.changes ?? []).flatMap(({ op }) => op ?? []);
    await approve(site, plan?.hash ?? '', ops);
    await poll(site);
    expect(await site.openDoors('2026-11-22T14:00:00Z')).toEqual(['Lobby']);
    expect(view(site).diff.planes[0]).toMatchObject({ hash: null, changes: [] });
    expect(await readdir(join(site.configuration.stateDir, 'approvals'))).toEqual([]);
    await site.forgetRequests();
    await site.restart();
    await poll(site);
    expect(await site.writes()).toEqual([]);
    const told = (await readFile(join(site.configuration.stateDir, 'events.jsonl'), 'utf8')).split('\n').filter((line) => line.includes('SuddenGain'));
    expect(told.length).toBeGreaterThan(0);
  });

  it('open at once when they are few', async () => {
    site = await startSite(church(known));
    await site.run('doors');
    await site.pco.sim('/seed', calendarOf([...known, ...flood(20)]));
    await poll(site);
    expect(await site.openDoors('2026-11-22T14:00:00Z')).toEqual(['Lobby']);
    expect(view(site).status.held).toEqual([]);
  });

  it('say nothing against a booking that is called off meanwhile, and hold no other change', async () => {
    site = await startSite(church(known));
    await site.run('doors');
    await site.pco.sim('/seed', calendarOf([...known.slice(0, 5), ...known.slice(6), ...flood(25)]));
    await poll(site);
    expect(view(site).status.held).toHaveLength(1);
    expect(await site.openDoors(tomorrow)).toEqual([]);
  });
});

/** As the command leaves it. */
async function approve(on: Site, hash: string, ops: readonly string[]): Promise<void> {
  const directory = join(on.configuration.stateDir, 'approvals');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${hash}.json`), JSON.stringify({ version: 1, hash, ops, by: 'test', at: iso(on.clock.now()) }));
}
