import { maskedCard } from '../../desired/members/card.js';
import type { CardTarget } from '../../plan/members/changes.js';
import { TransientError } from '../../runtime/errors.js';
import type { AccessController, CardImport } from '../../unifi/access-controller.js';

/** Token by alias for cards that UniFi did not know: one call for all, then the failed rows one by one. */
export async function importCards(unifi: AccessController, targets: readonly CardTarget[]): Promise<ReadonlyMap<string, string | Error>> {
  const rows = targets.filter(({ token }) => token === null).map(({ alias, nfcId }): CardImport => ({ alias, nfcId }));
  const tokens = new Map<string, string | Error>();
  if (rows.length === 0) return tokens;
  for (const [alias, token] of await tryImport(unifi, rows)) tokens.set(alias, token);
  for (const target of targets) {
    if (target.token !== null || typeof tokens.get(target.alias) === 'string') continue;
    const [result] = (await tryImport(unifi, [{ alias: target.alias, nfcId: target.nfcId }])).values();
    tokens.set(
      target.alias,
      result ?? new TransientError(`UniFi refused to import card ${maskedCard(target.number)}`, { code: 'CardImportRefused' }),
    );
  }
  return tokens;
}

async function tryImport(unifi: AccessController, rows: readonly CardImport[]): Promise<Map<string, string | Error>> {
  try {
    const imported = await unifi.importCards(rows);
    return new Map(imported.flatMap(({ alias, token }) => (token === '' ? [] : [[alias, token]])));
  } catch (error) {
    const failed = error instanceof Error ? error : new Error(String(error));
    return new Map(rows.map(({ alias }) => [alias, failed]));
  }
}
