import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bookedEvent, churchFiles, churchRooms, churchUnifi, person } from '../support/church.js';
import { rows } from '../support/sim.js';
import { startSite, type Site, type SiteOptions } from '../support/site.js';

let site: Site | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const many = Array.from({ length: 12 }, (_, index) => person(index + 1, String(3000 + index), 'Gold'));

const church: SiteOptions = {
  now: '2026-11-21T13:00:00Z',
  files: churchFiles(),
  unifi: churchUnifi('America/New_York'),
  pco: {
    organization: { name: 'Church', time_zone: 'America/New_York' },
    resources: churchRooms,
    events: [bookedEvent('e1', 'Concert', '2026-11-22T00:00:00Z', '2026-11-22T02:00:00Z', 'r1')],
  },
  civicrm: { card_field: 'Door_Access.card_id', contacts: many },
};

interface Holder {
  readonly employee_number: string;
  readonly status: string;
  readonly access_policy_ids: readonly string[];
  readonly nfc_cards: readonly { readonly token: string }[];
}

/** No twins, and no card in two hands, at any moment. */
async function soundUsers(here: Site): Promise<readonly Holder[]> {
  const users = rows(((await here.unifi.sim('/state')) as { readonly users: unknown }).users) as unknown as readonly Holder[];
  const ours = users.filter(({ employee_number }) => employee_number.startsWith('civicrm-'));
  expect(new Set(ours.map(({ employee_number }) => employee_number)).size).toBe(ours.length);
  const tokens = users.flatMap(({ nfc_cards }) => nfc_cards.map(({ token }) => token));
  expect(new Set(tokens).size).toBe(tokens.length);
  return ours;
}

const times = (count: number): { readonly times: number } => ({ times: count });

describe('faults while a church is provisioned', () => {
  it.each([
    ['a 500 at the third create', [{ match: 'POST .*/users$', ...times(2), delayMs: 0 }, { match: 'POST .*/users$', status: 500, body: 'oops' }]],
    ['connections reset at creates', [{ match: 'POST .*/users$', ...times(3), reset: true }]],
    ['connections reset at binds', [{ match: 'PUT .*/nfc_cards$', ...times(2), reset: true }]],
    ['answers to creates that break off', [{ match: 'POST .*/users$', ...times(2), truncateBytes: 10 }]],
    ['answers to binds that break off', [{ match: 'PUT .*/nfc_cards$', ...times(2), truncateBytes: 10 }]],
    ['a user list that breaks off, again and again', [{ match: 'GET .*/users\\?', ...times(9), truncateBytes: 40 }]],
    ['an import that is refused', [{ match: 'POST .*/import', code: 'CODE_SYSTEM_ERROR', msg: 'no' }]],
    ['imports that are all refused', [{ match: 'POST .*/import', ...times(20), code: 'CODE_SYSTEM_ERROR', msg: 'no' }]],
    ['an import whose answer is lost', [{ match: 'POST .*/import', truncateBytes: 20 }]],
    ['429 with Retry-After', [{ match: '^(GET|POST|PUT) ', ...times(4), status: 429, headers: { 'Retry-After': '1' }, body: '' }]],
    ['an error with HTTP 200 at the policies', [{ match: 'PUT .*/access_policies', ...times(3), code: 'CODE_SYSTEM_ERROR', msg: 'no' }]],
    ['a schedule that is not taken', [{ match: 'PUT .*/schedules/', ...times(2), status: 502, body: '<html>' }]],
    ['an HTML page with 200 as user list', [{ match: 'GET .*/users\\?', ...times(3), status: 200, body: '<html>login</html>' }]],
  ])('%s: the next reconcile reaches what is declared', async (_name, faults) => {
    site = await startSite(church);
    for (const fault of faults) await site.unifi.sim('/fault', fault);
    const given = await site.unifi.sim('/fault');
    await site.run();
    await soundUsers(site);
    expect(await site.unifi.sim('/fault')).not.toEqual(given);
    await site.unifi.remove('/fault');
    expect(await site.run()).toEqual([]);
    const users = await soundUsers(site);
    expect(users).toHaveLength(many.length);
    for (const user of users) expect(user).toMatchObject({ status: 'ACTIVE', access_policy_ids: ['policy-members'], nfc_cards: [{}] });
    expect(await site.openDoors('2026-11-22T00:30:00Z')).toEqual(['Lobby']);
    await site.forgetRequests();
    expect(await site.run()).toEqual([]);
    expect(await site.writes()).toEqual([]);
    expect(site.composition.engine.view().diff.planes.flatMap(({ changes }) => changes)).toEqual([]);
  });
});

describe('the clock check', () => {
  const real = (): SiteOptions => ({ ...church, now: new Date().toISOString(), checkClock: true });

  it('a clock that UniFi agrees with writes', async () => {
    site = await startSite(real());
    expect(await site.run()).toEqual([]);
    expect((await site.writes()).length).toBeGreaterThan(0);
  });

  it.each([600_000, -600_000])('a clock %i ms away from UniFi writes nothing and says ClockSkew', async (ms) => {
    site = await startSite(real());
    site.clock.advance(ms);
    await site.run();
    expect(await site.writes()).toEqual([]);
    const group = await site.status('DoorGroup', 'lobby');
    expect(JSON.stringify(group)).toContain('ClockSkew');
    expect(JSON.stringify(await site.status('TierMapping', 'tiers'))).toContain('ClockSkew');
    expect(site.composition.engine.view().status.planes.every(({ ready }) => ready)).toBe(false);
    site.clock.advance(-ms);
    expect(await site.run()).toEqual([]);
    expect((await site.writes()).length).toBeGreaterThan(0);
  });

  it('a clock behind the newest instant on disk writes nothing after a restart', async () => {
    site = await startSite(real());
    const path = join(site.configuration.stateDir, 'accepted/doorgroups/lobby.json');
    const accepted = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...accepted, acceptedAt: new Date(Date.now() + 600_000).toISOString() }));
    await site.restart();
    await site.run();
    expect(await site.writes()).toEqual([]);
    expect(JSON.stringify(await site.status('DoorGroup', 'lobby'))).toContain('the state directory knows');
  });
});
