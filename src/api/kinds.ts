import { definitions } from './generated/crds.js';
import { kinds } from './resource.js';
import type { Kind } from './resource.js';
import type { KindDefinition } from './schema.js';
import { closest } from './suggest.js';

export function kindInfo<K extends Kind>(kind: K): KindDefinition & { readonly kind: K } {
  return definitions[kind];
}

export function isKind(word: string): word is Kind {
  return Object.hasOwn(definitions, word);
}

/** The kind that `word` names: its name, plural, singular or short name, in any case. */
export function findKind(word: string): Kind | null {
  const wanted = word.toLowerCase();
  return kinds.find((kind) => kindWords(kind).includes(wanted)) ?? null;
}

/** The plural, or short name, nearest to a mistyped word; null when none is near. */
export function suggestKind(word: string): string | null {
  return closest(word, kinds.flatMap((kind) => kindWords(kind)));
}

/** Lower case, the plural first. */
export function kindWords(kind: Kind): readonly string[] {
  const { plural, singular, shortNames } = definitions[kind];
  return [...new Set([plural, singular, ...shortNames])];
}
