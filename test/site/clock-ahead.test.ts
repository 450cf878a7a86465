import { afterEach, describe, expect, it } from 'vitest';
import { bookedEvent, churchRooms, churchUnifi, doorGroup, officeHours, roomMapping } from '../support/church.js';
import { condition, startSite, type Site, type SiteOptions } from '../support/site.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const day = 86_400_000;
const everyDay = '[monday, tuesday, wednesday, thursday, friday, saturday, sunday]';

const church = (now: number): SiteOptions => ({
  now: new Date(now).toISOString(),
  checkClock: true,
  without: ['civicrm'],
  files: {
    'doors.yaml': [doorGroup('lobby', 'Lobby'), doorGroup('gym', 'Gym')].join('---\n'),
    'rooms.yaml': roomMapping('{ name: Gym, doorGroups: [gym] }'),
    'hours.yaml': officeHours(`{ days: ${everyDay}, hours: ["00:00-24:00"], doorGroups: [lobby] }`),
  },
  unifi: churchUnifi('America/New_York'),
  pco: {
    organization: { name: 'Church', time_zone: 'America/New_York' },
    resources: churchRooms,
    events: [bookedEvent('e1', 'Basketball', new Date(Date.now() + 40 * 3_600_000).toISOString(), new Date(Date.now() + 41 * 3_600_000).toISOString(), 'r2')],
  },
});

async function expectSkew(on: Site): Promise<void> {
  await on.forgetRequests();
  await on.run('doors');
  expect(await on.writes()).toEqual([]);
  expect(JSON.stringify(await on.status('DoorGroup', 'lobby'))).toContain('ClockSkew');
}

async function expectProgrammed(on: Site): Promise<void> {
  expect(await on.run('doors')).toEqual([]);
  expect(condition(await on.status('DoorGroup', 'lobby'), 'Ready')?.status).toBe('True');
  expect(await on.openDoors(new Date().toISOString())).toEqual(['Lobby']);
}

describe('case 16: the clock is a day ahead at boot', () => {
  it('of a new installation: nothing is written until it is right, and then at once', async () => {
    site = await startSite(church(Date.now() + day));
    await expectSkew(site);
    await expectSkew(site);
    site.clock.set(new Date().toISOString());
    await expectProgrammed(site);
  });

  it('after a restart with a new file and new bookings: nothing, and once it is right no restart is held up by it', async () => {
    site = await startSite(church(Date.now()));
    await expectProgrammed(site);
    site.clock.set(new Date(Date.now() + day).toISOString());
    await site.write('more.yaml', officeHours(`{ days: ${everyDay}, hours: ["00:00-24:00"], doorGroups: [gym] }`).replace('name: office', 'name: more'));
    await site.pco.sim('/seed?merge=1', { events: [bookedEvent('e2', 'Chess', new Date(Date.now() + 50 * 3_600_000).toISOString(), new Date(Date.now() + 51 * 3_600_000).toISOString(), 'r2')] });
    await site.restart();
    await expectSkew(site);
    site.clock.set(new Date().toISOString());
    await site.restart();
    expect(await site.run('doors')).toEqual([]);
    expect(await site.openDoors(new Date().toISOString())).toEqual(['Gym', 'Lobby']);
  });
});
