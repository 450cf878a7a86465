import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/desired/model.js';
import { emptyBudget, spentOf, type Budget } from '../../src/plan/members/budget.js';
import type { GuardedPlan } from '../../src/plan/members/guarded-plan.js';
import { guardMembers } from '../../src/plan/members/guards.js';
import type { ObservedPeople } from '../../src/plan/members/observed.js';
import { planMembers } from '../../src/plan/members/plan-members.js';
import type { UnifiUser } from '../../src/unifi/access-controller.js';
import { judged, member, membership, tierMapping, type TierMapping } from '../support/members.js';
import { unifiWith, user } from '../support/unifi-people.js';

const left = { memberships: [membership('Gold', { status: 'Expired' })] };
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const staying = (contacts: readonly number[]): UnifiUser[] => contacts.map((contact) => user(contact, { holds: [1_000 + contact] }));

interface Given {
  readonly approved?: readonly string[];
  readonly guards?: Partial<TierMapping['guards']>;
  readonly key?: string;
  readonly budget?: Budget;
  readonly at?: string;
}

const noon = '2026-11-21T12:00:00Z';

function guarded(members: readonly Member[], observed: ObservedPeople, { approved = [], guards = {}, key = 'key', budget = emptyBudget, at = noon }: Given = {}): GuardedPlan {
  const spec = tierMapping();
  const plan = planMembers(judged(members), observed, spec, []);
  const guard = { ...spec.guards, ...guards };
  return guardMembers(plan, { guards: guard, key, approved: new Set(approved), spent: spentOf(budget, guard, Date.parse(at)) });
}

const held = ({ changes }: GuardedPlan): string[] => changes.filter((each) => each.held !== null).map(({ change }) => `${change.verb} ${change.contact}`);
const free = ({ changes }: GuardedPlan): string[] => changes.filter((each) => each.held === null).map(({ change }) => `${change.verb} ${change.contact}`);

/** 20 members of whom the first few leave. */
const leaving = (count: number): Member[] => range(1, 20).map((contact) => member(contact, contact <= count ? left : {}));
const twenty = unifiWith(staying(range(1, 20)));

describe('each verb has its own brake', () => {
  it('three of twenty is 15 %, not more: no brake; four is', () => {
    expect(held(guarded(leaving(3), twenty))).toEqual([]);
    const braked = guarded(leaving(4), twenty);
    expect(held(braked)).toEqual(['deactivate 1', 'deactivate 2', 'deactivate 3', 'deactivate 4']);
    expect(braked.braked).toEqual([{ verb: 'deactivate', reason: '4 of 20 active users in one cycle is more than guards.maxDeactivate: 15%' }]);
    expect(braked.hash).toMatch(/^[0-9a-f]{12}$/);
  });

  it('below the minimum nothing waits, however small the site', () => {
    const observed = unifiWith(staying([1, 2, 3]));
    const members = (count: number): Member[] => [1, 2, 3, 4].map((contact) => member(contact, contact <= count ? left : {}));
    expect(held(guarded(members(2), observed))).toEqual([]);
    expect(held(guarded(members(3), observed))).toEqual(['deactivate 1', 'deactivate 2', 'deactivate 3']);
    expect(held(guarded(members(3), observed, { guards: { minimum: 4 } }))).toEqual([]);
  });

  it.each<[string, Member[], string]>([
    ['add', range(1, 26).map((contact) => member(contact)), 'guards.maxAdd: 25%'],
    ['rename', range(1, 20).map((contact) => member(contact, contact <= 6 ? { lastName: 'Smith' } : {})), 'guards.maxRename: 25%'],
    ['policy', range(1, 20).map((contact) => member(contact, contact <= 5 ? { memberships: [membership('Silver')] } : {})), 'guards.maxPolicyChange: 20%'],
    ['card', range(1, 20).map((contact) => member(contact, contact <= 5 ? { card: String(contact) } : {})), 'guards.maxCardChange: 20%'],
  ])('%s', (verb, members, limit) => {
    const found = guarded(members, twenty);
    expect(found.braked).toEqual([{ verb, reason: expect.stringContaining(limit) as unknown }]);
    expect(free(found)).toEqual([]);
  });

  it('a braked verb holds only its own changes: the leaver goes through a mass rename', () => {
    const members = range(1, 20).map((contact) => member(contact, contact === 20 ? left : { lastName: 'Smith' }));
    const found = guarded(members, twenty);
    expect(free(found)).toEqual(['deactivate 20']);
    expect(found.braked.map(({ verb }) => verb)).toEqual(['rename']);
  });

  it('percentages count against active users of ours only', () => {
    const staff = range(50, 99).map((contact) => user(contact, { employeeNumber: String(contact) }));
    const former = range(30, 49).map((contact) => user(contact, { status: 'DEACTIVATED' }));
    expect(held(guarded(leaving(4), unifiWith([...staying(range(1, 20)), ...staff, ...former])))).toHaveLength(4);
  });
});

describe('a complete snapshot in which nobody has access', () => {
  it('brakes even a single deactivation', () => {
    const found = guarded([member(1, left)], unifiWith(staying([1])));
    expect(held(found)).toEqual(['deactivate 1']);
    expect(found.braked[0]?.reason).toContain('nobody');
  });

  it('an empty snapshot deactivates nobody', () => {
    expect(guarded([], twenty).changes).toEqual([]);
  });
});

describe('bootstrap', () => {
  const members = [member(1)];

  it('the first provisioning waits, even of one', () => {
    expect(held(guarded(members, unifiWith([])))).toEqual(['add 1']);
  });

  it('Allow lets it through, whatever its size', () => {
    expect(held(guarded(range(1, 500).map((contact) => member(contact)), unifiWith([]), { guards: { bootstrap: 'Allow' } }))).toEqual([]);
  });

  it('foreign users do not end it; one of ours does, even a deactivated one', () => {
    expect(held(guarded(members, unifiWith([user(1, { employeeNumber: '1' })])))).toEqual(['add 1']);
    expect(held(guarded(members, unifiWith([user(9, { status: 'DEACTIVATED' })])))).toEqual([]);
  });
});

describe('releasing a plan', () => {
  const operations = (found: GuardedPlan, ...contacts: number[]): string[] =>
    found.changes.filter(({ change }) => contacts.includes(change.contact)).map(({ operation }) => operation);

  it('the hash names the held operations only', () => {
    const mass = range(1, 20).map((contact) => member(contact, contact <= 6 ? { lastName: 'Smith' } : {}));
    const withLeaver = mass.map((each) => (each.contact === 20 ? member(20, left) : each));
    expect(guarded(withLeaver, twenty).hash).toBe(guarded(mass, twenty).hash);
    expect(guarded(leaving(3), twenty).hash).toBeNull();
  });

  it('an approved plan goes, and the next single leaver is not braked for it', () => {
    const first = guarded(leaving(10), twenty);
    const approved = first.changes.map(({ operation }) => operation);
    expect(held(guarded(leaving(10), twenty, { approved }))).toEqual([]);
    expect(held(guarded(leaving(11), twenty, { approved }))).toEqual([]);
  });

  it('of an approval, whatever subset is still planned goes; the rest that was not listed stays held', () => {
    const approved = operations(guarded(leaving(10), twenty), 1, 2, 3, 4, 5, 6);
    const found = guarded(leaving(10), twenty, { approved });
    expect(held(found)).toEqual([7, 8, 9, 10].map((contact) => `deactivate ${contact}`));
    expect(free(found)).toEqual([1, 2, 3, 4, 5, 6].map((contact) => `deactivate ${contact}`));
    expect(free(guarded(leaving(4), twenty, { approved }))).toHaveLength(4);
  });

  it('an operation of another kind, person or content is not the approved one', () => {
    const approved = guarded(leaving(10), twenty).changes.map(({ operation }) => operation);
    const renamed = range(1, 20).map((contact) => member(contact, contact <= 10 ? { lastName: 'Smith' } : {}));
    expect(held(guarded(renamed, twenty, { approved }))).toHaveLength(10);
    const renameToSmith = guarded(renamed, twenty).changes.map(({ operation }) => operation);
    const toJones = range(1, 20).map((contact) => member(contact, contact <= 10 ? { lastName: 'Jones' } : {}));
    expect(held(guarded(toJones, twenty, { approved: renameToSmith }))).toHaveLength(10);
  });

  it('another installation\'s key gives other operations: nobody can guess names from a hash', () => {
    expect(guarded(leaving(4), twenty, { key: 'other' }).hash).not.toBe(guarded(leaving(4), twenty).hash);
  });

  it('has the same hash whatever the order of contacts, users, their cards and policies', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(range(1, 20), { minLength: 20 }), fc.boolean(), (order, reverse) => {
        const users = order.map((contact) => user(contact, { holds: reverse ? [2_000 + contact, 1_000 + contact] : [1_000 + contact, 2_000 + contact] }));
        const members = order.map((contact) => member(contact, contact <= 9 ? left : {}));
        const straight = guarded(leaving(9), unifiWith(range(1, 20).map((contact) => user(contact, { holds: [1_000 + contact, 2_000 + contact] }))));
        expect(guarded(members, unifiWith(users)).hash).toBe(straight.hash);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a card whose holder waits for approval', () => {
  // Contacts 1 to 10 leave in a held mass change; others want their cards.
  const members = (...more: Member[]): Member[] => [...leaving(10).filter(({ contact }) => !more.some((each) => each.contact === contact)), ...more];

  it('cannot be bound yet; the rest of the plan goes', () => {
    const found = guarded(members(member(15, { card: '1001' }), member(16, { lastName: 'Smith' })), twenty);
    expect(free(found)).toEqual(['rename 16']);
    expect(held(found)).toContain('card 15');
    expect(found.braked.map(({ verb }) => verb)).toEqual(['deactivate']);
  });

  it('holds the moves that wait behind it', () => {
    const found = guarded(members(member(15, { card: '1001' }), member(16, { card: '1015' })), twenty);
    expect(held(found)).toEqual(expect.arrayContaining(['card 15', 'card 16']));
  });

  it('a newcomer is added without it, and who wanted the newcomer\'s old card waits too', () => {
    const observed = unifiWith([...staying(range(1, 20)), user(21, { status: 'DEACTIVATED', holds: [55] })]);
    const found = guarded(members(member(21, { card: '1001' }), member(16, { card: '55' })), observed);
    const add = found.changes.find(({ change }) => change.verb === 'add');
    expect(add).toMatchObject({ held: null, change: { card: null, release: [] } });
    expect(held(found)).toContain('card 16');
  });
});
