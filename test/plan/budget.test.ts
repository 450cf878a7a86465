import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/desired/model.js';
import { emptyBudget, notAfter, spentOf, withCounted, withSeen, type Budget } from '../../src/plan/members/budget.js';
import type { GuardedChange, GuardedPlan } from '../../src/plan/members/guarded-plan.js';
import { guardMembers } from '../../src/plan/members/guards.js';
import type { ObservedPeople } from '../../src/plan/members/observed.js';
import { planMembers, type MembersPlan } from '../../src/plan/members/plan-members.js';
import { judged, member, membership, tierMapping, type TierMapping } from '../support/members.js';
import { afterChanges, unifiWith, user } from '../support/unifi-people.js';

const left = { memberships: [membership('Gold', { status: 'Expired' })] };
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const noon = Date.parse('2026-11-21T12:00:00Z');
const hours = 3_600_000;

interface CycleOptions {
  readonly approve?: readonly number[];
  /** The process dies after this many changes. */
  readonly dieAfter?: number;
  readonly blocked?: readonly number[];
}

/** A site that reconciles as the controller does; the budget goes through its file between two cycles. */
class Bench {
  now = noon;
  budget: Budget = emptyBudget;
  approved = new Set<string>();
  guards: TierMapping['guards'];
  members: Member[];

  constructor(
    members: readonly Member[],
    public observed: ObservedPeople,
    guards: Partial<TierMapping['guards']> = {},
  ) {
    this.members = [...members];
    this.guards = { ...tierMapping().guards, ...guards };
  }

  leave(...contacts: readonly number[]): this {
    this.members = this.members.map((each) => (contacts.includes(each.contact) ? member(each.contact, left) : each));
    return this;
  }

  wait(time: number): this {
    this.now += time;
    return this;
  }

  look(blocked: readonly number[] = []): { plan: MembersPlan; guarded: GuardedPlan } {
    const spec = tierMapping({ blocked: blocked.map((contact) => ({ contact })) });
    const plan = planMembers(judged(this.members, { spec }), this.observed, spec, []);
    const spent = spentOf(this.budget, this.guards, this.now);
    return { plan, guarded: guardMembers(plan, { guards: this.guards, key: 'key', approved: this.approved, spent }) };
  }

  /** The changes that were carried out, as `verb contact`. */
  cycle({ approve = [], dieAfter = Infinity, blocked = [] }: CycleOptions = {}): string[] {
    for (const { change, operation } of this.look(blocked).guarded.changes) if (approve.includes(change.contact)) this.approved.add(operation);
    const { plan, guarded } = this.look(blocked);
    this.budget = stored(withCounted(withSeen(this.budget, guarded, this.guards, false), guarded, this.now));
    const going = guarded.changes.filter(({ held }) => held === null).slice(0, dieAfter);
    this.observed = afterChanges(this.observed, going.map(({ change }) => change), plan.policies.managed);
    if (dieAfter === Infinity) this.budget = stored(withSeen(this.budget, this.look(blocked).guarded, this.guards, going.length > 0));
    return going.map(nameOf);
  }

  held(): string[] {
    return this.look().guarded.changes.filter(({ held }) => held !== null).map(nameOf);
  }
}

const nameOf = ({ change }: GuardedChange): string => `${change.verb} ${change.contact}`;
const stored = (budget: Budget): Budget => JSON.parse(JSON.stringify(budget)) as Budget;
const site = (count: number, guards: Partial<TierMapping['guards']> = {}): Bench =>
  new Bench(
    range(1, count).map((contact) => member(contact)),
    unifiWith(range(1, count).map((contact) => user(contact, { holds: [1_000 + contact] }))),
    guards,
  );

describe('changes of the last 24 h that nobody approved', () => {
  it('two leavers an hour: when the fourth pair comes it is more than 30 % of 20 in a day, and waits', () => {
    const bench = site(20);
    for (const first of [1, 3, 5]) expect(bench.leave(first, first + 1).wait(hours).cycle()).toHaveLength(2);
    expect(bench.leave(7, 8).wait(hours).cycle()).toEqual([]);
    expect(bench.look().guarded.braked).toEqual([{ verb: 'deactivate', reason: '8 of 20 active users within 24 h is more than guards.per24h: 30%' }]);
  });

  it('a day later they count no more', () => {
    const bench = site(20);
    for (const first of [1, 3, 5]) bench.leave(first, first + 1).cycle();
    bench.leave(7, 8).wait(24 * hours - 1);
    expect(bench.cycle()).toEqual([]);
    expect(bench.wait(1).cycle()).toEqual(['deactivate 7', 'deactivate 8']);
  });

  it('on a small site the third leaver of a day waits: one at a time does not get round the minimum', () => {
    const bench = site(6, { per24h: '20%' });
    expect(bench.leave(1).cycle()).toEqual(['deactivate 1']);
    expect(bench.leave(2).wait(hours).cycle()).toEqual(['deactivate 2']);
    expect(bench.leave(3).wait(hours).cycle()).toEqual([]);
  });

  it('approved ones do not count: the leaver after an approved mass change goes', () => {
    const bench = site(20);
    expect(bench.leave(...range(1, 10)).cycle()).toEqual([]);
    expect(bench.cycle({ approve: range(1, 10) })).toHaveLength(10);
    expect(bench.leave(11).cycle()).toEqual(['deactivate 11']);
  });

  it('percentages are of the highest number of active users of the day, not of what an approved change left of them', () => {
    const bench = site(20);
    bench.leave(...range(1, 15)).cycle({ approve: range(1, 15) });
    expect(bench.leave(16, 17, 18).wait(hours).cycle()).toHaveLength(3);
    const later = site(20);
    later.leave(...range(1, 15)).cycle({ approve: range(1, 15) });
    expect(later.leave(16, 17, 18).wait(25 * hours).cycle()).toEqual([]);
  });

  it('blocks neither count nor wait', () => {
    const bench = site(20);
    expect(bench.cycle({ blocked: range(1, 12) })).toHaveLength(12);
    expect(bench.budget.hours.map(({ changes }) => changes)).toEqual([{}]);
    expect(bench.leave(20).cycle({ blocked: range(1, 12) })).toEqual(['deactivate 20']);
  });

  it('verbs have a budget each', () => {
    const bench = site(20);
    for (const first of [1, 3, 5]) bench.leave(first, first + 1).cycle();
    bench.members = bench.members.map((each) => (each.contact > 17 ? { ...each, lastName: 'Smith' } : each));
    expect(bench.cycle()).toEqual(['rename 18', 'rename 19', 'rename 20']);
  });

  it('a cycle in which nothing changes leaves the budget as it is', () => {
    const bench = site(20);
    bench.leave(1).cycle();
    const before = bench.budget;
    expect(bench.wait(3 * hours).cycle()).toEqual([]);
    expect(bench.budget).toEqual(before);
    expect(bench.wait(48 * hours).cycle()).toEqual([]);
    expect(bench.budget).toEqual(before);
  });

  it('names nobody', () => {
    const bench = new Bench([member(4_711)], unifiWith([user(4_711, { id: 'user-of-4711', holds: [5_711] }), ...range(1, 9).map((contact) => user(contact))]));
    bench.cycle();
    bench.leave(4_711).cycle();
    expect(JSON.stringify(bench.budget)).not.toMatch(/4711|5711|user-of|Ada|Example|civicrm/);
  });

  it('a clock that went back keeps nothing for ever', () => {
    const bench = site(20);
    bench.wait(9_000 * hours).leave(1, 2, 3).cycle();
    const now = noon + hours;
    expect(spentOf(notAfter(bench.budget, now), bench.guards, now + 24 * hours).changes).toEqual({});
    expect(spentOf(notAfter(bench.budget, now), bench.guards, now).changes).toEqual({ deactivate: 3 });
  });
});

describe('a process that dies in the middle', () => {
  it('has counted what it did, and does not count the rest twice', () => {
    const bench = site(20);
    expect(bench.leave(1, 2, 3).cycle({ dieAfter: 1 })).toHaveLength(1);
    expect(spentOf(bench.budget, bench.guards, bench.now).changes).toEqual({ deactivate: 3 });
    expect(bench.cycle()).toHaveLength(2);
    expect(spentOf(bench.budget, bench.guards, bench.now).changes).toEqual({ deactivate: 3 });
    expect(bench.leave(4, 5, 6).cycle()).toHaveLength(3);
    expect(bench.leave(7).cycle()).toEqual([]);
  });

  it('what was done and is needed once more counts once more', () => {
    const bench = site(20);
    bench.leave(1, 2, 3).cycle();
    bench.members = bench.members.map((each) => (each.contact <= 3 ? member(each.contact) : each));
    bench.cycle();
    bench.leave(1, 2, 3).cycle();
    expect(spentOf(bench.budget, bench.guards, bench.now).changes).toEqual({ add: 3, deactivate: 6 });
    expect(bench.leave(4).cycle()).toEqual([]);
  });

  it('never lets more through in a day than the guards say, wherever it dies', () => {
    const step = fc.record({ leave: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 5 }), pause: fc.integer({ min: 0, max: 300 }), dieAfter: fc.option(fc.nat(4), { nil: Infinity }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
        const bench = site(30);
        const done: number[] = [];
        for (const { leave, pause, dieAfter } of steps) {
          bench.wait(pause * 60_000).leave(...leave);
          for (let count = bench.cycle({ dieAfter }).length; count > 0; count -= 1) done.push(bench.now);
        }
        for (const at of done) expect(done.filter((other) => other > at - 24 * hours && other <= at).length).toBeLessThanOrEqual(9);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what waits for a person goes on waiting', () => {
  it('three of four are not released by the approval of the fourth', () => {
    const bench = site(20);
    bench.leave(1, 2, 3, 4).cycle();
    expect(bench.cycle({ approve: [1] })).toEqual(['deactivate 1']);
    expect(bench.cycle()).toEqual([]);
    expect(bench.held()).toEqual(['deactivate 2', 'deactivate 3', 'deactivate 4']);
    expect(bench.look().guarded.braked).toEqual([{ verb: 'deactivate', reason: 'part of a mass change of which only others were approved' }]);
    expect(bench.cycle({ approve: [2, 3, 4] })).toHaveLength(3);
  });

  it('until it is not needed any longer', () => {
    const bench = site(20);
    bench.leave(1, 2, 3, 4).cycle();
    bench.cycle({ approve: [4] });
    bench.members = range(1, 20).map((contact) => member(contact, contact === 4 ? left : {}));
    bench.cycle();
    expect(bench.leave(1, 2, 3).cycle()).toHaveLength(3);
  });

  it('without any approval the brake alone decides: a mass change that has shrunk is none', () => {
    const bench = site(20);
    expect(bench.leave(1, 2, 3, 4).cycle()).toEqual([]);
    bench.members = range(1, 20).map((contact) => member(contact, contact < 4 ? left : {}));
    expect(bench.cycle()).toHaveLength(3);
  });

  it('or the operator widens the guards', () => {
    const bench = site(20);
    bench.leave(1, 2, 3, 4, 5).cycle();
    expect(bench.cycle({ approve: [5] })).toHaveLength(1);
    bench.guards = { ...bench.guards, maxDeactivate: '20%' };
    expect(bench.cycle()).toHaveLength(4);
  });

  it('a newcomer to a plan that waits is not let through by it, nor held once it is decided', () => {
    const bench = site(20);
    bench.leave(1, 2, 3, 4).cycle();
    expect(bench.leave(5).cycle()).toEqual([]);
    expect(bench.cycle({ approve: [1, 2, 3, 4] })).toHaveLength(4);
    expect(bench.cycle({ approve: [5] })).toHaveLength(1);
  });
});

describe('counts that were lost', () => {
  const lost: Budget = { ...emptyBudget, lostAt: new Date(noon).toISOString() };

  it('for a day, the third change of one sort waits; single leavers go', () => {
    const bench = site(100);
    bench.budget = lost;
    expect(bench.leave(1, 2).cycle()).toHaveLength(2);
    expect(bench.leave(3).wait(hours).cycle()).toEqual([]);
    expect(bench.look().guarded.braked[0]?.reason).toBe('3 since the counts of the last 24 h were lost reach guards.minimum: 3');
    expect(bench.wait(23 * hours).leave(4, 5).cycle()).toEqual([3, 4, 5].map((contact) => `deactivate ${contact}`));
  });

  it('are whole again a day later', () => {
    const bench = site(100);
    bench.budget = lost;
    expect(bench.wait(24 * hours).leave(1, 2, 3).cycle()).toHaveLength(3);
    expect(bench.budget.lostAt).toBeNull();
  });
});

describe('a first provisioning that is broken off', () => {
  const newcomers = range(1, 30).map((contact) => member(contact));
  const allow = { bootstrap: 'Allow' } as const;

  it('goes on without a question, and its end is the end of it', () => {
    const bench = new Bench(newcomers, unifiWith([]), allow);
    expect(bench.cycle({ dieAfter: 4 })).toHaveLength(4);
    expect(bench.wait(hours).cycle()).toHaveLength(26);
    expect(bench.budget.bootstrapSince).toBeNull();
    expect(spentOf(bench.budget, bench.guards, bench.now).changes).toEqual({});
    bench.members = [...bench.members, ...range(31, 45).map((contact) => member(contact))];
    expect(bench.cycle()).toEqual([]);
  });

  it('also gives those that were created already their first policies and cards', () => {
    const bench = new Bench(newcomers, unifiWith([]), allow);
    bench.cycle({ dieAfter: 0 });
    bench.observed = unifiWith(range(1, 30).map((contact) => user(contact, { policyIds: [] })), { free: range(1, 30).map((contact) => 1_000 + contact) });
    expect(bench.cycle()).toHaveLength(60);
    expect(bench.budget.bootstrapSince).toBeNull();
  });

  it('a controller that has lost everybody is not provisioned anew without a question, whatever was allowed once', () => {
    const bench = new Bench(newcomers, unifiWith([]), allow);
    expect(bench.cycle()).toHaveLength(30);
    bench.observed = unifiWith([]);
    expect(bench.wait(1_000 * hours).cycle()).toEqual([]);
    expect(bench.look().guarded.braked[0]?.reason).toContain('nobody of the 30 members whom it held before');
    expect(bench.cycle({ approve: range(1, 30) })).toHaveLength(30);
  });

  it('lets nothing but additions through', () => {
    const bench = new Bench(newcomers, unifiWith([]), allow);
    bench.cycle({ dieAfter: 25 });
    expect(bench.leave(...range(1, 10)).cycle()).toEqual(range(26, 30).map((contact) => `add ${contact}`));
  });

  it('is over after a day, and where the operator takes the permission back', () => {
    const late = new Bench(newcomers, unifiWith([]), allow);
    late.cycle({ dieAfter: 4 });
    expect(late.wait(24 * hours).held()).toHaveLength(26);
    const asked = new Bench(newcomers, unifiWith([]), allow);
    asked.cycle({ dieAfter: 4 });
    asked.guards = { ...asked.guards, bootstrap: 'Ask' };
    expect(asked.held()).toHaveLength(26);
  });

  it('approved by a person, needs no second approval for users that it created half', () => {
    const bench = new Bench(newcomers, unifiWith([]));
    expect(bench.cycle()).toEqual([]);
    bench.cycle({ approve: range(1, 30), dieAfter: 0 });
    bench.observed = unifiWith([...range(1, 20).map((contact) => user(contact, { policyIds: [] }))], { free: range(1, 20).map((contact) => 1_000 + contact) });
    expect(bench.cycle()).toHaveLength(50);
  });
});
