import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';
import { errorCode } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import type { AccessController, WeekSchedule } from '../../src/unifi/access-controller.js';
import { weekdays } from '../../src/unifi/access-controller.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { dryRun } from '../../src/unifi/dry-run.js';
import type { TestSimulator } from '../support/sim.js';
import { pick, rows, startTestSimulator } from '../support/sim.js';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

const doorId = 'b5f778e6-0c3a-49cd-8f4f-06a7011ee8cd';
const seed = {
  doors: [{ id: doorId, name: 'Front Lobby North' }],
  tokens: [
    { token: 'sim-unifi-token', scopes: ['*'] },
    { token: 'viewer', scopes: ['view:user', 'view:policy', 'view:credential', 'view:space'] },
  ],
};
const emptyWeek = Object.fromEntries(weekdays.map((day) => [day, []])) as unknown as WeekSchedule;

async function start(
  options: { readonly seed?: unknown; readonly quirks?: Readonly<Record<string, string>>; readonly token?: string; readonly fingerprint?: string } = {},
): Promise<{ sim: TestSimulator; unifi: AccessController }> {
  const sim = await startTestSimulator(unifiDefinition, { seed: options.seed ?? seed, ...(options.quirks && { quirks: options.quirks }) });
  const unifi = createUnifiClient({
    url: sim.listening,
    token: options.token ?? 'sim-unifi-token',
    fingerprint: options.fingerprint ?? sim.fingerprint ?? '',
    clock: systemClock,
    log: silentLogger,
  });
  cleanup.push(() => sim.close(), () => unifi.close());
  return { sim, unifi };
}

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'none', errorCode);
const users = (count: number): unknown[] =>
  Array.from({ length: count }, (_, n) => ({ id: `user-${n}`, first_name: 'F', last_name: `L${n}`, employee_number: `civicrm-${n}`, status: 'ACTIVE' }));

describe('a person', () => {
  it('is made, gets a card and policies, loses the card and is cut', async () => {
    const { unifi } = await start();
    const schedule = (await unifi.listSchedules())[0];
    const policy = await unifi.createPolicy({ name: 'Members', doorIds: [doorId], scheduleId: schedule?.id ?? '' });
    const { id } = await unifi.createUser({ firstName: 'Ada', lastName: 'L', employeeNumber: 'civicrm-7' });
    const [card] = await unifi.importCards([{ nfcId: '2A1234', alias: 'sync-04660' }]);
    await unifi.bindCard(id, card?.token ?? '');
    await unifi.setPolicies(id, [policy.id]);
    await unifi.updateUser(id, { lastName: 'Lovelace' });
    expect(await unifi.getUser(id)).toEqual({
      id, firstName: 'Ada', lastName: 'Lovelace', employeeNumber: 'civicrm-7', email: '', status: 'ACTIVE',
      cards: [{ token: card?.token }], policyIds: [policy.id],
    });
    expect(await unifi.listDirectPolicies(id)).toEqual([policy.id]);
    expect(await unifi.getCard(card?.token ?? '')).toMatchObject({ alias: 'sync-04660', holder: { id, type: 'USER' } });
    await unifi.releaseCard(id, card?.token ?? '');
    await unifi.updateUser(id, { status: 'DEACTIVATED' });
    expect(await unifi.getUser(id)).toMatchObject({ status: 'DEACTIVATED', cards: [] });
    expect((await unifi.listCards())[0]?.holder).toBeNull();
    expect(await codeOf(unifi.getUser('nobody'))).toMatch(/^CODE_/);
  });

  it.each(['200', '400'])('a card in use is refused by name, business errors with status %s', async (status) => {
    const { unifi } = await start({
      seed: { ...seed, users: [{ id: 'a', first_name: 'A', last_name: 'A', status: 'ACTIVE', nfc_cards: [{ token: 't1' }] }, { id: 'b', first_name: 'B', last_name: 'B', status: 'ACTIVE' }], cards: [{ token: 't1', alias: 'sync-1', nfc_id: '2A0001' }] },
      quirks: { 'business-error-status': status },
    });
    expect(await codeOf(unifi.bindCard('b', 't1'))).toBe('CODE_CREDS_NFC_HAS_BIND_USER');
    await unifi.bindCard('b', 't1', { force: true });
    expect((await unifi.getUser('a')).cards).toEqual([]);
  });
});

describe('doors', () => {
  it('a schedule is written whole, with a fence, and read back as it was meant', async () => {
    const { sim, unifi } = await start();
    const { id: holidayGroupId } = await unifi.createHolidayGroup({
      name: 'Sexton fence', holidays: [{ name: 'one', repeat: false, start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z' }],
    });
    expect((await unifi.getHolidayGroup(holidayGroupId)).holidays).toEqual([
      { name: 'one', repeat: false, start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z' },
    ]);
    const { id } = await unifi.createSchedule({ name: 'PCO Sync front_lobby', week: emptyWeek });
    const week = { ...emptyWeek, sunday: [{ start: '08:30:00', end: '12:00:59' }] };
    await unifi.updateSchedule(id, { week, holidayGroupId, holidaySchedule: [] });
    expect(await unifi.getSchedule(id)).toEqual({ id, name: 'PCO Sync front_lobby', isDefault: false, holidayGroupId, week, holidaySchedule: [] });
    const log = JSON.stringify(await sim.sim('/requests'));
    expect(log).toContain('week_schedule');
    expect((await unifi.listHolidayGroups()).some((group) => group.id === holidayGroupId)).toBe(true);
  });

  it('the doors of a policy survive, whatever UniFi does with keys it does not know', async () => {
    const { unifi } = await start({ quirks: { 'policy-unknown-key': 'error' } });
    const [always] = await unifi.listSchedules();
    const { id } = await unifi.createPolicy({ name: 'P', doorIds: [doorId], scheduleId: always?.id ?? '' });
    await unifi.updatePolicy(id, { name: 'Q' });
    expect((await unifi.listPolicies()).find((policy) => policy.id === id)).toEqual({
      id, name: 'Q', resources: [{ type: 'door', id: doorId }], scheduleId: always?.id,
    });
    await unifi.deletePolicy(id);
    expect((await unifi.listPolicies()).some((policy) => policy.id === id)).toBe(false);
  });

  it.each(['empty', 'reset'])('a lock rule is set and ended, idle reads as %s', async (idle) => {
    const { unifi } = await start({ quirks: { 'idle-lock-rule': idle } });
    const before = Math.floor(Date.now() / 1000);
    await unifi.setLockRule(doorId, { type: 'custom', minutes: 10 });
    const rule = await unifi.getLockRule(doorId);
    expect(rule.type).toBe('custom');
    expect(rule.endedTime - before).toBeGreaterThanOrEqual(600);
    expect((await unifi.listDoors())[0]).toMatchObject({ id: doorId, lock: 'Unlocked' });
    await unifi.setLockRule(doorId, { type: 'reset' });
    expect(await unifi.getLockRule(doorId)).toEqual({ type: idle === 'empty' ? '' : 'reset', endedTime: 0 });
    expect(await unifi.getEmergency()).toEqual({ lockdown: false, evacuation: false });
  });
});

describe('questions that only hardware can settle', () => {
  it.each([{ 'default-page-size': '25' }, { 'users-order': 'random' }])('lists are whole with %o', async (quirks) => {
    const { unifi } = await start({ seed: { ...seed, users: users(230) }, quirks });
    expect(new Set((await unifi.listUsers()).map(({ id }) => id)).size).toBe(230);
  });

  it.each(['404', '200'])('a call that the controller does not know is recognised with status %s', async (status) => {
    const { unifi, sim } = await start({ quirks: { 'unknown-path-status': status, 'unassign-on-deactivated': 'not-found' } });
    await sim.sim('/fault', { match: 'GET /api/v1/developer/doors', status: Number(status), body: { code: 404, codeS: 'CODE_NOT_FOUND', msg: 'The API was not found.', error: 'you entered no-man zone' } });
    expect(await codeOf(unifi.listDoors())).toBe('NoManZone');
    expect(await unifi.listDoors()).toHaveLength(1);
  });
});

describe('who may not', () => {
  it('learns why: token, scope, certificate', async () => {
    const viewer = await start({ token: 'viewer' });
    expect(await codeOf(viewer.unifi.createUser({ firstName: 'A', lastName: 'B', employeeNumber: 'c-1' }))).toBe('CODE_UNAUTHORIZED');
    expect(await viewer.unifi.listUsers()).toEqual([]);
    expect(await codeOf((await start({ token: 'wrong' })).unifi.listUsers())).toBe('CODE_AUTH_FAILED');
    const other = await start({ fingerprint: 'AB'.repeat(32) });
    expect(await codeOf(other.unifi.listUsers())).toBe('FingerprintMismatch');
    expect(await other.sim.sim('/requests')).toEqual([]);
  });
});

describe('trouble', () => {
  it('reads are repeated through a reset, a cut answer and a 429; a write is not', async () => {
    const { sim, unifi } = await start();
    await sim.sim('/fault', { match: 'GET .*/doors', reset: true });
    expect(await unifi.listDoors()).toHaveLength(1);
    await sim.sim('/fault', { match: 'GET .*/doors', truncateBytes: 20 });
    expect(await unifi.listDoors()).toHaveLength(1);
    await sim.sim('/fault', { match: 'GET .*/doors', status: 429, headers: { 'Retry-After': '0' } });
    expect(await unifi.listDoors()).toHaveLength(1);
    await sim.remove('/requests');
    await sim.sim('/fault', { match: 'POST .*/users', code: 'CODE_SYSTEM_ERROR', msg: 'Server system error.' });
    expect(await codeOf(unifi.createUser({ firstName: 'A', lastName: 'B', employeeNumber: 'c-1' }))).toBe('CODE_SYSTEM_ERROR');
    const seen = rows(await sim.sim('/requests'));
    expect(seen.map((request) => pick(request, 'method'))).toEqual(['POST']);
    expect(await unifi.listUsers()).toEqual([]);
    expect(Math.abs((unifi.lastDate()?.date ?? 0) - Date.now())).toBeLessThan(10_000);
  });
});

describe('dry run', () => {
  it('reads everything and writes nothing, whatever is called', async () => {
    const { sim, unifi } = await start({ seed: { ...seed, users: users(3) } });
    const dry = dryRun(unifi);
    expect(await dry.listUsers()).toHaveLength(3);
    expect(await dry.listDoors()).toEqual(await unifi.listDoors());
    const before = await sim.sim('/state');
    await sim.remove('/requests');
    const reading = /^(list|get|lastDate|checked)/;
    const writes = Object.entries(dry).filter(([name]) => !reading.test(name));
    expect(writes.map(([name]) => name).sort()).toEqual(Object.keys(unifi).filter((name) => !reading.test(name) && name !== 'close').sort());
    for (const [, write] of writes) expect(await codeOf((write as () => Promise<unknown>)())).toBe('DryRun');
    expect(await codeOf(dry.checked(() => undefined).releaseCard('u', 't'))).toBe('DryRun');
    expect(await sim.sim('/requests')).toEqual([]);
    expect(pick(await sim.sim('/state'), 'users')).toEqual(pick(before, 'users'));
  });
});

describe('size', () => {
  it('reads 5,000 users in one pass', async () => {
    const { sim, unifi } = await start({ seed: { ...seed, users: users(5000) } });
    const started = performance.now();
    expect(await unifi.listUsers()).toHaveLength(5000);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(rows(await sim.sim('/requests'))).toHaveLength(50);
  });
});
