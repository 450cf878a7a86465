import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moveCards, type CardActions, type CardMove } from '../../src/apply/members/card-moves.js';

/** Contact n is user `un`, a card is a number and its token `tn`. */
interface Want {
  readonly contact: number;
  readonly holds: readonly number[];
  /** Null: only gives up what it holds. */
  readonly wants: number | null;
}

const tokenOf = (card: number): string => `t${card}`;

function moveOf({ contact, holds, wants }: Want): CardMove {
  return {
    contact,
    userId: `u${contact}`,
    target: wants === null ? null : { number: wants, alias: '', nfcId: '', token: tokenOf(wants), holder: null },
    release: holds.filter((card) => card !== wants).map((number) => ({ number, token: tokenOf(number) })),
  };
}

interface World extends CardActions {
  /** Token to user. */
  readonly holders: Map<string, string>;
  /** What happened, in order: `u1 +t2`, `u1 -t1`, `u1 +t2 refused`. */
  readonly trace: string[];
  /** Users without a card after each step. */
  readonly without: string[][];
  readonly cardsOf: (user: string) => string[];
}

/** A controller that gives a card to one user only. `fails` decides by the step that is tried. */
function world(wants: readonly Want[], fails: (step: string) => boolean = () => false, pause: (step: string) => Promise<unknown> = () => Promise.resolve()): World {
  const holders = new Map<string, string>(wants.flatMap(({ contact, holds }) => holds.map((card): [string, string] => [tokenOf(card), `u${contact}`])));
  const trace: string[] = [];
  const without: string[][] = [];
  const cardsOf = (user: string): string[] => [...holders].flatMap(([token, holder]) => (holder === user ? [token] : []));
  const step = async (text: string, act: () => void): Promise<void> => {
    await pause(text);
    if (fails(text)) {
      trace.push(`${text} failed`);
      throw new Error(`${text} failed`);
    }
    act();
    trace.push(text);
    without.push(wants.map(({ contact }) => `u${contact}`).filter((user) => cardsOf(user).length === 0));
  };
  return {
    holders,
    trace,
    without,
    cardsOf,
    bind: (user, { token }) =>
      step(`${user} +${token}`, () => {
        const holder = holders.get(token);
        if (holder !== undefined && holder !== user) {
          trace.push(`${user} +${token} refused`);
          throw new Error(`${token} is held by ${holder}`);
        }
        holders.set(token, user);
      }),
    release: (user, token) =>
      step(`${user} -${token}`, () => {
        if (holders.get(token) !== user) throw new Error(`${user} does not hold ${token}`);
        holders.delete(token);
      }),
  };
}

async function run(wants: readonly Want[], fails?: (step: string) => boolean): Promise<World & { readonly failed: number[] }> {
  const given = world(wants, fails);
  const results = await moveCards(wants.map(moveOf), given);
  return { ...given, failed: [...results].flatMap(([move, error]) => (error === null ? [] : [move.contact])).sort() };
}

const chain: Want[] = [
  { contact: 1, holds: [1], wants: 2 },
  { contact: 2, holds: [2], wants: 3 },
  { contact: 3, holds: [3], wants: 9 },
];
const cycle: Want[] = [
  { contact: 1, holds: [1], wants: 2 },
  { contact: 2, holds: [2], wants: 3 },
  { contact: 3, holds: [3], wants: 1 },
];

describe('chains with a free end', () => {
  it('move from the free end: bind new, release old, then the next', async () => {
    const { trace, failed, without } = await run(chain);
    expect(trace).toEqual(['u3 +t9', 'u3 -t3', 'u2 +t3', 'u2 -t2', 'u1 +t2', 'u1 -t1']);
    expect(failed).toEqual([]);
    expect(without.flat()).toEqual([]);
  });

  it('move in the same order however they are listed', async () => {
    for (const order of [[...chain].reverse(), [chain[1]!, chain[0]!, chain[2]!]]) {
      expect((await run(order)).trace).toEqual(['u3 +t9', 'u3 -t3', 'u2 +t3', 'u2 -t2', 'u1 +t2', 'u1 -t1']);
    }
  });

  it('two people may wait for one who gives up two cards', async () => {
    const { failed, cardsOf, without } = await run([
      { contact: 1, holds: [1, 5], wants: 9 },
      { contact: 2, holds: [2], wants: 1 },
      { contact: 3, holds: [3], wants: 5 },
    ]);
    expect(failed).toEqual([]);
    expect([cardsOf('u1'), cardsOf('u2'), cardsOf('u3')]).toEqual([['t9'], ['t1'], ['t5']]);
    expect(without.flat()).toEqual([]);
  });

  it('a bind that fails keeps the old card, and everybody behind keeps theirs', async () => {
    const { failed, cardsOf } = await run(chain, (step) => step === 'u3 +t9');
    expect(failed).toEqual([1, 2, 3]);
    expect([cardsOf('u1'), cardsOf('u2'), cardsOf('u3')]).toEqual([['t1'], ['t2'], ['t3']]);
  });

  it('a release that fails leaves two cards for a while, and everybody behind waits', async () => {
    const { failed, cardsOf } = await run(chain, (step) => step === 'u3 -t3');
    expect(failed).toEqual([1, 2, 3]);
    expect([cardsOf('u1'), cardsOf('u2'), cardsOf('u3').sort()]).toEqual([['t1'], ['t2'], ['t3', 't9']]);
  });

  it('one person\'s failure stops nobody in another chain', async () => {
    const { failed, cardsOf } = await run([...chain, { contact: 4, holds: [4], wants: 8 }], (step) => step === 'u2 +t3');
    expect(failed).toEqual([1, 2]);
    expect([cardsOf('u3'), cardsOf('u4')]).toEqual([['t9'], ['t8']]);
  });
});

describe('pure cycles', () => {
  it('are opened by one release, whose owner is bound last', async () => {
    const { trace, failed, without } = await run(cycle);
    expect(failed).toEqual([]);
    expect(trace).toHaveLength(6);
    const opener = trace[0]!.slice(0, 2);
    expect(trace[0]).toMatch(/^u\d -t/);
    expect(trace.at(-1)).toMatch(new RegExp(`^${opener} \\+t`));
    // Only the opener is without a card, and nobody at the end.
    expect(new Set(without.flat())).toEqual(new Set([opener]));
    expect(without.at(-1)).toEqual([]);
  });

  it('two people swap', async () => {
    const { failed, cardsOf } = await run([
      { contact: 1, holds: [1], wants: 2 },
      { contact: 2, holds: [2], wants: 1 },
    ]);
    expect([failed, cardsOf('u1'), cardsOf('u2')]).toEqual([[], ['t2'], ['t1']]);
  });

  it('an opening release that fails moves nobody', async () => {
    const { failed, holders } = await run(cycle, (step) => step.includes('-'));
    expect(failed).toEqual([1, 2, 3]);
    expect([...holders]).toEqual([['t1', 'u1'], ['t2', 'u2'], ['t3', 'u3']]);
  });

  it('the opener gets its old card back when the next one cannot take it', async () => {
    const { failed, trace, cardsOf } = await run(cycle, (step) => step === 'u3 +t1');
    expect(failed).toEqual([1, 2, 3]);
    expect(trace).toContain('u1 +t1');
    expect([cardsOf('u1'), cardsOf('u2'), cardsOf('u3')]).toEqual([['t1'], ['t2'], ['t3']]);
  });
});

describe('any mixture of chains and cycles', () => {
  const scenes = fc
    .record({
      size: fc.integer({ min: 1, max: 6 }),
      order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
      fresh: fc.subarray([0, 1, 2, 3, 4, 5]),
    })
    .map(({ size, order, fresh }): Want[] => {
      // An injective choice of targets: somebody's card, or a new one.
      const targets = order.filter((card) => card < size);
      return Array.from({ length: size }, (_, contact) => {
        const taken = targets[contact]!;
        return { contact, holds: [contact], wants: taken === contact || fresh.includes(contact) ? 10 + contact : taken };
      });
    });

  const inCycle = (wants: readonly Want[], start: Want): boolean => {
    let current: Want | undefined = start;
    for (let steps = 0; steps <= wants.length; steps += 1) {
      current = wants.find(({ holds }) => holds.includes(current?.wants ?? -1));
      if (current === undefined) return false;
      if (current === start) return true;
    }
    return false;
  };

  it('ends with everybody\'s card in the right hand; in a chain nobody is ever without one, in a cycle one at a time', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, fc.scheduler(), async (wants, scheduler) => {
        const given = world(wants, undefined, (step) => scheduler.schedule(Promise.resolve(), step));
        const running = moveCards(wants.map(moveOf), given);
        const results = await scheduler.waitFor(running);
        expect([...results.values()].filter((error) => error !== null)).toEqual([]);
        for (const { contact, wants: card } of wants) expect(given.cardsOf(`u${contact}`)).toEqual([tokenOf(card!)]);
        expect(given.trace.filter((step) => step.includes('refused'))).toEqual([]);
        const chained = new Set(wants.filter((each) => !inCycle(wants, each)).map(({ contact }) => `u${contact}`));
        for (const users of given.without) expect(users.filter((user) => chained.has(user))).toEqual([]);
        const openers = new Set(given.without.flat());
        const cycles = new Set(wants.filter((each) => inCycle(wants, each)).map((each) => [...cycleOf(wants, each)].sort().join()));
        expect(openers.size).toBe(cycles.size);
      }),
      { numRuns: 200 },
    );
  });

  it('with any one step failing: nobody in a chain is without a card, and doing it again repairs the rest', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, fc.scheduler(), fc.nat({ max: 14 }), async (wants, scheduler, failing) => {
        let steps = -1;
        const fails = (): boolean => {
          steps += 1;
          return steps === failing;
        };
        const given = world(wants, fails, (step) => scheduler.schedule(Promise.resolve(), step));
        await scheduler.waitFor(moveCards(wants.map(moveOf), given));
        const left = wants.filter(({ contact }) => given.cardsOf(`u${contact}`).length === 0);
        expect(left.filter((each) => !inCycle(wants, each))).toEqual([]);
        expect(left.length).toBeLessThanOrEqual(1);
        // As the next reconcile sees it.
        const next = wants.map((each): Want => ({ ...each, holds: given.cardsOf(`u${each.contact}`).map((token) => Number(token.slice(1))) }));
        const again = world(next);
        const pending = next.filter(({ holds, wants: card }) => !(holds.length === 1 && holds[0] === card));
        const moves = pending.map((each) => {
          const move = moveOf(each);
          return each.holds.includes(each.wants!) ? { ...move, target: null } : move;
        });
        const results = await moveCards(moves, again);
        expect([...results.values()].filter((error) => error !== null)).toEqual([]);
        for (const { contact, wants: card } of wants) expect(again.cardsOf(`u${contact}`)).toEqual([tokenOf(card!)]);
      }),
      { numRuns: 300 },
    );
  });

  function cycleOf(wants: readonly Want[], start: Want): Set<number> {
    const members = new Set<number>();
    let current: Want | undefined = start;
    while (current !== undefined && !members.has(current.contact)) {
      members.add(current.contact);
      current = wants.find(({ holds }) => holds.includes(current?.wants ?? -1));
    }
    return members;
  }
});
