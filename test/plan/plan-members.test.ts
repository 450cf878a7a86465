import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identity } from '../../src/desired/members/identity.js';
import type { Member, Membership } from '../../src/desired/model.js';
import type { MemberChange } from '../../src/plan/members/changes.js';
import type { ObservedPeople } from '../../src/plan/members/observed.js';
import { planMembers, type MembersPlan } from '../../src/plan/members/plan-members.js';
import type { UnifiCard, UnifiUser } from '../../src/unifi/access-controller.js';
import { judged, member, membership, tierMapping } from '../support/members.js';
import { afterChanges, tokenOf, unifiWith, user } from '../support/unifi-people.js';

function plan(members: readonly Member[], observed: ObservedPeople, everManaged: readonly string[] = []): MembersPlan {
  return planMembers(judged(members), observed, tierMapping(), everManaged);
}

/** `deactivate 7`, `card 7: 1001 -> 1002` */
function said(change: MemberChange): string {
  const cards = 'release' in change ? change.release.map(({ number }) => number).join('+') : '';
  const target = 'card' in change && change.card !== null ? String(change.card.number) : '';
  const card = cards === '' && target === '' ? '' : `: ${cards} -> ${target}`.trimEnd();
  if (change.verb === 'policy') return `policy ${change.contact}: ${change.before.join('+')} -> ${change.policies.join('+')}`;
  return `${change.verb} ${change.contact}${card}`;
}

const changes = (members: readonly Member[], observed: ObservedPeople, everManaged: readonly string[] = []): string[] =>
  plan(members, observed, everManaged).changes.map(said);

const leaver = { memberships: [membership('Gold', { status: 'Expired' })] };

describe('one person', () => {
  it.each<[string, Member, UnifiUser[], string[]]>([
    ['is as it should be', member(7), [user(7, { holds: [1007] })], []],
    ['is new', member(7), [], ['add 7:  -> 1007']],
    ['comes back', member(7), [user(7, { status: 'DEACTIVATED' })], ['add 7:  -> 1007']],
    ['comes back with an old card', member(7), [user(7, { status: 'DEACTIVATED', holds: [5] })], ['add 7: 5 -> 1007']],
    ['leaves', member(7, leaver), [user(7, { holds: [1007] })], ['deactivate 7: 1007 ->']],
    ['left long ago', member(7, leaver), [user(7, { status: 'DEACTIVATED', holds: [1007] })], []],
    ['leaves with two numbers on one contact', member(7, leaver), [user(7), user(7, { id: 'twin' })], ['deactivate 7', 'deactivate 7']],
    ['married', member(7, { lastName: 'Smith' }), [user(7, { holds: [1007] })], ['rename 7']],
    ['has another tier', member(7, { memberships: [membership('Silver')] }), [user(7, { holds: [1007] })], ['policy 7: p-always -> p-daytime']],
    ['has another card', member(7, { card: '8' }), [user(7, { holds: [1007] })], ['card 7: 1007 -> 8']],
    ['has its card and one too many', member(7), [user(7, { holds: [1007, 9] })], ['card 7: 9 ->']],
    ['has a card that is none: the old one stays', member(7, { card: 'LOST' }), [user(7, { holds: [1007] })], []],
    ['lost its name: nothing changes', member(7, { firstName: '', lastName: '', card: '8' }), [user(7, { holds: [1007] })], []],
    ['is pending: never activated, but cut', member(7, leaver), [user(7, { status: 'PENDING' })], ['deactivate 7']],
    ['is pending and a member: not activated', member(7), [user(7, { status: 'PENDING', holds: [1007] })], []],
    ['is ignored and holds nothing of ours', member(7, { memberships: [membership('Day Pass')] }), [user(7, { policyIds: ['p-foreign'] })], []],
    ['is ignored and holds our policy', member(7, { memberships: [membership('Day Pass')] }), [user(7)], ['deactivate 7']],
    ['is ignored and holds our card', member(7, { memberships: [membership('Day Pass')] }), [user(7, { policyIds: [], holds: [3] })], ['deactivate 7: 3 ->']],
    ['has two users and access: neither is touched', member(7, { lastName: 'Smith' }), [user(7), user(7, { id: 'twin' })], []],
    ['is quarantined by an unknown type: what is there stays', member(7, { memberships: [membership('??')] }), [user(7, { policyIds: ['p-daytime'] })], []],
  ])('%s', (_, record, users, wanted) => {
    expect(changes([record], unifiWith(users))).toEqual(wanted);
  });

  it('a policy that nobody of ours manages is no difference', () => {
    expect(changes([member(7)], unifiWith([user(7, { holds: [1007], policyIds: ['p-foreign', 'p-always'] })]))).toEqual([]);
  });

  it('a policy that a rule once named is taken away, also after the rule is gone', () => {
    const observed = unifiWith([user(7, { holds: [1007], policyIds: ['p-always', 'p-foreign'] })]);
    expect(changes([member(7)], observed, ['p-foreign'])).toEqual(['policy 7: p-always+p-foreign -> p-always']);
  });

  it('a missing policy stalls its rule and nobody else', () => {
    const spec = tierMapping({
      rules: [
        { membershipType: 'Gold', access: 'Policy', policies: ['Nowhere'], rank: 100 },
        { membershipType: 'Silver', access: 'Policy', policies: ['p-daytime'], rank: 50 },
      ],
    });
    const people = judged([member(1), member(2, { memberships: [membership('Silver')] }), member(3, { memberships: [] })], { spec });
    const found = planMembers(people, unifiWith([user(3)]), spec, []);
    expect(found.changes.map(said)).toEqual(['add 2:  -> 1002', 'deactivate 3']);
    expect(found.reasons.get(1)?.join()).toContain('Nowhere');
    expect(found.policies.stalled.map(({ membershipType }) => membershipType)).toEqual(['Gold']);
  });

  it('who is not in the snapshot is named and left alone', () => {
    const found = plan([member(1)], unifiWith([user(1, { holds: [1001] }), user(8), user(9, { status: 'DEACTIVATED' })]));
    expect(found.unjudged).toEqual([8]);
    expect(found.changes).toEqual([]);
  });

  it('staff with plain numbers are nobody\'s', () => {
    const found = plan([member(1001, leaver)], unifiWith([user(1001, { employeeNumber: '1001' })]));
    expect(found.changes).toEqual([]);
    expect(found.bootstrap).toBe(true);
  });
});

describe('who keeps a card', () => {
  const foreign = user(99, { id: 'staff', employeeNumber: '1001', holds: [42] });
  const visitor: UnifiCard = { token: tokenOf(42), alias: 'sync-00042', status: 'assigned', holder: { id: 'v1', type: 'VISITOR' } };
  const wants42 = member(7, { card: '42' });

  it.each<[string, Member[], ObservedPeople, string[], RegExp | null]>([
    ['a foreign user', [wants42], unifiWith([user(7), foreign]), [], /staff/],
    ['a deactivated foreign user too', [wants42], unifiWith([user(7), { ...foreign, status: 'DEACTIVATED' }]), [], /staff/],
    ['a visitor', [wants42], unifiWith([user(7)], { cards: [visitor] }), [], /visitor v1/],
    ['a member whose own card is bad', [wants42, member(8, { card: 'x' })], unifiWith([user(7), user(8, { holds: [42] })]), [], /contact 8/],
    ['a quarantined member', [wants42, member(8, { memberships: [membership('??')] })], unifiWith([user(7), user(8, { holds: [42] })]), [], /contact 8/],
    ['an active user whose contact has vanished', [wants42], unifiWith([user(7), user(8, { holds: [42] })]), [], /contact 8/],
    ['nobody: the card is free', [wants42], unifiWith([user(7)], { free: [42] }), ['card 7:  -> 42'], null],
    ['nobody: UniFi does not know it', [wants42], unifiWith([user(7)]), ['card 7:  -> 42'], null],
    ['not a leaver', [wants42, member(8, leaver)], unifiWith([user(7), user(8, { holds: [42] })]), ['card 7:  -> 42', 'deactivate 8: 42 ->'], null],
    ['not a deactivated user without access', [wants42, member(8, leaver)], unifiWith([user(7), user(8, { holds: [42], status: 'DEACTIVATED' })]), ['card 7:  -> 42'], null],
    ['not a deactivated user whose contact is gone', [wants42], unifiWith([user(7), user(8, { holds: [42], status: 'DEACTIVATED' })]), ['card 7:  -> 42'], null],
    ['a deactivated user who is quarantined', [wants42, member(8, { memberships: [membership('??')] })], unifiWith([user(7), user(8, { holds: [42], status: 'DEACTIVATED' })]), [], /contact 8/],
    ['not who moves to another card', [wants42, member(8, { card: '9' })], unifiWith([user(7), user(8, { holds: [42] })]), ['card 7:  -> 42', 'card 8: 42 -> 9'], null],
    ['who would move to a card that a foreign user keeps', [member(7, { card: '5' }), member(8, { card: '42' })], unifiWith([user(7, { holds: [1] }), user(8, { holds: [5] }), foreign]), [], /contact 8/],
  ])('%s', (_, members, observed, wanted, reason) => {
    const found = plan(members, observed);
    expect(found.changes.map(said)).toEqual(wanted);
    const said7 = found.reasons.get(7)?.join() ?? '';
    if (reason === null) expect(said7).toBe('');
    else expect(said7).toMatch(reason);
  });

  it('a blocked move keeps the old card: nobody is without one', () => {
    expect(changes([wants42], unifiWith([user(7, { holds: [1007] }), foreign]))).toEqual([]);
  });

  it('a holder whose rule is stalled does not move, so its card is not free', () => {
    const spec = tierMapping({
      rules: [
        { membershipType: 'Gold', access: 'Policy', policies: ['Always'], rank: 100 },
        { membershipType: 'Silver', access: 'Policy', policies: ['Nowhere'], rank: 50 },
      ],
    });
    const people = judged([wants42, member(8, { card: '9', memberships: [membership('Silver')] })], { spec });
    const found = planMembers(people, unifiWith([user(7), user(8, { holds: [42] })]), spec, []);
    expect(found.changes.map(said)).toEqual([]);
    expect(found.reasons.get(7)?.join()).toContain('contact 8');
  });

  it('A and B swap; A to B to C to A; a chain with a free end', () => {
    const held = (cards: Readonly<Record<number, number>>): ObservedPeople =>
      unifiWith(Object.entries(cards).map(([contact, number]) => user(Number(contact), { holds: [number] })));
    expect(changes([member(1, { card: '2' }), member(2, { card: '1' })], held({ 1: 1, 2: 2 }))).toEqual(['card 1: 1 -> 2', 'card 2: 2 -> 1']);
    const three = [member(1, { card: '2' }), member(2, { card: '3' }), member(3, { card: '1' })];
    expect(changes(three, held({ 1: 1, 2: 2, 3: 3 }))).toEqual(['card 1: 1 -> 2', 'card 2: 2 -> 3', 'card 3: 3 -> 1']);
    const chain = [member(1, { card: '2' }), member(2, { card: '3' }), member(3, { card: '9' })];
    expect(changes(chain, held({ 1: 1, 2: 2, 3: 3 }))).toEqual(['card 1: 1 -> 2', 'card 2: 2 -> 3', 'card 3: 3 -> 9']);
  });

  it('a second card enrolled by hand is not ours and stays', () => {
    const found = plan([member(7, { card: '8' })], unifiWith([user(7, { cards: [{ token: tokenOf(1007) }, { token: 'by-hand' }] })]));
    expect(found.changes.map(said)).toEqual(['card 7: 1007 -> 8']);
  });

  it('a card on two members with access: neither changes, both stay as they are', () => {
    const two = [member(7, { card: '42' }), member(8, { card: '42' })];
    expect(changes(two, unifiWith([user(7, { holds: [42] })]))).toEqual([]);
  });
});

describe('laws', () => {
  const contacts = [1, 2, 3, 4, 5, 6] as const;
  const cardNumbers = [1, 2, 3, 4, 5, 6, 7] as const;
  const someMembership: fc.Arbitrary<Membership> = fc.record({
    id: fc.constant(1),
    type: fc.constantFrom('Gold', 'Gold', 'Silver', 'Comp', 'Day Pass', 'Unknown'),
    status: fc.constantFrom('Current', 'Current', 'New', 'Grace', 'Expired'),
    override: fc.boolean(),
    overrideEndDate: fc.constant(null),
    startDate: fc.constant(null),
    endDate: fc.constantFrom(null, '2026-01-01', '2027-01-01'),
  });
  const someMembers = fc
    .uniqueArray(
      fc.record({
        contact: fc.constantFrom(...contacts),
        firstName: fc.constantFrom('Ada', ' Ada ', 'Bob', ''),
        lastName: fc.constantFrom('Example', 'Smith', ''),
        card: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...cardNumbers) }, { weight: 1, arbitrary: fc.constantFrom('LOST', '', null, '70000') }),
        memberships: fc.array(someMembership, { maxLength: 2 }),
        deceased: fc.constantFrom(false, false, false, true),
      }),
      { selector: ({ contact }) => contact },
    )
    .map((records) => records.map((record) => member(record.contact, record)));
  const someUsers = fc
    .uniqueArray(
      fc.record({
        slot: fc.constantFrom('1', '2', '3', '4', '5', '6', '6 again', 'staff', 'guest'),
        status: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'DEACTIVATED', 'PENDING'),
        holds: fc.subarray([...cardNumbers], { maxLength: 2 }),
        byHand: fc.boolean(),
        policyIds: fc.subarray(['p-always', 'p-daytime', 'p-foreign']),
        lastName: fc.constantFrom('Example', 'Smith'),
      }),
      { selector: ({ slot }) => slot },
    )
    .map((drafts) => {
      const taken = new Set<number>();
      return drafts.map(({ slot, holds, byHand, ...more }): UnifiUser => {
        const own = holds.filter((number) => !taken.has(number));
        for (const number of own) taken.add(number);
        const cards = [...own.map(tokenOf), ...(byHand ? [`hand-${slot}`] : [])].map((token) => ({ token }));
        const contact = Number.parseInt(slot, 10);
        const base = user(contact, { ...more, cards, id: `user ${slot}` });
        return Number.isNaN(contact) ? { ...base, employeeNumber: slot === 'staff' ? '1001' : '' } : base;
      });
    });
  const sites = fc.record({ members: someMembers, users: someUsers, free: fc.subarray([...cardNumbers]) }).map(({ members, users, free }) => {
    const held = new Set(users.flatMap((each) => each.cards.map(({ token }) => token)));
    return { members, observed: unifiWith(users, { free: free.filter((number) => !held.has(tokenOf(number))) }) };
  });
  const ids = identity('civicrm-{id}');
  const isOurs = ({ employeeNumber }: UnifiUser): boolean => ids.contactOf(employeeNumber) !== null;

  it('a plan, applied, leaves nothing to plan; planning twice gives the same plan', () => {
    fc.assert(
      fc.property(sites, ({ members, observed }) => {
        const first = plan(members, observed);
        expect(plan(members, observed)).toEqual(first);
        const after = afterChanges(observed, first.changes, first.policies.managed);
        expect(plan(members, after).changes.map(said)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('foreign users, foreign cards and foreign policies never change; nobody pending becomes active', () => {
    fc.assert(
      fc.property(sites, ({ members, observed }) => {
        const first = plan(members, observed);
        const after = afterChanges(observed, first.changes, first.policies.managed);
        for (const before of observed.users) {
          const now = after.users.find(({ id }) => id === before.id)!;
          if (!isOurs(before)) expect(now).toEqual(before);
          if (before.status === 'PENDING') expect(now.status).not.toBe('ACTIVE');
          expect(now.policyIds.includes('p-foreign')).toBe(before.policyIds.includes('p-foreign'));
          const byHand = ({ cards }: UnifiUser): string[] => cards.map(({ token }) => token).filter((token) => token.startsWith('hand-'));
          expect(byHand(now)).toEqual(byHand(before));
        }
        expect(after.policies).toEqual(observed.policies);
      }),
      { numRuns: 500 },
    );
  });

  it('after a plan nobody of ours in the snapshot is active without a rule that grants it, or a quarantine', () => {
    fc.assert(
      fc.property(sites, ({ members, observed }) => {
        const first = plan(members, observed);
        const after = afterChanges(observed, first.changes, first.policies.managed);
        const people = new Map(judged(members).map((person) => [person.contact, person]));
        for (const each of after.users.filter(isOurs)) {
          const person = people.get(ids.contactOf(each.employeeNumber)!);
          if (person === undefined || each.status === 'DEACTIVATED') continue;
          if (person.outcome === 'None') expect(each.status).toBe('DEACTIVATED');
          if (person.outcome !== 'Ignored') continue;
          expect([each.cards.filter(({ token }) => token.startsWith('t')), each.policyIds.filter((id) => first.policies.managed.has(id))]).toEqual([[], []]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('after a plan no user of a blocked contact is active, whatever the record says, and nobody else is cut', () => {
    fc.assert(
      fc.property(sites, fc.subarray([...contacts], { minLength: 1 }), ({ members, observed }, blocked) => {
        const spec = tierMapping({ blocked: blocked.map((contact) => ({ contact })) });
        const people = judged(members, { spec });
        const first = planMembers(people, observed, spec, []);
        expect(first.changes.filter(({ contact, verb }) => blocked.includes(contact as 1) && verb !== 'deactivate')).toEqual([]);
        const after = afterChanges(observed, first.changes, first.policies.managed);
        for (const each of after.users.filter(isOurs)) {
          if (blocked.includes(ids.contactOf(each.employeeNumber)! as 1)) expect(each.status).toBe('DEACTIVATED');
        }
        expect(planMembers(people, after, spec, []).changes.map(said)).toEqual([]);
        const cuts = (found: MembersPlan): string[] => found.changes.filter(({ contact, verb }) => verb === 'deactivate' && !blocked.includes(contact as 1)).map(said);
        expect(cuts(first)).toEqual(cuts(plan(members, observed)));
      }),
      { numRuns: 500 },
    );
  });

  it('a member with access never ends without a card that it had before', () => {
    fc.assert(
      fc.property(sites, ({ members, observed }) => {
        const first = plan(members, observed);
        const after = afterChanges(observed, first.changes, first.policies.managed);
        const withAccess = new Set(judged(members).flatMap(({ contact, outcome }) => (outcome === 'Access' || outcome === 'Quarantined' ? [contact] : [])));
        const cardsOf = (users: readonly UnifiUser[], id: string): number => users.find((each) => each.id === id)!.cards.length;
        for (const before of observed.users.filter(isOurs)) {
          if (!withAccess.has(ids.contactOf(before.employeeNumber)!) || before.cards.length === 0) continue;
          expect(cardsOf(after.users, before.id)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('the order of contacts, users, cards and policies changes nothing', () => {
    fc.assert(
      fc.property(sites, ({ members, observed }) => {
        const turned = {
          users: observed.users.map((each) => ({ ...each, cards: [...each.cards].reverse(), policyIds: [...each.policyIds].reverse() })).reverse(),
          cards: [...observed.cards].reverse(),
          policies: [...observed.policies].reverse(),
        };
        const texts = (found: MembersPlan): string[] =>
          found.changes.map((change) => said('release' in change ? { ...change, release: [...change.release].sort((a, b) => a.number - b.number) } : change)).sort();
        expect(texts(plan([...members].reverse(), turned))).toEqual(texts(plan(members, observed)));
      }),
      { numRuns: 300 },
    );
  });

  it('one garbage record changes nobody else\'s plan', () => {
    const garbage = fc.constantFrom<Partial<Member>>(
      { card: 'garbage' },
      { memberships: [membership('garbage')] },
      { firstName: '', lastName: '\u0000' },
      { card: { a: 1 }, firstName: '', lastName: '' },
    );
    fc.assert(
      fc.property(sites, garbage, ({ members, observed }, record) => {
        const others = (found: MembersPlan): string[] => found.changes.filter(({ contact }) => contact !== 77).map(said);
        expect(others(plan([...members, member(77, record)], observed))).toEqual(others(plan(members, observed)));
      }),
      { numRuns: 300 },
    );
  });
});
