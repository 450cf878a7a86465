import { afterEach, describe, expect, it } from 'vitest';
import { member, membersFile, noBrake, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { usersOf } from '../support/watched-unifi.js';
import { command, declare, gold, hour, left, out, past, three, tiers, view, writesOf } from './member-world.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

async function start(...given: Parameters<typeof startMembersSite>): Promise<MembersSite> {
  here = await startMembersSite(...given);
  return here;
}

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
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 0, out: expect.stringContaining('nobody waits') as unknown });
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
    expect(await command(site, 'adopt', 'members', '1', 'contact/99')).toMatchObject({ code: 1, err: expect.stringContaining('contact 99') as unknown });
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 0, out: expect.stringContaining('2 taken over') as unknown });
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
    expect(await tiers(site, 'Suspended')).toMatchObject({ status: 'True', message: expect.stringContaining('adoptFrom: "civicrm-{id}"') as unknown });
    expect(await tiers(site, 'Ready')).toMatchObject({ status: 'False', reason: 'Conflict' });
    expect(await writesOf(site)).toBe(0);
    await site.site.restart();
    expect(await writesOf(site)).toBe(0);
    await declare(site, noBrake, '{ employeeNumber: "m-{id}", adoptFrom: "civicrm-{id}" }');
    expect(await site.run()).toEqual([]);
    expect(view(site, 1)?.outcome).toBe('AdoptionPending');
    await site.site.composition.close();
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 0, out: expect.stringContaining('2 taken over') as unknown });
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
    expect(await writesOf(site)).toBe(0);
    expect(view(site, 1)?.reasons.join()).toContain('2 UniFi users');
    await site.register({ ...three, 1: left('101') });
    await site.run();
    expect(usersOf(site.unifi.state()).filter(({ employee_number, status }) => employee_number === 'civicrm-1' && status === 'ACTIVE')).toEqual([]);
    await site.expectQuiet();
  });
});
