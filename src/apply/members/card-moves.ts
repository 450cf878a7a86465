import { maskedCard } from '../../desired/members/card.js';
import type { CardTarget, OwnCard } from '../../plan/members/changes.js';

/** One user's way from its old cards to its new one. */
export interface CardMove {
  readonly contact: number;
  readonly userId: string;
  /** With a token: imports are done before. Null: only releases. */
  readonly target: (CardTarget & { readonly token: string }) | null;
  readonly release: readonly OwnCard[];
}

export interface CardActions {
  /** Binds a card, taking it only from a holder that may lose it. @throws when somebody keeps it */
  bind(userId: string, target: CardTarget & { readonly token: string }): Promise<void>;
  release(userId: string, token: string): Promise<void>;
}

/**
 * Moves every card from the free end of its chain: bind new, release old, then the next, so that nobody is without a
 * card. Only a pure cycle is opened by one release; its owner is bound last, with the old card back if that fails.
 * One user's failure leaves the users that wait for its card where they are.
 */
export async function moveCards(moves: readonly CardMove[], actions: CardActions): Promise<ReadonlyMap<CardMove, Error | null>> {
  const releaserOf = new Map(moves.flatMap((move) => move.release.map(({ token }) => [token, move] as const)));
  const before = (move: CardMove): CardMove | undefined => (move.target === null ? undefined : releaserOf.get(move.target.token));
  const openers = cycleOpeners(moves, before);
  const runs = new Map<CardMove, Promise<Error | null>>();
  const openings = new Map<CardMove, Promise<Error | null>>();

  const settled = async (step: () => Promise<void>): Promise<Error | null> => {
    try {
      await step();
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };

  for (const opener of openers) {
    openings.set(opener, settled(async () => {
      for (const { token } of opener.release) await actions.release(opener.userId, token);
    }));
  }

  /** Resolves when the card that `move` waits for is free. */
  const freed = async (move: CardMove): Promise<Error | null> => {
    const first = before(move);
    if (first === undefined) return null;
    const opening = openings.get(first);
    return opening === undefined ? run(first) : opening;
  };

  const run = (move: CardMove): Promise<Error | null> => {
    const known = runs.get(move);
    if (known !== undefined) return known;
    const started = settled(async () => {
      const target = move.target;
      const blocked = await freed(move);
      if (target !== null && blocked !== null) {
        if (openings.has(move)) await bindBack(move, actions);
        throw new Error(`card ${maskedCard(target.number)} did not become free: ${blocked.message}`, { cause: blocked });
      }
      const opening = await openings.get(move);
      if (opening != null) throw opening;
      try {
        if (target !== null) await actions.bind(move.userId, target);
      } catch (error) {
        if (openings.has(move)) await bindBack(move, actions);
        throw error;
      }
      if (openings.has(move)) return;
      for (const { token } of move.release) await actions.release(move.userId, token);
    });
    runs.set(move, started);
    return started;
  };

  const results = await Promise.all(moves.map(async (move) => [move, await run(move)] as const));
  return new Map(results);
}

/** The next user of the cycle may have the old card already; then it stays there. */
async function bindBack(move: CardMove, actions: CardActions): Promise<void> {
  for (const card of move.release) {
    try {
      await actions.bind(move.userId, { number: card.number, token: card.token, alias: '', nfcId: '', holder: null });
    } catch {
      // The failure that led here is the one to report.
    }
  }
}

/** One move of each pure cycle. */
function cycleOpeners(moves: readonly CardMove[], before: (move: CardMove) => CardMove | undefined): Set<CardMove> {
  const openers = new Set<CardMove>();
  const done = new Set<CardMove>();
  for (const start of moves) {
    const path = new Set<CardMove>();
    let current: CardMove | undefined = start;
    while (current !== undefined && !done.has(current) && !path.has(current)) {
      path.add(current);
      current = before(current);
    }
    if (current !== undefined && path.has(current)) openers.add(current);
    for (const move of path) done.add(move);
  }
  return openers;
}
