import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { header } from '../support/church.js';
import { noBrake, startMembersSite, type MembersSite, type MembersSiteOptions, type Register } from '../support/members-site.js';
import { condition } from '../support/site.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const gold = (contact: number): Register[number] => ({ card: String(1_000 + contact), type: 'Gold' });
const everyone = (count: number): Register => Object.fromEntries(range(1, count).map((contact) => [contact, gold(contact)]));
const left = (contact: number): Register[number] => ({ card: String(1_000 + contact), type: null });
const nfcId = (card: number): string => ((42 << 16) | card).toString(16).toUpperCase();

const rules = (gold: string, guards = noBrake): string => `${header('TierMapping', 'tiers')}spec:
  identity: { employeeNumber: "civicrm-{id}" }
  cards: { facilityCode: 42, aliasPrefix: "sync-" }
  rules:
    - { membershipType: Gold, access: Policy, policies: [${gold}], rank: 100 }
    - { membershipType: Silver, access: Policy, policies: [Daytime], rank: 50 }
${guards}`;

async function start(count: number, given: { readonly rule?: string; readonly guards?: string; readonly policies?: readonly string[] } & Partial<MembersSiteOptions> = {}): Promise<MembersSite> {
  const { rule = 'Members', guards = noBrake, policies = ['policy-members'], unifi, ...more } = given;
  const contacts = range(1, count);
  here = await startMembersSite({
    people: everyone(count),
    unifi: {
      users: [
        { id: 'admin', first_name: 'Ada', last_name: 'Admin', employee_number: '1001', status: 'ACTIVE', access_policy_ids: ['policy-cleaners'] },
        ...contacts.map((contact) => ({
          id: `u${contact}`,
          first_name: `First${contact}`,
          last_name: `Last${contact}`,
          employee_number: `civicrm-${contact}`,
          status: 'ACTIVE',
          access_policy_ids: policies,
          nfc_cards: [{ token: `t${contact}` }],
        })),
      ],
      cards: contacts.map((contact) => ({ token: `t${contact}`, alias: `sync-${String(1_000 + contact).padStart(5, '0')}`, nfc_id: nfcId(1_000 + contact) })),
      ...unifi,
    },
    site: { files: { 'members.yaml': rules(rule, guards) } },
    ...more,
  });
  return here;
}

const declare = ({ site }: MembersSite, rule: string, guards = noBrake): Promise<void> => site.write('members.yaml', rules(rule, guards));
const direct = (site: MembersSite): Readonly<Record<string, readonly string[]>> => Object.fromEntries(Object.entries(site.people()).map(([contact, { policies }]) => [contact, [...policies].sort()]));
const each = (count: number, ...policies: readonly string[]): Readonly<Record<string, readonly string[]>> => Object.fromEntries(range(1, count).map((contact) => [contact, [...policies].sort()]));
const managed = async ({ site }: MembersSite): Promise<unknown> => (JSON.parse(await readFile(join(site.configuration.stateDir, 'inventory.json'), 'utf8')) as { managedPolicies: unknown }).managedPolicies;
const tiers = async ({ site }: MembersSite, type: string): Promise<ReturnType<typeof condition>> => condition(await site.status('TierMapping', 'tiers'), type);

describe('policies that rules gave', () => {
  it('case 14: Gold changes from policy A to policy B: every Gold member loses A, also after a restart in between', async () => {
    const site = await start(12);
    await site.expectQuiet();
    await declare(site, 'Daytime');
    let writes = 5;
    site.unifi.around((request, act) => (request.method !== 'GET' && (writes -= 1) < 0 ? Promise.resolve(new Response('', { status: 502 })) : act()));
    await site.run();
    expect(Object.values(direct(site)).filter((policies) => policies.includes('policy-members'))).toHaveLength(7);
    site.unifi.around(null);
    await site.site.restart();
    expect(await site.run()).toEqual([]);
    expect(direct(site)).toEqual(each(12, 'policy-daytime'));
    await site.expectQuiet();
    expect(await managed(site)).toEqual(['policy-daytime']);
  });

  it('case 14: also while the change waits for approval, over a restart, and after the day on which it was declared', async () => {
    const site = await start(12, { guards: '  guards: { minimum: 3 }\n' });
    await site.expectQuiet();
    await declare(site, 'Daytime', '  guards: { minimum: 3 }\n');
    await site.run();
    expect(direct(site)).toEqual(each(12, 'policy-members'));
    await site.site.restart();
    site.site.clock.advance(30 * 3_600_000);
    await site.run();
    await declare(site, 'Daytime', '  guards: { minimum: 3, maxPolicyChange: 100%, per24h: 100% }\n');
    await site.run();
    expect(direct(site)).toEqual(each(12, 'policy-daytime'));
  });

  it('who left before the change loses the old policy on the way back: it is kept in mind as long as a deactivated user holds it', async () => {
    const site = await start(3);
    await site.register({ ...everyone(3), 3: left(3) });
    await site.run();
    await declare(site, 'Daytime');
    await site.run();
    expect(direct(site)[3]).toEqual(['policy-members']);
    await site.site.restart();
    await site.run();
    expect(await managed(site)).toEqual(['policy-daytime', 'policy-members']);
    await site.register(everyone(3));
    await site.run();
    expect(direct(site)).toEqual(each(3, 'policy-daytime'));
    await site.expectQuiet();
    expect(await managed(site)).toEqual(['policy-daytime']);
  });

  it('a rule whose policy is missing stalls alone: its members stay as they are, a leaver of it is cut, others go on', async () => {
    const site = await start(3);
    await site.expectQuiet();
    await declare(site, 'Members, Pool');
    await site.register({ ...everyone(4), 2: left(2), 3: { card: '1003', type: 'Silver' } });
    expect(await site.run()).toEqual([]);
    expect(site.people()).toMatchObject({ 1: { status: 'ACTIVE', policies: ['policy-members'] }, 2: { status: 'DEACTIVATED' }, 3: { policies: ['policy-daytime'] } });
    expect(site.people()[4]).toBeUndefined();
    expect(await tiers(site, 'Ready')).toMatchObject({ status: 'False', reason: 'PolicyMissing', message: expect.stringContaining('rule Gold: UniFi has no access policy "Pool"') as string });
    await site.expectQuiet();
  });
});

describe('policies that somebody else gave', () => {
  it('direct ones stay on every write: change of tier, way out, way back', async () => {
    const site = await start(2, { policies: ['policy-cleaners', 'policy-members'] });
    await site.expectQuiet();
    await declare(site, 'Daytime');
    await site.run();
    expect(direct(site)).toEqual(each(2, 'policy-cleaners', 'policy-daytime'));
    await site.register({ 1: left(1), 2: gold(2) });
    await site.run();
    await declare(site, 'Members');
    await site.register(everyone(2));
    await site.run();
    expect(site.people()).toMatchObject({ 1: { status: 'ACTIVE' }, 2: { status: 'ACTIVE' } });
    expect(direct(site)).toEqual(each(2, 'policy-cleaners', 'policy-members'));
    await site.expectQuiet();
  });

  const groupOf = (...users: readonly string[]): Readonly<Record<string, unknown>> => ({ user_groups: [{ id: 'group', name: 'Members', users, access_policy_ids: ['policy-members'] }] });

  it('one that comes with a group is not given once more, and is given when the group is left', async () => {
    const site = await start(3, { policies: [], unifi: groupOf('u1', 'u2') });
    expect(await site.run()).toEqual([]);
    expect(direct(site)).toEqual({ 1: [], 2: [], 3: ['policy-members'] });
    await site.expectQuiet();
    await site.site.unifi.sim('/seed?merge=1', groupOf('u2'));
    await site.run();
    expect(direct(site)).toEqual({ 1: ['policy-members'], 2: [], 3: ['policy-members'] });
    await site.expectQuiet();
  });

  it('nor to somebody who comes back to the group', async () => {
    const site = await start(2, { policies: [], unifi: groupOf('u1', 'u2') });
    await site.register({ 1: left(1), 2: gold(2) });
    await site.run();
    await site.register(everyone(2));
    await site.run();
    expect(site.people()).toMatchObject({ 1: { status: 'ACTIVE', policies: [] } });
    await site.expectQuiet();
  });

  it('one that everybody has is given to nobody, old or new', async () => {
    const policies = [
      { id: 'policy-all', name: 'Everybody', resources: [], schedule_id: 'schedule-other', all_users: true },
      { id: 'policy-members', name: 'Members', resources: [], schedule_id: 'schedule-other' },
      { id: 'policy-daytime', name: 'Daytime', resources: [], schedule_id: 'schedule-other' },
      { id: 'policy-cleaners', name: 'Cleaners', resources: [], schedule_id: 'schedule-other' },
    ];
    const site = await start(2, { rule: 'Members, Everybody', policies: [], unifi: { access_policies: policies } });
    await site.register(everyone(3));
    expect(await site.run()).toEqual([]);
    expect(direct(site)).toEqual(each(3, 'policy-members'));
    await site.expectQuiet();
    // Named once and not any longer, it cannot be taken away: that is no difference either.
    await declare(site, 'Members');
    await site.run();
    await site.expectQuiet();
    expect(direct(site)).toEqual(each(3, 'policy-members'));
  });
});

describe('what an operator is told', () => {
  it('UnnamedPolicies: after a lost inventory, what our users still hold of rules that changed meanwhile', async () => {
    const site = await start(3);
    await site.expectQuiet();
    await site.site.composition.close();
    await rm(join(site.site.configuration.stateDir, 'inventory.json'));
    await declare(site, 'Daytime');
    await site.site.restart();
    await site.run();
    await site.run();
    // It may be a person's, so nobody loses it.
    expect(direct(site)).toEqual(each(3, 'policy-daytime', 'policy-members'));
    expect(await tiers(site, 'UnnamedPolicies')).toMatchObject({ status: 'True', message: expect.stringContaining('"Members" (3 users)') as string });
    expect(await tiers(site, 'Ready')).toMatchObject({ status: 'True' });
    await site.expectQuiet();
    await site.site.restart();
    await site.expectQuiet();
    // Named in a rule, it is ours again, and goes.
    await declare(site, 'Members');
    await site.run();
    await declare(site, 'Daytime');
    await site.run();
    expect(direct(site)).toEqual(each(3, 'policy-daytime'));
    expect(await tiers(site, 'UnnamedPolicies')).toBeUndefined();
  });

  it('without a loss, a policy that a person gave is that person\'s business', async () => {
    const site = await start(2);
    await site.expectQuiet();
    await site.site.unifi.sim('/seed?merge=1', { users: [{ id: 'u1', first_name: 'First1', last_name: 'Last1', employee_number: 'civicrm-1', status: 'ACTIVE', access_policy_ids: ['policy-members', 'policy-cleaners'], nfc_cards: [{ token: 't1' }] }] });
    await site.run();
    expect(direct(site)[1]).toEqual(['policy-cleaners', 'policy-members']);
    expect(await tiers(site, 'UnnamedPolicies')).toBeUndefined();
  });

  const defaultSite = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    access_policies: [
      { id: 'policy-site', name: 'Default Site Policy', resources: [{ type: 'door', id: 'door-lobby' }], all_users: true, ...more },
      { id: 'policy-members', name: 'Members', resources: [], schedule_id: 'schedule-other' },
      { id: 'policy-daytime', name: 'Daytime', resources: [], schedule_id: 'schedule-other' },
      { id: 'policy-cleaners', name: 'Cleaners', resources: [], schedule_id: 'schedule-other' },
    ],
  });

  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    ['as UniFi makes it', {}, true],
    ['limited to a schedule', { schedule_id: 'schedule-other' }, false],
    ['without doors', { resources: [] }, false],
    ['not for everybody', { all_users: false }, false],
  ])('DefaultSitePolicy: %s', async (_, more, told) => {
    const site = await start(2, { unifi: defaultSite(more) });
    expect(await site.run()).toEqual([]);
    const notice = await tiers(site, 'DefaultSitePolicy');
    expect(notice?.status).toBe(told ? 'True' : undefined);
    if (told) expect(notice?.message).toContain('lets every user in UniFi in at any time');
    expect(await tiers(site, 'Ready')).toMatchObject({ status: 'True' });
    await site.expectQuiet();
  });
});
