import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { MemberView } from '../../src/status/view.js';
import { runCommandLine, type Ran } from '../cli/harness.js';
import { member, membersFile, noBrake, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { condition } from '../support/site.js';
import { usersOf } from '../support/watched-unifi.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

async function start(...given: Parameters<typeof startMembersSite>): Promise<MembersSite> {
  here = await startMembersSite(...given);
  return here;
}

const gold = (card: unknown, more: Readonly<Record<string, unknown>> = {}): Register[number] => ({ card, type: 'Gold', more });
const left = (card: unknown): Register[number] => ({ card, type: null });
const three: Register = { 1: gold('101'), 2: gold('102'), 3: gold('103') };
const out = (cards: readonly string[] = []): unknown => ({ status: 'DEACTIVATED', cards, policies: ['policy-members'] });
const hour = 3_600_000;
/** Past, so that the real clock of a command is never behind what the state directory knows. */
const past = { now: '2026-01-10T13:00:00Z' };
const dayPass = '    - { membershipType: Day Pass, access: Ignore, rank: 5 }\n';
const membership = (type: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  type,
  status: 'Current',
  start_date: '2020-01-01',
  end_date: '2030-01-01',
  ...more,
});

function view({ site }: MembersSite, contact: number): MemberView | undefined {
  return site.composition.engine.view().members.find((each) => each.contact === contact);
}

async function declare({ site }: MembersSite, spec: string, identity?: string): Promise<void> {
  const text = membersFile(spec);
  await site.write('members.yaml', identity === undefined ? text : text.replace(/identity: .*/, `identity: ${identity}`));
}

async function tiers({ site }: MembersSite, type: string): Promise<ReturnType<typeof condition>> {
  return condition(await site.status('TierMapping', 'tiers'), type);
}

function command({ site }: MembersSite, ...words: readonly string[]): Promise<Ran> {
  return runCommandLine(words, { environment: { ...site.credentials, SEXTON_CONFIG: site.configPath } });
}

async function writesOf(site: MembersSite, work: () => Promise<unknown>): Promise<number> {
  await site.site.forgetRequests();
  await work();
  return (await site.site.writes()).length;
}

describe('names', () => {
  it('case 6: odd names are stored once, with no update on the next cycle', async () => {
    const named = (first_name: string | null, last_name: string | null, card: string): Register[number] => gold(card, { first_name, last_name });
    const site = await start({
      people: {
        1: named('Cher', null, '1'),
        2: named('Bob ', 'Miller', '2'),
        3: named('Mary\u00a0Ann', 'O\u2019Neil\u00a0', '3'),
        4: named('Dr. Mary Ann', 'van der Berg Jr.', '4'),
        5: named(null, 'Prince', '5'),
        6: named('Jose\u0301', 'A\u0301lvarez', '6'),
      },
    });
    expect(await site.run()).toEqual([]);
    const names = usersOf(site.unifi.state())
      .filter(({ employee_number }) => employee_number.startsWith('civicrm-'))
      .map((user) => `${user.first_name}|${String((user as unknown as { last_name: string }).last_name)}`);
    expect(names.sort()).toEqual(['Bob|Miller', 'Cher|\u2014', 'Dr. Mary Ann|van der Berg Jr.', 'Jos\u00e9|\u00c1lvarez', 'Mary Ann|O\u2019Neil', '\u2014|Prince'].sort());
    await site.expectQuiet();
    await site.site.restart();
    await site.expectQuiet();
  });
});

describe('what a membership earns', () => {
  it('case 7: Gold to Day Pass only: access ends', async () => {
    const site = await start({ people: three, spec: dayPass + noBrake });
    await site.run();
    await site.register({ ...three, 1: { card: '101', type: 'Day Pass' } });
    await site.run();
    expect(site.people()[1]).toEqual(out());
    expect(view(site, 1)?.outcome).toBe('Ignored');
    await site.expectQuiet();
  });

  it('case 7: Gold plus an unknown type stays as it is', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 1: gold('101', { memberships: [membership('Gold'), membership('Platinum')] }) });
    await site.expectQuiet();
    expect(site.people()[1]).toEqual(member(101));
  });

  it.each([
    ['an unknown type', '101', [membership('Gold', { status: 'Expired' }), membership('Platinum')]],
    ['a card "LOST"', 'LOST', [membership('Gold', { status: 'Expired' })]],
    ['both', 'LOST', [membership('Gold', { status: 'Expired' }), membership('Platinum')]],
  ])('case 7: Gold expired plus %s: access ends at once', async (_, card, memberships) => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 1: gold(card, { memberships }) });
    await site.run();
    expect(site.people()[1]).toEqual(out());
    await site.expectQuiet();
  });

  it('a user that an ignored contact never got from us is left alone', async () => {
    const guest = { id: 'guest', first_name: 'Gus', last_name: 'Guest', employee_number: 'civicrm-9', status: 'ACTIVE', access_policy_ids: ['policy-cleaners'] };
    const site = await start({ people: { ...three, 9: { card: '109', type: 'Day Pass' } }, spec: dayPass + noBrake, unifi: { users: [guest] } });
    await site.run();
    expect(site.user('civicrm-9')).toMatchObject({ status: 'ACTIVE', access_policy_ids: ['policy-cleaners'] });
    await site.expectQuiet();
  });

  it('deceased, deleted, and merged into another contact who takes over card and membership', async () => {
    const site = await start({ people: { ...three, 4: gold('104') } });
    await site.run();
    await site.register({ 1: gold('101', { is_deceased: true }), 2: gold('102', { is_deleted: true }), 3: { card: '103', type: null, more: { is_deleted: true } }, 4: gold('104'), 33: gold('103') });
    await site.run();
    expect(site.people()).toEqual({ 1: out(), 2: out(), 3: out(), 4: member(104), 33: member(103) });
    await site.expectQuiet();
  });

  it('a test membership earns nothing; an inherited one earns what the owner\'s does', async () => {
    const owner = gold('101', { memberships: [{ ...membership('Gold'), id: 11 }] });
    const family = gold('102', { memberships: [{ ...membership('Gold'), id: 22, owner_membership_id: 11 }] });
    const site = await start({ people: { 1: owner, 2: family, 3: gold('103', { memberships: [membership('Gold', { is_test: true })] }) } });
    await site.run();
    expect(site.people()).toEqual({ 1: member(101), 2: member(102) });
    expect(view(site, 3)).toMatchObject({ outcome: 'None', reasons: ['no current membership'] });
  });

  it('case 15: CiviCRM is down over New Year: nobody is cut by the calendar alone', async () => {
    const annual: Register = Object.fromEntries([1, 2, 3, 4].map((id) => [id, gold(`10${id}`, { memberships: [membership('Gold', { end_date: '2026-12-31' })] })]));
    const site = await start({ people: { ...annual, 5: gold('105') }, site: { now: '2026-12-31T20:00:00Z' } });
    await site.run();
    await site.site.civicrm.sim('/fault', { match: 'api4', times: -1, status: 503 });
    for (const now of ['2027-01-01T05:00:01Z', '2027-01-01T14:00:00Z', '2027-01-04T14:00:00Z']) {
      site.site.clock.set(now);
      await site.run();
      expect(site.people()).toEqual(Object.fromEntries([1, 2, 3, 4, 5].map((id) => [id, member(100 + id)])));
    }
    expect((await tiers(site, 'SourceStale'))?.status).toBe('True');
    // Back: the dates count again, and a job that did not run is named.
    await site.site.civicrm.remove('/fault');
    await site.run();
    expect(site.people()).toEqual({ ...Object.fromEntries([1, 2, 3, 4].map((id) => [id, out()])), 5: member(105) });
    expect((await tiers(site, 'StatusJobLate'))?.message).toContain('4 of 5 memberships');
    await site.expectQuiet();
  });

  it('grace days keep access after the end date, and no longer', async () => {
    const people: Register = { 1: gold('101', { memberships: [membership('Gold', { end_date: '2026-11-18' })] }), 2: gold('102') };
    const site = await start({ people, spec: `  graceDays: 3\n${noBrake}` });
    await site.run();
    expect(site.people()[1]).toEqual(member(101));
    site.site.clock.set('2026-11-22T05:00:00Z');
    await site.run();
    expect(site.people()).toEqual({ 1: out(), 2: member(102) });
    expect(await tiers(site, 'StatusJobLate')).toBeUndefined();
  });
});

describe('blocked', () => {
  const blockOne = '  blocked: [{ contact: 1, until: "2026-11-25", reason: Banned by the board }]\n';

  it('case 16: a blocked contact stays out although the membership is current, until the block ends', async () => {
    const site = await start({ people: three });
    await site.run();
    await declare(site, blockOne + noBrake);
    await site.run();
    expect(site.people()).toEqual({ 1: out(), 2: member(102), 3: member(103) });
    expect(view(site, 1)).toMatchObject({ outcome: 'Blocked', rule: 'Gold', reasons: [expect.stringContaining('Banned by the board')] });
    expect(await site.site.status('TierMapping', 'tiers')).toMatchObject({ members: { blocked: 1, access: 2 } });
    await site.expectQuiet();
    site.site.clock.set('2026-11-26T04:59:00Z');
    await site.expectQuiet();
    site.site.clock.set('2026-11-26T05:00:00Z');
    await site.run();
    expect(site.people()[1]).toEqual(member(101));
  });

  it('case 16: a person suspended by hand in UniFi whose card a clerk types into another contact: the card stays where it is', async () => {
    const site = await start({ people: three });
    await site.run();
    const id = site.user('civicrm-1')?.id ?? '';
    await site.site.unifi.sim('/seed?merge=1', { users: [{ ...site.user('civicrm-1'), status: 'DEACTIVATED' }] });
    await site.register({ ...three, 4: gold('101') });
    await site.run();
    expect(site.people()[1]).toEqual(out(['101']));
    expect(site.people()[4]).toBeUndefined();
    expect(site.user('civicrm-1')?.id).toBe(id);
    expect(view(site, 4)?.reasons.join()).toContain('contact 1');
    expect(view(site, 1)?.reasons.join()).toContain('contact 4');
    await site.expectQuiet();
  });

  it('cuts all users with that number, without a card, without CiviCRM knowing the contact, past any brake', async () => {
    const twin = { id: 'twin', first_name: 'T', last_name: 'Win', employee_number: 'civicrm-1', status: 'ACTIVE', access_policy_ids: ['policy-members'] };
    const site = await start({ people: three });
    await site.run();
    await site.site.unifi.sim('/seed?merge=1', { users: [twin] });
    await site.register({ 1: gold(''), 2: gold('102') });
    await declare(site, '  blocked: [{ contact: 1 }, { contact: 2 }, { contact: 3 }]\n  guards: { minimum: 1, maxDeactivate: 0%, per24h: 0% }\n');
    expect(await site.run()).toEqual([]);
    expect(usersOf(site.unifi.state()).map(({ employee_number, status }) => `${employee_number} ${status}`).sort()).toEqual([
      '1001 ACTIVE',
      'civicrm-1 DEACTIVATED',
      'civicrm-1 DEACTIVATED',
      'civicrm-2 DEACTIVATED',
      'civicrm-3 DEACTIVATED',
    ]);
    await site.expectQuiet();
  });

  it('cuts while the TierMapping is suspended, and nothing else happens', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 2: left('102'), 4: gold('104') });
    await declare(site, `  suspend: true\n${blockOne}${noBrake}`);
    await site.run();
    expect(site.people()).toEqual({ 1: out(), 2: member(102), 3: member(103) });
    expect((await tiers(site, 'Suspended'))?.status).toBe('True');
    expect((await tiers(site, 'Ready'))?.status).toBe('True');
    expect(await writesOf(site, site.run)).toBe(0);
    await declare(site, blockOne + noBrake);
    await site.run();
    expect(site.people()).toEqual({ 1: out(), 2: out(), 3: member(103), 4: member(104) });
  });

  it('cuts while CiviCRM has never answered', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.site.civicrm.sim('/fault', { match: 'api4', times: -1, status: 503 });
    await declare(site, blockOne + noBrake);
    await site.site.restart();
    await site.run();
    expect(site.people()).toEqual({ 1: out(), 2: member(102), 3: member(103) });
    expect(view(site, 2)).toBeUndefined();
    expect(await tiers(site, 'Ready')).toMatchObject({ status: 'Unknown', reason: 'SourceIncomplete' });
    expect(await writesOf(site, site.run)).toBe(0);
  });

  it('the card of a blocked contact can be given to somebody else', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 4: gold('101') });
    await declare(site, blockOne + noBrake);
    await site.run();
    expect(site.people()).toMatchObject({ 1: out(), 4: member(101) });
    await site.expectQuiet();
  });
});

describe('vanished', () => {
  const many: Register = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [index + 1, gold(String(101 + index))]));
  const without = (...contacts: readonly number[]): Register => Object.fromEntries(Object.entries(many).filter(([contact]) => !contacts.includes(Number(contact))));
  const inventory = ({ site }: MembersSite): Promise<string> => readFile(join(site.configuration.stateDir, 'inventory.json'), 'utf8');

  it('one who neither comes in the list nor answers to the id is cut when two readings an hour apart agree, across a restart', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register(without(5));
    expect(await writesOf(site, site.run)).toBe(0);
    expect(view(site, 5)).toMatchObject({ outcome: 'Vanished', card: null, reasons: [expect.stringContaining('since 2026-11-21T13:00:00Z'), expect.stringContaining('2026-11-21T14:00:00Z')] });
    expect((await tiers(site, 'Ready'))?.message).toContain('1 vanished');
    expect((await tiers(site, 'Ready'))?.status).toBe('True');
    const remembered = await inventory(site);
    expect(remembered).not.toMatch(/First5|Last5|105/);
    await site.site.restart();
    site.site.clock.advance(hour - 60_000);
    expect(await writesOf(site, site.run)).toBe(0);
    expect(await inventory(site)).toBe(remembered);
    site.site.clock.advance(60_000);
    await site.run();
    expect(site.people()[5]).toEqual(out());
    expect(Object.values(site.people()).filter((each) => JSON.stringify(each).includes('DEACTIVATED'))).toHaveLength(1);
    await site.expectQuiet();
    expect(JSON.parse(await inventory(site))).toMatchObject({ vanished: {} });
  });

  it('one who comes back is forgotten, and begins anew', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register(without(5));
    await site.run();
    site.site.clock.advance(hour / 2);
    await site.register(many);
    await site.run();
    expect(view(site, 5)?.outcome).toBe('Access');
    site.site.clock.advance(hour);
    await site.register(without(5));
    expect(await writesOf(site, site.run)).toBe(0);
    expect(view(site, 5)?.reasons.join()).toContain('since 2026-11-21T14:30:00Z');
  });

  it('a question by id that fails proves nothing', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register(without(5));
    await site.run();
    site.site.clock.advance(2 * hour);
    // The first request is the list, the second the question.
    await site.site.composition.sources.members?.poll();
    await site.site.civicrm.sim('/fault', { match: 'api4', times: -1, status: 503 });
    expect(await writesOf(site, () => site.site.composition.engine.reconcile('members'))).toBe(0);
    expect(view(site, 5)).toMatchObject({ outcome: 'Vanished', reasons: [expect.stringContaining('could not be asked')] });
    await site.site.civicrm.remove('/fault');
    await site.run();
    expect(site.people()[5]).toEqual(out());
  });

  it('one whose card was taken off, or who was deleted, is asked for and leaves at once', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register({ ...many, 5: gold(null), 6: gold('106', { is_deleted: true }) });
    await site.run();
    expect([site.people()[5], site.people()[6]]).toEqual([out(), out()]);
    await site.expectQuiet();
    const said = await runCommandLine(['describe', 'member/5'], { view: site.site.composition.engine.view(), environment: { SEXTON_CONFIG: site.site.configPath } });
    expect(said).toMatchObject({ code: 1, err: expect.stringContaining('it holds no card in CiviCRM') });
  });

  it('three at once wait for a person from the first reading on, and are released by the hash', async () => {
    const site = await start({ people: many, site: past });
    await site.run();
    await site.register(without(5, 6, 7));
    expect(await writesOf(site, site.run)).toBe(0);
    const [held] = site.site.composition.engine.view().status.held;
    expect(held).toMatchObject({ kind: 'plan', summary: expect.stringContaining('vanished') });
    expect((await tiers(site, 'Braked'))?.status).toBe('True');
    site.site.clock.advance(5 * hour);
    await site.site.restart();
    expect(await writesOf(site, site.run)).toBe(0);
    // One of them is back: the database was wrong once, so the others go on waiting.
    await site.register(without(5, 6));
    expect(await writesOf(site, site.run)).toBe(0);
    const ref = site.site.composition.engine.view().status.held[0]?.ref ?? '';
    await site.site.composition.close();
    const view5 = site.site.composition.engine.view();
    const approved = await runCommandLine(['approve', ref], { view: view5, environment: { ...site.site.credentials, SEXTON_CONFIG: site.site.configPath } });
    expect(approved).toMatchObject({ code: 0 });
    site.site.clock.set(new Date().toISOString());
    await site.site.restart();
    await site.run();
    expect([site.people()[5], site.people()[6], site.people()[7]]).toEqual([out(), out(), member(107)]);
  });
});

describe('whose users they are', () => {
  const admin = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    id: 'admin',
    first_name: 'Ada',
    last_name: 'Admin',
    employee_number: '1001',
    status: 'ACTIVE',
    access_policy_ids: ['policy-cleaners'],
    nfc_cards: [{ token: 'badge' }],
    ...more,
  });
  const badge = { token: 'badge', alias: 'Admin badge', nfc_id: 'ABC' };
  const adoptFrom = '{ employeeNumber: "civicrm-{id}", adoptFrom: "{id}" }';

  it.each<[string, Register, string]>([
    ['a member', { 1001: gold('111') }, ''],
    ['a leaver', { 1001: left('111') }, ''],
    ['blocked', { 1001: gold('111') }, '  blocked: [{ contact: 1001 }]\n'],
    ['unknown', {}, ''],
  ])('case 8: an administrator with employee number 1001 is never touched, by default and under adoptFrom "{id}": contact 1001 is %s', async (_, people, spec) => {
    const site = await start({ people: { ...three, ...people }, spec: spec + noBrake, unifi: { users: [admin()], cards: [badge] }, site: past });
    const before = site.user('1001');
    await site.run();
    await declare(site, spec + noBrake, adoptFrom);
    await site.run();
    site.site.clock.advance(3 * hour);
    await site.run();
    expect(site.user('1001')).toEqual(before);
    await site.site.composition.close();
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 0, out: expect.stringContaining('nobody waits') });
    expect(await command(site, 'adopt', 'members', '1001')).toMatchObject({ code: 1 });
    expect(site.user('1001')).toEqual(before);
    await site.site.restart();
  });

  const backlog = { token: 't9', alias: 'sync-00109', nfc_id: '2A006D' };
  const older = (contact: number, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    id: `old-${contact}`,
    first_name: `First${contact}`,
    last_name: `Last${contact}`,
    employee_number: String(contact),
    status: 'ACTIVE',
    access_policy_ids: ['policy-members'],
    nfc_cards: [{ token: `t${contact}` }],
    ...more,
  });
  const card = (contact: number, number: number): Readonly<Record<string, unknown>> => ({ token: `t${contact}`, alias: `sync-${String(number).padStart(5, '0')}`, nfc_id: (42 * 65_536 + number).toString(16).toUpperCase() });

  it('users of the older program wait, get no twin, and go on as they are once a person has taken them over', async () => {
    const site = await start({
      people: { 1: gold('101'), 2: gold('102'), 3: left('103'), 4: gold('104') },
      unifi: { users: [admin(), older(1), older(2), older(3)], cards: [badge, card(1, 101), card(2, 102), card(3, 103)] },
      site: { ...past, files: { 'members.yaml': membersFile(noBrake).replace(/identity: .*/, `identity: ${adoptFrom}`) } },
    });
    await site.run();
    expect(site.people()).toEqual({ 4: member(104) });
    expect([1, 2, 3].map((contact) => view(site, contact)?.outcome)).toEqual(['AdoptionPending', 'AdoptionPending', 'AdoptionPending']);
    expect(view(site, 3)?.reasons.join()).toContain('sexton adopt members 3, or deactivate it in UniFi');
    expect((await tiers(site, 'Ready'))?.message).toContain('3 wait for sexton adopt members');
    await site.expectQuiet();
    await site.site.composition.close();
    expect(await command(site, 'adopt', 'members', '1', 'contact/99')).toMatchObject({ code: 1, err: expect.stringContaining('contact 99') });
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 0, out: expect.stringContaining('2 taken over') });
    await site.site.restart();
    await site.run();
    expect(site.people()).toEqual({ 1: member(101), 2: member(102), 3: out(), 4: member(104) });
    expect(site.user('civicrm-1')?.id).toBe('old-1');
    expect(site.user('1001')).toMatchObject({ status: 'ACTIVE' });
    await site.expectQuiet();
  });

  it('a deactivated user of the older program without access loses its card to whoever the database gives it', async () => {
    const site = await start({
      people: { 1: gold('109') },
      unifi: { users: [admin(), older(9, { status: 'DEACTIVATED' })], cards: [badge, backlog] },
      site: { ...past, files: { 'members.yaml': membersFile(noBrake).replace(/identity: .*/, `identity: ${adoptFrom}`) } },
    });
    await site.run();
    expect(site.people()).toEqual({ 1: member(109) });
    expect(site.user('9')).toMatchObject({ status: 'DEACTIVATED', nfc_cards: [] });
    await site.expectQuiet();
  });

  it('another template suspends with the remedy, blocks still cut, and adoptFrom carries everybody over', async () => {
    const site = await start({ people: three, site: past });
    await site.run();
    await site.register({ ...three, 3: left('103') });
    await declare(site, `  blocked: [{ contact: 2 }]\n${noBrake}`, '{ employeeNumber: "m-{id}" }');
    await site.run();
    expect(site.people()).toEqual({ 1: member(101), 2: out(), 3: member(103) });
    expect(usersOf(site.unifi.state())).toHaveLength(4);
    expect(await tiers(site, 'Suspended')).toMatchObject({ status: 'True', message: expect.stringContaining('adoptFrom: "civicrm-{id}"') });
    expect(await tiers(site, 'Ready')).toMatchObject({ status: 'False' });
    expect(await writesOf(site, site.run)).toBe(0);
    await site.site.restart();
    expect(await writesOf(site, site.run)).toBe(0);
    await declare(site, noBrake, '{ employeeNumber: "m-{id}", adoptFrom: "civicrm-{id}" }');
    expect(await site.run()).toEqual([]);
    expect(view(site, 1)?.outcome).toBe('AdoptionPending');
    await site.site.composition.close();
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 0, out: expect.stringContaining('2 taken over') });
    await site.site.restart();
    await site.run();
    expect(site.user('m-1')).toMatchObject({ status: 'ACTIVE', access_policy_ids: ['policy-members'] });
    expect(site.user('m-3')).toMatchObject({ status: 'DEACTIVATED' });
  });

  it('two users of one contact: named and left alone with access, both cut without', async () => {
    const twin = { id: 'twin', first_name: 'First1', last_name: 'Last1', employee_number: 'civicrm-1', status: 'ACTIVE', access_policy_ids: ['policy-members'] };
    const site = await start({ people: three });
    await site.run();
    await site.site.unifi.sim('/seed?merge=1', { users: [twin] });
    await site.register({ ...three, 1: gold('101', { last_name: 'Smith' }) });
    expect(await writesOf(site, site.run)).toBe(0);
    expect(view(site, 1)?.reasons.join()).toContain('2 UniFi users');
    await site.register({ ...three, 1: left('101') });
    await site.run();
    expect(usersOf(site.unifi.state()).filter(({ employee_number, status }) => employee_number === 'civicrm-1' && status === 'ACTIVE')).toEqual([]);
    await site.expectQuiet();
  });
});

describe('why contact N cannot get in', () => {
  it('describe and get answer for every outcome', async () => {
    const site = await start({
      people: {
        1: gold('101'),
        2: { card: '102', type: 'Gold', more: { memberships: [membership('Gold', { status: 'Expired', end_date: '2026-10-31' })] } },
        3: { card: '103', type: 'Day Pass' },
        4: { card: '104', type: 'Platinum' },
        5: gold('105'),
        6: gold('106'),
        7: gold('107'),
        8: gold('1O8'),
      },
      spec: `${dayPass}  blocked: [{ contact: 5, reason: Banned }]\n${noBrake}`,
      unifi: {
        users: [{ id: 'old-7', first_name: 'First7', last_name: 'Last7', employee_number: '7', status: 'ACTIVE', access_policy_ids: [], nfc_cards: [{ token: 't7' }] }],
        cards: [{ token: 't7', alias: 'sync-00107', nfc_id: '2A006B' }],
      },
    });
    await site.run();
    await declare(site, `${dayPass}  blocked: [{ contact: 5, reason: Banned }]\n${noBrake}`, '{ employeeNumber: "civicrm-{id}", adoptFrom: "{id}" }');
    await site.site.unifi.sim('/seed?merge=1', { users: [] });
    const listed = Object.fromEntries(Object.entries({ 1: gold('101'), 2: { card: '102', type: 'Gold', more: { memberships: [membership('Gold', { status: 'Expired', end_date: '2026-10-31' })] } }, 3: { card: '103', type: 'Day Pass' }, 4: { card: '104', type: 'Platinum' }, 5: gold('105'), 7: gold('107'), 8: gold('1O8') }));
    await site.register(listed);
    await site.run();
    const now = site.site.composition.engine.view();
    const ask = async (contact: number): Promise<string> => (await runCommandLine(['describe', `member/${contact}`], { view: now, environment: { SEXTON_CONFIG: site.site.configPath } })).out;
    for (const [contact, outcome, because] of [
      [1, 'Access', 'Members'],
      [2, 'None', 'Gold is Expired, end date 2026-10-31'],
      [3, 'Ignored', 'membership type Day Pass is ignored'],
      [4, 'Quarantined', 'no rule names membership type Platinum'],
      [5, 'Blocked', 'Banned'],
      [6, 'Vanished', 'access ends when a complete reading from'],
      [8, 'Quarantined', 'the card number is not a whole number'],
    ] as const) {
      const said = await ask(contact);
      expect(said, String(contact)).toContain(outcome);
      expect(said, String(contact)).toContain(because);
      expect(said).not.toMatch(/First\d|Last\d|10[1-8]\b/);
    }
    const get = await runCommandLine(['get', 'members', '-o', 'json'], { view: now, environment: { SEXTON_CONFIG: site.site.configPath } });
    const { items } = JSON.parse(get.out) as { items: readonly MemberView[] };
    expect(items.map(({ contact, outcome }) => `${contact} ${outcome}`)).toEqual(['1 Access', '2 None', '3 Ignored', '4 Quarantined', '5 Blocked', '6 Vanished', '7 Access', '8 Quarantined']);
  });
});
