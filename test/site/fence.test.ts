import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { condition, startSite, type Site } from '../support/site.js';
import { wallClock } from '../support/wall-clock.js';
import {
  breakAfter,
  declaredOn,
  doorGroup,
  emptyDays,
  fences,
  groups,
  header,
  officeHours,
  openSpans,
  plusDays,
  readings,
  undeclared,
  unifiState,
  world,
} from './fence-world.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const newYork = 'America/New_York';
const threeWeeks = 21;

/** Ten seconds after local midnight. */
function morning(timeZone: string, date: string): string {
  return new Date(wallClock(timeZone).startOf(date) + 10_000).toISOString();
}

describe.each([
  [newYork, { 'long-holiday': 'allow' }, 7, 4],
  ['Pacific/Kiritimati', { 'long-holiday': 'error' }, 7, 3],
  ['Pacific/Honolulu', { 'long-holiday': 'error' }, 3, 3],
  ['Europe/Berlin', { 'long-holiday': 'allow' }, 3, 3],
] as const)('in %s (%o, horizon %i)', (timeZone, quirks, horizon, days) => {
  it('doors open as declared while Sexton lives, and never again once the program of its last day is over', async () => {
    const first = '2026-10-23';
    site = await startSite({ ...world(timeZone, morning(timeZone, first)), quirks, horizon });
    const start = (date: string): number => wallClock(timeZone).startOf(date);
    for (let day = 0; day < days; day += 1) {
      const today = plusDays(first, day);
      site.clock.set(morning(timeZone, today));
      expect(await site.run('doors')).toEqual([]);
      const state = await unifiState(site);
      expect(fences(state).map(({ name }) => name.slice(0, 23))).toEqual([`Sexton fence ${today}`]);
      const last = plusDays(today, horizon - 1);
      for (const group of groups) {
        expect((await site.status('DoorGroup', group))['fencedUntil']).toBe(last);
        for (const reading of readings) {
          const about = `${today} ${group} ${reading.holidayZone} ${reading.holidayEnd}`;
          // Alive: the next run is tomorrow's.
          const alive = openSpans(state, group, timeZone, [start(today), start(plusDays(today, 1))], reading);
          expect(alive, about).toEqual(declaredOn(group, today, timeZone));
          const dead = openSpans(state, group, timeZone, [start(today), start(plusDays(today, threeWeeks + horizon))], reading);
          expect(undeclared(dead, group, today, horizon, timeZone), about).toEqual([]);
        }
      }
    }
  });
});

it('the hubs themselves stay shut after the program, whichever way they read a holiday', async () => {
  site = await startSite({ ...world('Pacific/Kiritimati', '2026-11-20T22:00:00Z'), quirks: { 'holiday-zone': 'local', 'holiday-end': 'inclusive' } });
  await site.run('doors');
  const doors = (await site.unifi.sim('/doors?from=2026-11-27T10:00:00Z&to=2026-12-18T10:00:00Z')) as { name: string; unlocked: unknown[] }[];
  expect(doors.map(({ name, unlocked }) => [name, unlocked])).toEqual([['lobby', []], ['gym', []]]);
});

describe('a quiet day', () => {
  it('costs one write a group, one fence made and one deleted; a second run nothing', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    expect(await site.run('doors')).toEqual([]);
    site.clock.set('2026-11-22T05:00:10Z');
    await site.forgetRequests();
    expect(await site.run('doors')).toEqual([]);
    const writes = await site.writes();
    expect(writes.map(({ method }) => method).sort()).toEqual(['DELETE', 'POST', 'PUT', 'PUT']);
    for (const { method, body } of writes) {
      if (method !== 'PUT') continue;
      const sent = body as Record<string, unknown>;
      expect(Object.keys(sent).sort()).toEqual(['holiday_group_id', 'holiday_schedule', 'week_schedule']);
      expect(Object.keys(sent['week_schedule'] as object)).toHaveLength(7);
      expect(sent['holiday_schedule']).toEqual([]);
    }
    const [schedules, [fence]] = [(await unifiState(site)).schedules, fences(await unifiState(site))];
    for (const { id, holiday_group_id: held } of schedules) if (id.startsWith('schedule-')) expect(held).toBe(fence?.id);
    await site.forgetRequests();
    expect(await site.run('doors')).toEqual([]);
    await site.restart();
    expect(await site.run('doors')).toEqual([]);
    expect(await site.writes()).toEqual([]);
  });

  it('a fence that is there already is used; two days late, one run catches up', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.run('doors');
    const [made] = fences(await unifiState(site));
    await site.write('hours.yaml', officeHours(['gym']));
    await site.forgetRequests();
    await site.run('doors');
    expect((await site.writes()).map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`)).toEqual(['PUT schedule-gym']);
    expect(fences(await unifiState(site))).toEqual([made]);
    site.clock.set('2026-11-24T13:00:00Z');
    await site.run('doors');
    expect(fences(await unifiState(site)).map(({ name }) => name.slice(0, 23))).toEqual(['Sexton fence 2026-11-24']);
  });
});

describe('case 12: killed between any two writes, for good', () => {
  it.each([
    ['before the write acts', false],
    ['before its answer comes', true],
  ] as const)('%s: no door opens outside its hours for three weeks, and the next start finishes the work', async (_, unanswered) => {
    site = await startSite({ ...world(newYork, '2026-11-21T13:00:00Z'), concurrency: 1 });
    await site.run('doors');
    const before = await unifiState(site);
    // Two days later, with hours taken away meanwhile: a fence, two schedules, an old fence.
    const today = '2026-11-23';
    site.clock.set('2026-11-23T13:00:00Z');
    await site.write('hours.yaml', officeHours(['gym']));
    for (let writes = unanswered ? 1 : 0; writes <= 4; writes += 1) {
      await site.unifi.sim('/seed', before);
      await breakAfter(site, writes, unanswered);
      await site.run('doors');
      const state = await unifiState(site);
      for (const group of groups) {
        const schedule = state.schedules.find(({ id }) => id === `schedule-${group}`);
        const old = before.schedules.find(({ id }) => id === `schedule-${group}`);
        // The old program on the old fence, or the new one on the new: never a mixture.
        const moved = schedule?.holiday_group_id !== old?.holiday_group_id;
        expect(state.holiday_groups.some(({ id }) => id === schedule?.holiday_group_id)).toBe(true);
        const from = wallClock(newYork).startOf(today);
        for (const reading of readings) {
          const dead = openSpans(state, group, newYork, [from, from + threeWeeks * 86_400_000], reading);
          const covered = moved ? 7 : 5;
          expect(undeclared(dead, group, today, covered, newYork), `${group} after ${writes} writes`).toEqual([]);
          if (moved && group === 'gym') expect(dead).toEqual([]);
        }
      }
      await site.unifi.remove('/fault');
      expect(await site.run('doors')).toEqual([]);
      expect(fences(await unifiState(site)).map(({ name }) => name.slice(0, 23))).toEqual([`Sexton fence ${today}`]);
      await site.forgetRequests();
      await site.run('doors');
      expect(await site.writes()).toEqual([]);
    }
  });

  it('on its very first day', async () => {
    const options = world(newYork, '2026-11-21T13:00:00Z');
    site = await startSite({ ...options, concurrency: 1 });
    for (let writes = 0; writes <= 4; writes += 1) {
      await site.unifi.sim('/seed', options.unifi);
      await rm(join(site.directory, 'state'), { recursive: true, force: true });
      await site.restart();
      await breakAfter(site, writes, writes % 2 === 1);
      await site.run('doors');
      const state = await unifiState(site);
      const from = wallClock(newYork).startOf('2026-11-21');
      for (const group of groups) {
        for (const reading of readings) {
          const dead = openSpans(state, group, newYork, [from, from + threeWeeks * 86_400_000], reading);
          expect(undeclared(dead, group, '2026-11-21', 7, newYork), `${group} after ${writes} writes`).toEqual([]);
        }
      }
      await site.unifi.remove('/fault');
      await site.restart();
      expect(await site.run('doors')).toEqual([]);
    }
  });
});

describe('without a verified fence there is no program', () => {
  it('says so on each group and writes no schedule, until UniFi takes the fence', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.unifi.sim('/fault', { match: 'POST /api/v1/developer/access_policies/holiday_groups', times: 1, delayMs: 0 });
    await site.unifi.sim('/fault', { match: 'POST /api/v1/developer/access_policies/holiday_groups', times: -1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    expect(await site.run('doors')).toHaveLength(1);
    expect((await site.writes()).filter(({ method }) => method === 'PUT')).toEqual([]);
    for (const group of groups) {
      const status = await site.status('DoorGroup', group);
      expect(condition(status, 'Programmed')).toMatchObject({ status: 'False', reason: 'FenceFailed' });
      expect(condition(status, 'Ready')?.status).toBe('False');
    }
    await site.unifi.remove('/fault');
    expect(await site.run('doors')).toEqual([]);
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
  });

  it('what is to close closes all the same: a closure, a day over, what nobody declares any longer', async () => {
    site = await startSite(world(newYork, '2026-11-20T13:00:00Z'));
    expect(await site.run('doors')).toEqual([]);
    // Saturday, nine to twelve.
    site.clock.set('2026-11-21T14:30:00Z');
    await site.unifi.sim('/clock', { now: '2026-11-21T14:30:00Z' });
    await site.unifi.sim('/fault', { match: 'POST /api/v1/developer/access_policies/holiday_groups', times: -1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    expect(await site.run('doors')).toHaveLength(1);
    expect(await site.openDoors('2026-11-21T15:00:00Z')).toEqual(['lobby']);
    await site.write('hours.yaml', `${officeHours(['gym'])}  closures:\n    - { from: "2026-11-21T09:29", to: "2026-11-21T12:00", scope: Everything, doorGroups: [lobby] }\n`);
    expect(await site.run('doors')).toHaveLength(1);
    expect(await site.openDoors('2026-11-21T15:00:00Z')).toEqual([]);
    expect(await site.openDoors('2026-11-22T23:45:00Z')).toEqual([]);
    expect(await site.openDoors('2026-11-23T14:30:00Z')).toEqual(['lobby']);
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Programmed')).toMatchObject({ status: 'False', reason: 'FenceFailed' });
    await site.forgetRequests();
    expect(await site.run('doors')).toHaveLength(1);
    expect((await site.writes()).filter(({ method }) => method === 'PUT')).toEqual([]);
    await site.unifi.remove('/fault');
    expect(await site.run('doors')).toEqual([]);
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
  });

  it('a fence that somebody edited is no fence, and is never edited back', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.run('doors');
    const [fence] = fences(await unifiState(site));
    await site.unifi.sim('/seed?merge=1', { holiday_groups: [{ ...fence, holidays: fence?.holidays.slice(1) }] });
    const extra = officeHours().replace('["09:00-12:00"]', '["08:00-12:00"]');
    await site.write('hours.yaml', extra);
    await site.forgetRequests();
    await site.run('doors');
    expect(await site.writes()).toEqual([]);
    // Less than before needs no fence.
    await site.write('hours.yaml', officeHours(['gym']));
    await site.run('doors');
    expect((await site.writes()).map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`)).toEqual(['PUT schedule-gym']);
    expect(condition(await site.status('DoorGroup', 'gym'), 'Programmed')).toMatchObject({ status: 'False', reason: 'FenceFailed' });
  });

  it('a half-made fence that nothing holds is made again', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.run('doors');
    const [fence] = fences(await unifiState(site));
    site.clock.set('2026-11-22T13:00:00Z');
    await site.unifi.sim('/seed?merge=1', { holiday_groups: [{ id: 'half', name: 'Sexton fence 2026-11-22 000000', holidays: fence?.holidays.slice(0, 3) }] });
    expect(await site.run('doors')).toEqual([]);
    expect(fences(await unifiState(site))).toHaveLength(1);
  });
});

describe('fence: Off', () => {
  it('puts the schedules back on no holidays, deletes the fences and says so in status', async () => {
    const options = world(newYork, '2026-11-21T13:00:00Z');
    site = await startSite(options);
    await site.run('doors');
    const seeded = await unifiState(site);
    await site.close();
    site = await startSite({ ...options, fence: 'Off', unifi: { ...seeded, holiday_groups: seeded.holiday_groups.filter(({ name }) => name !== 'Sexton owner') } });
    expect(await site.run('doors')).toEqual([]);
    expect(fences(await unifiState(site))).toEqual([]);
    expect(await site.openDoors('2026-11-21T15:00:00Z')).toEqual(['lobby']);
    expect(site.composition.engine.view().status.fence).toBe('Off');
    expect((await site.status('DoorGroup', 'lobby'))['fencedUntil']).toBeNull();
    await site.forgetRequests();
    await site.run('doors');
    expect(await site.writes()).toEqual([]);
  });

  it('while it is On, status says that nobody has tried it on these hubs', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.run('doors');
    expect(site.composition.engine.view().status.fence).toBe('Unverified');
  });
});

describe('a suspended group', () => {
  it('keeps its fence, only shrinks, and is closed once the fence begins', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.run('doors');
    await site.write('lobby.yaml', doorGroup('lobby', '  suspend: true\n'));
    for (let day = 1; day <= 9; day += 1) {
      site.clock.advance(86_400_000);
      expect(await site.run('doors')).toEqual([]);
      const status = await site.status('DoorGroup', 'lobby');
      expect(status['fencedUntil']).toBe('2026-11-27');
      const state = await unifiState(site);
      const today = plusDays('2026-11-21', day);
      const from = wallClock(newYork).startOf(today);
      const dead = openSpans(state, 'lobby', newYork, [from, from + threeWeeks * 86_400_000], { emptyHoliday: 'weekly', holidayZone: 'utc', holidayEnd: 'exclusive', customOverSchedule: 'extend' });
      // Also where a hub minds no holiday at all, each week of it loses what is over.
      expect(undeclared(dead, 'lobby', today, threeWeeks, newYork)).toEqual([]);
      if (today > '2026-11-27') expect(dead).toEqual([]);
    }
    await site.write('lobby.yaml', doorGroup('lobby'));
    await site.run('doors');
    expect((await site.status('DoorGroup', 'lobby'))['fencedUntil']).toBe('2026-12-06');
  });
});

describe('revocation', () => {
  it('Lock empties the schedule and takes the fence off it', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.run('doors');
    await site.remove('lobby.yaml');
    await site.run('doors');
    site.clock.advance(11_000);
    expect(await site.run('doors')).toEqual([]);
    const state = await unifiState(site);
    const lobby = state.schedules.find(({ id }) => id === 'schedule-lobby');
    expect(lobby?.weekly).toEqual(emptyDays);
    expect(state.holiday_groups.find(({ id }) => id === lobby?.holiday_group_id)?.name).toBe('No Holidays');
    expect(await site.openDoors('2026-11-22T23:45:00Z')).toEqual(['gym']);
  });

  it('Orphan leaves program and fence as they are, also after the others have moved on', async () => {
    const options = world(newYork, '2026-11-21T13:00:00Z');
    site = await startSite({ ...options, files: { ...options.files, 'lobby.yaml': doorGroup('lobby', '  deletionPolicy: Orphan\n') } });
    await site.run('doors');
    await site.remove('lobby.yaml');
    await site.run('doors');
    site.clock.advance(11_000);
    await site.run('doors');
    site.clock.set('2026-11-22T13:00:00Z');
    expect(await site.run('doors')).toEqual([]);
    const state = await unifiState(site);
    expect(fences(state).map(({ name }) => name.slice(13, 23)).sort()).toEqual(['2026-11-21', '2026-11-22']);
    expect(await site.openDoors('2026-11-23T14:30:00Z')).toEqual(['lobby']);
    expect(await site.openDoors('2026-11-30T14:30:00Z')).toEqual([]);
  });
});

describe('what is not ours', () => {
  const christmas = { id: 'christmas', name: 'Church holidays', holidays: [{ name: 'Christmas', start_time: '2026-12-24T00:00:00Z', end_time: '2026-12-27T00:00:00Z' }] };
  const holidays = (group: string): unknown => [
    { id: 'schedule-lobby', name: 'lobby hours', weekly: emptyDays, holiday_group_id: group },
    { id: 'schedule-gym', name: 'gym hours', weekly: emptyDays },
  ];

  it('a schedule with holidays of its own is refused, listing them as closures that an OfficeHours takes', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z', { holiday_groups: [christmas], schedules: holidays('christmas') }));
    await site.run('doors');
    const status = await site.status('DoorGroup', 'lobby');
    const said = condition(status, 'Programmed');
    expect(said).toMatchObject({ status: 'False', reason: 'ForeignHolidays' });
    expect((await site.writes()).some(({ path }) => path.endsWith('schedule-lobby'))).toBe(false);
    expect(condition(await site.status('DoorGroup', 'gym'), 'Ready')?.status).toBe('True');
    // Pasted as the message has it.
    const closures = /closures: \[.*?\}\]/.exec(said?.message ?? '')?.[0] ?? 'none';
    expect(closures).toBe('closures: [{ from: "2026-12-24", to: "2026-12-26", scope: Everything, doorGroups: [lobby], reason: "Christmas" }]');
    await site.write('christmas.yaml', `${header('OfficeHours', 'christmas')}spec:\n  ${closures}\n`);
    await site.unifi.sim('/seed?merge=1', { schedules: [{ id: 'schedule-lobby', name: 'lobby hours', holiday_group_id: (await unifiState(site)).holiday_groups.find(({ name }) => name === 'No Holidays')?.id }] });
    await site.run('doors');
    expect(condition(await site.status('OfficeHours', 'christmas'), 'Accepted')?.status).toBe('True');
    expect(condition(await site.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
  });

  it('holidays put on a schedule that is ours are drift: the fence comes back', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z', { holiday_groups: [christmas] }));
    await site.run('doors');
    await site.unifi.sim('/seed?merge=1', { schedules: [{ id: 'schedule-lobby', name: 'lobby hours', holiday_group_id: 'christmas', holiday_schedule: [{ start_time: '08:00:00', end_time: '09:00:59' }] }] });
    expect(await site.run('doors')).toEqual([]);
    const state = await unifiState(site);
    const lobby = state.schedules.find(({ id }) => id === 'schedule-lobby');
    expect(lobby).toMatchObject({ holiday_group_id: fences(state)[0]?.id, holiday_schedule: [] });
    expect(state.holiday_groups.some(({ name }) => name === 'Church holidays')).toBe(true);
  });

  it('a policy that begins to use the schedule between plan and write stops the write', async () => {
    site = await startSite(world(newYork, '2026-11-21T13:00:00Z'));
    await site.run('doors');
    await site.write('hours.yaml', officeHours(['gym']));
    // The first answer is the plan's; the policy is there when the write looks again.
    const policy = { id: 'cleaners', name: 'Cleaners', resources: [], schedule_id: 'schedule-gym' };
    await site.unifi.sim('/fault', { match: 'GET /api/v1/developer/access_policies$', times: 1, status: 200, body: { code: 'SUCCESS', msg: 'success', data: [] } });
    await site.unifi.sim('/seed?merge=1', { access_policies: [policy] });
    await site.forgetRequests();
    await site.run('doors');
    expect(await site.writes()).toEqual([]);
    const said = condition(await site.status('DoorGroup', 'gym'), 'Programmed');
    expect(said).toMatchObject({ status: 'False', reason: 'SharedSchedule' });
    expect(said?.message).toContain('"Cleaners"');
  });
});
