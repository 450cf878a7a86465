import type { AddChange, CardChange, CardTarget } from '../../plan/members/changes.js';
import { maskedCard } from '../../desired/members/card.js';
import { errorCode, TransientError } from '../../runtime/errors.js';
import type { AccessController } from '../../unifi/access-controller.js';
import { alreadyBound, bindCard, cardHeld, isRefusal, type BindDeps } from './bind-card.js';
import { moveCards, type CardActions, type CardMove } from './card-moves.js';
import { importCards, type ImportedCard } from './import-cards.js';

export interface CardRoundsOptions extends BindDeps {
  readonly aliasPrefix: string;
  /** The user of a change; undefined when its create failed. */
  readonly userOf: (change: CardHolder) => string | undefined;
  readonly fail: (change: CardHolder, error: unknown) => void;
  /** Keeps the number of requests that wait within bounds. */
  readonly inTurn: <Result>(step: () => Promise<Result>) => Promise<Result>;
}

type CardHolder = AddChange | CardChange;

export interface CardRounds {
  /** Imports, then moves. What only an active user can do, and who waits for it, is left for the second round. */
  first(): Promise<void>;
  /** After activation: what the first round left. */
  second(): Promise<void>;
}

/** The card moves of one run, in two rounds: controllers may refuse binds and releases on a deactivated user. */
export function cardRounds(changes: readonly CardHolder[], options: CardRoundsOptions): CardRounds {
  const { unifi, fail, inTurn } = options;
  const changeOf = new Map<CardMove, CardHolder>();
  const renames = new Set<string>();
  /** Tokens that this run has bound, by user, and released. */
  const bound = new Map<string, string>();
  const released = new Set<string>();
  let waiting: readonly CardMove[] = [];

  const actions: CardActions = {
    bind: (userId, target) =>
      inTurn(async () => {
        await bindCard(userId, target, options);
        bound.set(userId, target.token);
        released.delete(target.token);
        if (renames.has(target.token)) await renameCard(unifi, target);
      }),
    release: (userId, token) =>
      inTurn(async () => {
        await releaseCard(unifi, userId, token);
        released.add(token);
      }),
  };

  function moveOf(change: CardHolder, imported: ReadonlyMap<string, ImportedCard | Error>): CardMove | null {
    const userId = options.userOf(change);
    if (userId === undefined) return null;
    const { card, contact, release } = change;
    const known = card === null ? null : card.token !== null ? { token: card.token, renamed: false } : imported.get(card.alias);
    if (known === undefined || known instanceof Error) {
      fail(change, known ?? new Error('the card was not imported'));
      return null;
    }
    if (known?.renamed === true) renames.add(known.token);
    const target = card === null || known === null ? null : { ...card, token: known.token };
    return target === null && release.length === 0 ? null : { contact, userId, target, release };
  }

  /** What is left of a move, going by what this run has done already. */
  function rest(move: CardMove): CardMove {
    const target = move.target !== null && bound.get(move.userId) === move.target.token ? null : move.target;
    return { ...move, target, release: move.release.filter(({ token }) => !released.has(token)) };
  }

  async function run(moves: readonly CardMove[]): Promise<ReadonlyMap<CardMove, Error>> {
    const failed = new Map<CardMove, Error>();
    for (const [move, error] of await moveCards(moves, actions)) if (error !== null) failed.set(move, error);
    return failed;
  }

  return {
    async first() {
      const wanted = changes.filter((change) => options.userOf(change) !== undefined).flatMap(({ card }) => card ?? []);
      const imported = await importCards(unifi, wanted, options.aliasPrefix).catch((error: unknown) => {
        const lost = error instanceof Error ? error : new Error(String(error));
        return new Map(wanted.map(({ alias }) => [alias, lost]));
      });
      for (const change of changes) {
        const move = moveOf(change, imported);
        if (move !== null) changeOf.set(move, change);
      }
      const failed = await run([...changeOf.keys()]);
      const early = new Set([...failed].flatMap(([move, error]) => (isTooEarly(changeOf.get(move), error) ? [root(error)] : [])));
      waiting = [...failed].flatMap(([move, error]) => (early.has(root(error)) ? [move] : []));
      const later = new Set(waiting);
      for (const [move, error] of failed) if (!later.has(move)) failMove(move, error);
    },
    async second() {
      const left = new Map(waiting.map((move) => [rest(move), move]));
      for (const [move, error] of await run([...left.keys()])) failMove(left.get(move) ?? move, error);
    },
  };

  function failMove(move: CardMove, error: Error): void {
    const change = changeOf.get(move);
    if (change !== undefined) fail(change, error);
  }
}

/** A refusal that may be about the user's being deactivated. */
function isTooEarly(change: CardHolder | undefined, error: Error): boolean {
  const code = errorCode(root(error));
  return change?.verb === 'add' && change.userId !== null && root(error) === error && isRefusal(error) && code !== alreadyBound && code !== cardHeld;
}

function root(error: Error): Error {
  return error.cause instanceof Error && errorCode(error) === 'CardNotFree' ? root(error.cause) : error;
}

/** Known under an alias of its own, the card would be taken for a stranger's next time. */
async function renameCard(unifi: AccessController, { token, alias, number }: CardTarget & { readonly token: string }): Promise<void> {
  try {
    await unifi.setCardAlias(token, alias);
  } catch (error) {
    throw new TransientError(
      `UniFi knows card ${maskedCard(number)} under another alias and did not take the new one; rename it there to cards.aliasPrefix and the five digits`,
      { code: errorCode(error), cause: error },
    );
  }
}

/** A card that is no longer the user's is released, whoever did it. */
async function releaseCard(unifi: AccessController, userId: string, token: string): Promise<void> {
  try {
    await unifi.releaseCard(userId, token);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { holder } = await unifi.getCard(token);
    if (holder?.id === userId) throw error;
  }
}
