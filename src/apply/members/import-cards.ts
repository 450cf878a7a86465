import { cardOfAlias, maskedCard } from '../../desired/members/card.js';
import type { CardTarget } from '../../plan/members/changes.js';
import { errorCode, TransientError } from '../../runtime/errors.js';
import type { AccessController, UnifiCard } from '../../unifi/access-controller.js';
import { isRefusal } from './bind-card.js';

export interface ImportedCard {
  readonly token: string;
  /** UniFi knew the card under another alias, by which it would not be recognised: to be renamed once it is bound. */
  readonly renamed: boolean;
}

/**
 * Cards that UniFi did not know, by alias: one call for all, then the failed rows one by one. What has got its alias by
 * now is not imported again, so that an answer that was lost makes no twin.
 */
export async function importCards(unifi: AccessController, targets: readonly CardTarget[], aliasPrefix: string): Promise<ReadonlyMap<string, ImportedCard | Error>> {
  const results = new Map<string, ImportedCard | Error>();
  const rows = new Map(targets.filter(({ token }) => token === null).map((target) => [target.alias, target]));
  if (rows.size === 0) return results;

  const settle = (alias: string, result: ImportedCard | Error): void => {
    results.set(alias, result);
    if (!(result instanceof Error)) rows.delete(alias);
  };
  const before = await readAgain(unifi, rows, settle);
  const send = async (part: readonly CardTarget[]): Promise<void> => {
    try {
      for (const { alias, token } of await unifi.importCards(part.map(({ alias, nfcId }) => ({ alias, nfcId })))) {
        const target = rows.get(alias);
        if (target !== undefined) settle(alias, judge(target, token, before.get(token), aliasPrefix));
      }
    } catch (error) {
      for (const { alias, number } of part) results.set(alias, isRefusal(error) ? refused(number, error) : asError(error));
    }
  };
  if (rows.size > 0) await send([...rows.values()]);
  if (rows.size > 0) await readAgain(unifi, rows, settle);
  await Promise.all([...rows.values()].map((target) => send([target])));
  return results;
}

/** Every card that UniFi knows, by token; rows whose alias is among them are done. */
async function readAgain(
  unifi: AccessController,
  rows: ReadonlyMap<string, CardTarget>,
  settle: (alias: string, card: ImportedCard) => void,
): Promise<ReadonlyMap<string, UnifiCard>> {
  const cards = await unifi.listCards();
  for (const { alias, token } of cards) if (rows.has(alias)) settle(alias, { token, renamed: false });
  return new Map(cards.map((card) => [card.token, card]));
}

/** An alias of ours for another number is another member's card: such a contradiction is for a person to sort out. */
function judge({ number }: CardTarget, token: string, known: UnifiCard | undefined, aliasPrefix: string): ImportedCard | Error {
  if (token === '') return refused(number);
  const other = known === undefined ? null : cardOfAlias(aliasPrefix, known.alias);
  if (other !== null && other !== number) {
    return new TransientError(`UniFi has card ${maskedCard(number)} under the alias of card ${maskedCard(other)}; correct the alias there`, { code: 'CardAliasTaken' });
  }
  return { token, renamed: known !== undefined };
}

function refused(number: number, cause?: unknown): TransientError {
  const code = cause === undefined ? '' : ` (${errorCode(cause)})`;
  return new TransientError(
    `UniFi refused to import card ${maskedCard(number)}${code}; if it knows the card under another alias, rename it there to cards.aliasPrefix and the five digits`,
    { code: 'CardImportRefused', cause },
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
