import { ConfigurationError } from '../../runtime/errors.js';
import type { QuirkTable } from './simulator.js';
import { didYouMean } from './suggestion.js';

/**
 * The setting of every quirk in the table.
 * @throws ConfigurationError (UnknownQuirk, QuirkValue) naming what is allowed
 */
export function resolveQuirks(
  table: QuirkTable,
  given: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, string> {
  const settings = new Map(Object.entries(table).map(([name, quirk]) => [name, quirk.default]));
  for (const [name, value] of Object.entries(given)) {
    const quirk = Object.hasOwn(table, name) ? table[name] : undefined;
    if (quirk === undefined) {
      const known = [...settings.keys()];
      throw new ConfigurationError(
        `unknown quirk "${name}"${didYouMean(name, known)}; known: ${known.join(', ') || 'none'}`,
        { code: 'UnknownQuirk' },
      );
    }
    const fits = quirk.allowed.some((allowed) =>
      typeof allowed === 'string' ? allowed === value : allowed.test(value),
    );
    if (!fits && value !== quirk.default) {
      const words = quirk.allowed.map((allowed) => (typeof allowed === 'string' ? allowed : 'a number'));
      throw new ConfigurationError(
        `quirk ${name} cannot be "${value}"${didYouMean(value, words)}; allowed: ${words.join(', ')}`,
        { code: 'QuirkValue' },
      );
    }
    settings.set(name, value);
  }
  return settings;
}
