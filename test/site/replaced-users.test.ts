import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../cli/harness.js';
import { churchFiles, churchRooms, churchUnifi, person, tierMapping } from '../support/church.js';
import { until } from '../support/process.js';
import { rows } from '../support/sim.js';
import { condition, startSite, type Site, type SiteOptions } from '../support/site.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

/** Past, so that the real clock of a command is never behind what the state directory knows. */
const church: SiteOptions = {
  now: '2026-01-10T13:00:00Z',
  files: churchFiles(),
  unifi: churchUnifi('America/New_York'),
  pco: { organization: { name: 'Church', time_zone: 'America/New_York' }, resources: churchRooms, events: [] },
  civicrm: { card_field: 'Door_Access.card_id', contacts: [1, 2, 3, 4, 5].map((id) => person(id, String(1233 + id), 'Gold')) },
};

interface Users {
  readonly users: readonly Readonly<Record<string, unknown>>[];
}

async function usersOf(of: Site): Promise<Users['users']> {
  return rows(((await of.unifi.sim('/state')) as Users).users);
}

/** Of ours, by employee number. */
async function active(of: Site): Promise<readonly string[]> {
  const all = await usersOf(of);
  return all.filter(({ status, employee_number: number }) => status === 'ACTIVE' && String(number).startsWith('civicrm-')).map((user) => String(user['employee_number'])).sort();
}

/** UniFi as it is, with these users of ours only. */
async function leave(of: Site, ...contacts: readonly number[]): Promise<void> {
  const state = (await of.unifi.sim('/state')) as Users & { readonly cards: unknown };
  const kept = new Set(contacts.map((contact) => `civicrm-${contact}`));
  const users = rows(state.users).filter(({ employee_number: number }) => !String(number).startsWith('civicrm-') || kept.has(String(number)));
  await of.unifi.sim('/seed', { ...state, users });
}

async function expectWithheld(of: Site, reason: 'ControllerReplaced' | 'NotOwner'): Promise<string> {
  await of.forgetRequests();
  expect(await of.run()).toEqual([]);
  expect(await of.writes()).toEqual([]);
  const status = await of.status('TierMapping', 'tiers');
  expect(condition(status, 'Programmed')).toMatchObject({ status: 'False', reason });
  expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason });
  expect(of.composition.engine.view().status.planes.find(({ plane }) => plane === 'members')).toMatchObject({ ready: false, reason });
  return of.composition.engine.view().status.notes.find((note) => note.startsWith(reason)) ?? '';
}

describe('a UniFi with fewer than half of our active users', () => {
  it('is another controller: no user is written, also after a restart, until a person takes it over', async () => {
    site = await startSite(church);
    expect(await site.run()).toEqual([]);
    expect(await active(site)).toHaveLength(5);
    await leave(site, 1, 2);
    expect(await expectWithheld(site, 'ControllerReplaced')).toContain('UniFi has 2 active users of this installation where 5 were');
    await site.restart();
    await expectWithheld(site, 'ControllerReplaced');
    expect(await active(site)).toEqual(['civicrm-1', 'civicrm-2']);
    const { code, out } = await runCommandLine(['adopt', 'controller'], { environment: { ...site.credentials, SEXTON_CONFIG: site.configPath } });
    expect([code, out.split('\n')[0]]).toEqual([0, 'forgets that 5 users of its own were active: 2 are; the others are planned anew, as far as the guards let']);
    await site.restart();
    await site.run();
    expect(condition(await site.status('TierMapping', 'tiers'), 'Programmed')?.reason).not.toBe('ControllerReplaced');
    const { diff } = site.composition.engine.view();
    // A mass change all the same: made, or held by the brakes, but planned.
    expect((await active(site)).length + (diff.planes.find(({ plane }) => plane === 'members')?.changes.length ?? 0)).toBeGreaterThanOrEqual(5);
  });

  it('with half of them there it is drift, and the others come back', async () => {
    site = await startSite({ ...church, civicrm: { card_field: 'Door_Access.card_id', contacts: [1, 2, 3, 4].map((id) => person(id, String(1233 + id), 'Gold')) } });
    await site.run();
    await leave(site, 1, 2);
    expect(await site.run()).toEqual([]);
    expect(condition(await site.status('TierMapping', 'tiers'), 'Stalled')?.reason).not.toBe('ControllerReplaced');
  });

  it('when Sexton deactivates them itself it is none: the disk knows what will be left before the first one goes', async () => {
    site = await startSite({ ...church, files: { ...church.files, 'members.yaml': tierMapping('Allow, maxDeactivate: 100%, per24h: 100%') } });
    await site.run();
    const gone = [1, 2, 3, 4].map((id) => ({ ...person(id, String(1233 + id), 'Gold'), memberships: [] }));
    await site.civicrm.sim('/seed?merge=1', { contacts: gone });
    await site.unifi.sim('/fault', { match: '^PUT .*/users/', times: 1, delayMs: 1_000 });
    await site.forgetRequests();
    const on = site;
    const running = on.run('members');
    await until('the first write', async () => (await on.writes()).length > 0);
    const inventory = JSON.parse(await readFile(join(on.directory, 'state/inventory.json'), 'utf8')) as { activeUsers: { count: number } };
    expect(inventory.activeUsers.count).toBe(1);
    expect(await running).toEqual([]);
    await site.restart();
    expect(await site.run('members')).toEqual([]);
    expect(await active(site)).toEqual(['civicrm-5']);
    expect(condition(await site.status('TierMapping', 'tiers'), 'Ready')?.status).toBe('True');
  });
});

describe('the mark of another installation', () => {
  it('keeps the members plane from writing, too', async () => {
    site = await startSite({ ...church, unifi: { ...churchUnifi('America/New_York'), holiday_groups: [{ id: 'mark', name: 'Sexton owner', description: 'somebody-else', holidays: [] }] } });
    expect(await expectWithheld(site, 'NotOwner')).toContain('somebody-else');
    expect(await active(site)).toEqual([]);
  });

  it('and so does a controller without our schedules', async () => {
    site = await startSite(church);
    await site.run();
    await site.unifi.sim('/seed', { ...churchUnifi('America/New_York'), schedules: [{ id: 'new', name: 'lobby hours', weekly: {} }, { id: 'schedule-other', name: 'Always for members', weekly: {} }], unlock_schedules: {} });
    await expectWithheld(site, 'ControllerReplaced');
    expect(await active(site)).toEqual([]);
  });
});
