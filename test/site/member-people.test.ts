import { afterEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../cli/harness.js';
import { member, noBrake, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { pick, rows } from '../support/sim.js';
import { usersOf } from '../support/watched-unifi.js';
import { dayPass, declare, gold, hour, left, membership, out, three, tiers, view, writesOf } from './member-world.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

async function start(...given: Parameters<typeof startMembersSite>): Promise<MembersSite> {
  here = await startMembersSite(...given);
  return here;
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
      .map((user) => `${user.first_name}|${(user as unknown as { last_name: string }).last_name}`);
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

  it('a membership that CiviCRM sends with a date that is none: its contact stays as it is for quarantineFor, and who left is out at once', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ 1: gold('101'), 2: left('102'), 3: gold('103'), 4: gold('104') });
    // The answer that it would give, with one date spoiled.
    const request = rows(await site.site.civicrm.sim('/requests')).find(({ path }) => String(path).endsWith('/Contact/get'));
    const headers = { 'x-civi-auth': 'Bearer sim-civicrm-key', 'x-requested-with': 'XMLHttpRequest', 'content-type': 'application/x-www-form-urlencoded' };
    const params = String(pick(request, 'body', 'params'));
    const { text } = await site.site.civicrm.call('/civicrm/ajax/api4/Contact/get', { method: 'POST', headers, body: new URLSearchParams({ params }).toString() });
    await site.site.civicrm.sim('/fault', { match: 'Contact/get', times: -1, status: 200, body: text.replace('2030-01-01', 'soon') });
    expect(await site.run()).toEqual([]);
    expect(site.people()).toMatchObject({ 1: member(101), 2: { status: 'DEACTIVATED' }, 3: member(103), 4: member(104) });
    expect(view(site, 1)).toMatchObject({ outcome: 'Quarantined', reasons: [expect.stringContaining('unreadable end_date')] });
    await site.expectQuiet();
    site.site.clock.advance(168 * hour);
    await site.run();
    expect(site.people()).toMatchObject({ 1: { status: 'DEACTIVATED' }, 3: member(103) });
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
    expect(view(site, 1)).toMatchObject({ outcome: 'Blocked', rule: 'Gold', reasons: [expect.stringContaining('Banned by the board') as unknown] });
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
    expect(await writesOf(site)).toBe(0);
    const described = await runCommandLine(['describe', 'member/2'], { view: site.site.composition.engine.view(), environment: { SEXTON_CONFIG: site.site.configPath } });
    expect(described.out).toMatch(/no current membership[^]*All members wait:?\n +spec\.suspend is true/);
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
    expect(await writesOf(site)).toBe(0);
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
