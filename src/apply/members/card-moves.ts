import { maskedCard } from '../../desired/members/card.js';
import type { CardTarget, OwnCard } from '../../plan/members/changes.js';
import { TransientError } from '../../runtime/errors.js';

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
  const opened = openedCards(moves, before);
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

  for (const [opener, { token }] of opened) openings.set(opener, settled(() => actions.release(opener.userId, token)));

  /** Resolves when the card that `move` waits for is free. */
  const freed = async (move: CardMove): Promise<Error | null> => {
    const first = before(move);
    if (first === undefined) return null;
    const early = opened.get(first)?.token === move.target?.token ? openings.get(first) : undefined;
    return early ?? run(first);
  };

  const run = (move: CardMove): Promise<Error | null> => {
    const known = runs.get(move);
    if (known !== undefined) return known;
    const started = settled(async () => {
      const { target, userId } = move;
      const early = opened.get(move);
      const blocked = await freed(move);
      const opening = await openings.get(move);
      if (opening != null) throw opening;
      try {
        if (target !== null && blocked !== null) {
          throw new TransientError(`card ${maskedCard(target.number)} did not become free: ${blocked.message}`, { code: 'CardNotFree', cause: blocked });
        }
        if (target !== null) await actions.bind(userId, target);
      } catch (error) {
        if (early !== undefined) await bindBack(userId, early, actions);
        throw error;
      }
      for (const { token } of move.release) if (token !== early?.token) await actions.release(userId, token);
    });
    runs.set(move, started);
    return started;
  };

  const results = await Promise.all(moves.map(async (move) => [move, await run(move)] as const));
  return new Map(results);
}

/** The next user of the cycle may have the old card already; then it stays there, and the next reconcile sees to it. */
async function bindBack(userId: string, { number, token }: OwnCard, actions: CardActions): Promise<void> {
  try {
    await actions.bind(userId, { number, token, alias: '', nfcId: '', holder: null });
  } catch {
    // The failure that led here is the one to report.
  }
}

/** One move of each pure cycle, with the one card that it gives up first: the one that the cycle waits for. */
function openedCards(moves: readonly CardMove[], before: (move: CardMove) => CardMove | undefined): ReadonlyMap<CardMove, OwnCard> {
  const opened = new Map<CardMove, OwnCard>();
  const done = new Set<CardMove>();
  for (const start of moves) {
    const path = new Set<CardMove>();
    let waiting: CardMove | undefined;
    let current: CardMove | undefined = start;
    while (current !== undefined && !done.has(current) && !path.has(current)) {
      path.add(current);
      waiting = current;
      current = before(current);
    }
    const card = current?.release.find(({ token }) => token === waiting?.target?.token);
    if (current !== undefined && path.has(current) && card !== undefined) opened.set(current, card);
    for (const move of path) done.add(move);
  }
  return opened;
}
