import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { condition, startSite, type Site } from '../support/site.js';
import { doorGroup, emptyDays, groups, header, world } from './fence-world.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

/** Saturday morning in New York: the lobby is open from nine to twelve, the gym in the evening of other days. */
const now = '2026-11-21T14:30:00Z';
const sunday = '2026-11-22T23:45:00Z';
const start = async (fence: 'On' | 'Off' = 'On', files: Readonly<Record<string, string>> = {}): Promise<Site> => {
  const options = world('America/New_York', now, { schedules: [...groups, 'annex', 'other'].map((name) => ({ id: `schedule-${name}`, name: `${name} hours`, weekly: emptyDays })) });
  site = await startSite({ ...options, fence, files: { ...options.files, ...files } });
  expect(await site.run('doors')).toEqual([]);
  return site;
};
const programmed = async (on: Site, group: string): Promise<string | undefined> => condition(await on.status('DoorGroup', group), 'Programmed')?.reason;
const both = (name: string): string => doorGroup(name).replace('[{ name: ', '[{ name: lobby }, { name: ');
const closure = (group: string): string =>
  `${header('OfficeHours', 'lock')}spec:\n  closures:\n    - { from: "2026-11-21T00:00", to: "2026-11-23T00:00", scope: Everything, doorGroups: [${group}] }\n`;

describe('a door in two Schedule groups', () => {
  it('stays with the group that it was programmed for, whatever is edited later, over a restart', async () => {
    const on = await start();
    on.clock.advance(60_000);
    await on.write('gym.yaml', both('gym'));
    await on.run('doors');
    expect([await programmed(on, 'gym'), await programmed(on, 'lobby')]).toEqual(['Conflict', 'Programmed']);
    on.clock.advance(60_000);
    await on.write('lobby.yaml', doorGroup('lobby').replace('displayName: lobby', 'displayName: Front lobby'));
    await on.restart();
    await on.run('doors');
    expect([await programmed(on, 'gym'), await programmed(on, 'lobby')]).toEqual(['Conflict', 'Programmed']);
    await on.write('annex.yaml', doorGroup('annex').replace('name: annex }]', 'name: lobby }]'));
    await on.run('doors');
    expect([await programmed(on, 'annex'), await programmed(on, 'lobby')]).toEqual(['Conflict', 'Programmed']);
  });

  it('the group that is refused keeps what it holds, and shrinks with what is declared', async () => {
    const on = await start();
    on.clock.advance(60_000);
    await on.write('gym.yaml', both('gym'));
    expect(await on.run('doors')).toEqual([]);
    expect(await on.openDoors(sunday)).toEqual(['gym']);
    await on.write('lock.yaml', closure('gym'));
    expect(await on.run('doors')).toEqual([]);
    expect(await on.openDoors(sunday)).toEqual([]);
    expect(await programmed(on, 'gym')).toBe('Conflict');
    await on.forgetRequests();
    expect(await on.run('doors')).toEqual([]);
    expect(await on.writes()).toEqual([]);
  });
});

describe('a group that is suspended and asks for another schedule or method', () => {
  it.each([
    ['another schedule', doorGroup('lobby', '  suspend: true\n').replace('lobby hours', 'other hours')],
    ['another method', doorGroup('lobby', '  suspend: true\n').replace('Schedule,', 'LockRule,')],
  ])('%s: keeps the one that it holds until then, which only shrinks, and gives it up once it is resumed', async (_, text) => {
    const on = await start('Off');
    await on.write('lobby.yaml', text);
    expect(await on.run('doors')).toEqual([]);
    expect(await on.openDoors('2026-11-21T15:00:00Z')).toEqual(['lobby']);
    expect(await readFile(join(on.configuration.stateDir, 'inventory.json'), 'utf8')).toContain('schedule-lobby');
    await on.write('lock.yaml', closure('lobby'));
    expect(await on.run('doors')).toEqual([]);
    expect(await on.openDoors('2026-11-21T15:00:00Z')).toEqual([]);
    await on.forgetRequests();
    expect(await on.run('doors')).toEqual([]);
    expect(await on.writes()).toEqual([]);
    await on.write('lobby.yaml', text.replace('  suspend: true\n', ''));
    expect(await on.run('doors')).toEqual([]);
    // The schedule that it left repeats no week.
    const state = (await on.unifi.sim('/state')) as { readonly schedules: readonly { readonly id: string; readonly weekly: unknown }[] };
    expect(state.schedules.find(({ id }) => id === 'schedule-lobby')?.weekly).toEqual(emptyDays);
  });
});
