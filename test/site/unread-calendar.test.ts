import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bookedEvent, churchRooms, churchUnifi, doorGroup, header, officeHours, roomMapping } from '../support/church.js';
import { condition, startSite, type Site, type SiteOptions } from '../support/site.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const ruled = (name: string, door: string): string => `${header('DoorGroup', name)}spec:\n  doors: [{ name: ${door} }]\n  unlock: { method: LockRule }\n`;
const closure = (...groups: readonly string[]): string =>
  `${header('OfficeHours', 'lock')}spec:\n  closures:\n    - { from: "2026-11-21T07:59", to: "2026-11-21T12:00", scope: Everything, doorGroups: [${groups.join(', ')}] }\n`;

/** Eight in the morning in New York; both rooms are booked until ten, and on Sunday. */
const church = (declare: (name: string, door: string) => string): SiteOptions => ({
  now: '2026-11-21T13:00:00Z',
  without: ['civicrm'],
  files: {
    'doors.yaml': [declare('lobby', 'Lobby'), declare('gym', 'Gym')].join('---\n'),
    'rooms.yaml': roomMapping('{ name: Sanctuary, doorGroups: [lobby] }', '{ name: Gym, doorGroups: [gym] }'),
  },
  unifi: churchUnifi('America/New_York'),
  pco: {
    organization: { name: 'Church', time_zone: 'America/New_York' },
    resources: churchRooms,
    events: [
      bookedEvent('e1', 'Concert', '2026-11-21T12:00:00Z', '2026-11-21T15:00:00Z', 'r1'),
      bookedEvent('e2', 'Basketball', '2026-11-21T12:00:00Z', '2026-11-21T15:00:00Z', 'r2'),
      bookedEvent('e3', 'Chess', '2026-11-22T15:00:00Z', '2026-11-22T17:00:00Z', 'r2'),
    ],
  },
});

const now = '2026-11-21T13:30:00Z';
const sunday = '2026-11-22T16:00:00Z';

/** A new process that knows nothing of the calendar and cannot read it. */
async function forgetCalendar(on: Site): Promise<void> {
  await rm(join(on.directory, 'state/bookings.json'));
  await on.pco.sim('/fault', { match: 'calendar/v2', times: -1, status: 403, body: '' });
  await on.restart();
  expect(await on.run('doors')).toEqual([]);
  expect(await on.openDoors(now)).toEqual(['Gym', 'Lobby']);
}

describe('while no booking was ever read', () => {
  it('a new closure closes at once what a schedule holds, and nothing else moves', async () => {
    site = await startSite(church(doorGroup));
    await site.run('doors');
    await forgetCalendar(site);
    await site.write('lock.yaml', closure('gym'));
    expect(await site.run('doors')).toEqual([]);
    expect(await site.openDoors(now)).toEqual(['Lobby']);
    expect(await site.openDoors(sunday)).toEqual(['Gym']);
    expect(condition(await site.status('DoorGroup', 'gym'), 'Programmed')).toMatchObject({ status: 'False', reason: 'SourceIncomplete' });
    await site.forgetRequests();
    expect(await site.run('doors')).toEqual([]);
    expect(await site.writes()).toEqual([]);

    // Neither new hours nor a closure taken back open anything now.
    await site.write('hours.yaml', officeHours('{ days: [monday], hours: ["09:00-12:00"], doorGroups: [gym] }'));
    await site.remove('lock.yaml');
    await site.run('doors');
    site.clock.advance(11_000);
    await site.run('doors');
    expect(await site.writes()).toEqual([]);
    expect(await site.openDoors(now)).toEqual(['Lobby']);
    expect(await site.openDoors('2026-11-23T15:00:00Z')).toEqual([]);

    await site.pco.remove('/fault');
    await site.run('doors');
    expect(await site.openDoors(now)).toEqual(['Gym', 'Lobby']);
    expect(await site.openDoors('2026-11-23T15:00:00Z')).toEqual(['Gym']);
  });

  it('a running lock rule ends, too, where every group of its door is closed', async () => {
    site = await startSite(church(ruled));
    await site.run('doors');
    await forgetCalendar(site);
    await site.write('lock.yaml', closure('gym'));
    expect(await site.run('doors')).toEqual([]);
    expect(await site.openDoors(now)).toEqual(['Lobby']);
  });

  it('a closure of scope OfficeHours closes nothing: an event may hold the doors', async () => {
    site = await startSite(church(doorGroup));
    await site.run('doors');
    await forgetCalendar(site);
    await site.write('lock.yaml', closure('gym', 'lobby').replace('scope: Everything, ', ''));
    await site.run('doors');
    expect(await site.openDoors(now)).toEqual(['Gym', 'Lobby']);
  });
});

it('while one reading has to be agreed with, a closure closes at once, and what the reading lacks stays', async () => {
  site = await startSite(church(doorGroup));
  await site.run('doors');
  await rm(join(site.directory, 'state/bookings.json'));
  await site.pco.sim('/seed', { organization: { name: 'Church', time_zone: 'America/New_York' }, resources: churchRooms, events: [] });
  await site.restart();
  await site.write('lock.yaml', closure('gym'));
  expect(await site.run('doors')).toEqual([]);
  expect(await site.openDoors(now)).toEqual(['Lobby']);
  expect(await site.openDoors(sunday)).toEqual(['Gym']);
});
