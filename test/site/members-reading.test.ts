import { afterEach, describe, expect, it } from 'vitest';
import { person } from '../support/church.js';
import { contacts, member, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { condition } from '../support/site.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

const gold = (card: unknown): Register[number] => ({ card, type: 'Gold' });

/** Active users with their card and policy, as a run would have left them. */
function provisioned(people: Register): Readonly<Record<string, unknown>> {
  const all = Object.entries(people);
  return {
    cards: all.map(([contact, { card }]) => ({ token: `token-${contact}`, alias: `sync-${String(card).padStart(5, '0')}`, nfc_id: ((42 << 16) | Number(card)).toString(16).toUpperCase() })),
    users: all.map(([contact]) => ({
      id: `user-${contact}`,
      first_name: `First${contact}`,
      last_name: `Last${contact}`,
      employee_number: `civicrm-${contact}`,
      status: 'ACTIVE',
      access_policy_ids: ['policy-members'],
      nfc_cards: [{ token: `token-${contact}` }],
    })),
  };
}

function everybody(count: number): Register {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, gold(String(1001 + index))]));
}

async function quietSite(people: Register, more: { readonly civicrm?: Readonly<Record<string, unknown>> } = {}): Promise<MembersSite> {
  here = await startMembersSite({ people, unifi: provisioned(people) });
  if (more.civicrm !== undefined) await here.site.civicrm.sim('/seed?merge=1', more.civicrm);
  await here.expectQuiet();
  return here;
}

/** CiviCRM answers the first request of each reading, and the second goes wrong, for as many readings as these. */
async function spoilSecond(site: MembersSite, fault: Readonly<Record<string, unknown>>): Promise<void> {
  await site.site.civicrm.sim('/fault', { match: 'Contact/get', times: 1, delayMs: 0 });
  await site.site.civicrm.sim('/fault', { match: 'POST', times: 50, ...fault });
}

const errorBody = { status: 200, body: { error_code: 0, error_message: 'DB Error: no such table' } };

describe('reading the membership database', () => {
  it('case 1: 300 contacts whose order changes between pages: nobody is lost, nobody is deactivated', async () => {
    const people = everybody(300);
    const site = await quietSite(people);
    // Three memberships each: 900 rows, two pages, in another order at every request.
    const memberships = (id: number): readonly unknown[] => ['Gold', 'Silver', 'Comp'].map((type, index) => ({ id: id * 10 + index, type, status: 'Current', start_date: '2020-01-01', end_date: null }));
    await site.site.civicrm.sim('/seed?merge=1', { contacts: Object.keys(people).map((id) => person(Number(id), people[Number(id)]!.card, 'Gold', { memberships: memberships(Number(id)) })) });
    for (let round = 0; round < 4; round += 1) await site.expectQuiet();
    // Between two pages a contact comes in front of all others, one goes, and everybody is edited.
    for (const delay of [300, 300]) {
      await site.site.civicrm.remove('/requests');
      await site.site.civicrm.sim('/fault', { match: 'Contact/get', times: 1, delayMs: delay });
      const running = site.run();
      await site.site.civicrm.sim('/seed?merge=1', { contacts: [...contacts(people)].reverse() });
      expect(await running).toEqual([]);
    }
    await site.site.civicrm.sim('/seed?merge=1', { contacts: contacts(people) });
    await site.expectQuiet();
    expect(Object.values(site.people()).filter(({ status }) => status === 'ACTIVE')).toHaveLength(300);
  });

  it.each([
    ['an error body with status 200', errorBody],
    ['a login page with status 200', { status: 200, body: '<!DOCTYPE html><html><body><form action="/user/login"></form></body></html>' }],
    ['a firewall\'s page', { status: 403, body: '<html><title>Attention Required!</title></html>' }],
    ['maintenance', { status: 503, body: { status_code: 503, status_message: 'Temporarily unavailable for maintenance.' } }],
    ['an empty list', { status: 200, body: { values: [], count: 6, countFetched: 0, countMatched: 6 } }],
    ['a redirect to another host', { status: 302, body: '', headers: { location: 'https://login.example/' } }],
    ['an answer cut short', { truncateBytes: 900 }],
  ])('case 2: %s on page 1, or on page 2: nothing changes', async (_name, fault) => {
    const people = everybody(520);
    const site = await quietSite(people);
    const gone: Register = { ...people, 3: { card: '1003', type: null } };
    const before = site.people();
    for (const spoil of [() => site.site.civicrm.sim('/fault', { match: 'POST', times: 50, ...fault }), () => spoilSecond(site, fault)]) {
      await site.register(gone);
      await spoil();
      await site.site.forgetRequests();
      await site.run();
      expect(await site.site.writes()).toEqual([]);
      expect(site.people()).toEqual(before);
      expect(condition(await site.site.status('TierMapping', 'tiers'), 'SourceStale')?.status).toBe('True');
      await site.site.civicrm.remove('/fault');
      await site.register(people);
      await site.expectQuiet();
    }
    // Once it answers again, the one who left is out.
    await site.register(gone);
    expect(await site.run()).toEqual([]);
    expect(site.people()[3]).toMatchObject({ status: 'DEACTIVATED' });
    expect(site.people()[4]).toEqual(member(1004));
  });
});
