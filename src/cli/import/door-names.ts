import { parse } from 'yaml';
import { patterns } from '../../api/patterns.js';

/** `front_lobby` as `front-lobby`: names of door groups from names that people or programs gave, each once. What is a name already stays. */
export function doorGroupNames(keys: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(keys.filter((key) => isName(key)));
  const names = new Map<string, string>();
  for (const key of keys) {
    const name = isName(key) ? key : freeName(key, taken);
    taken.add(name);
    names.set(key, name);
  }
  return names;
}

/** As `metadata.name` may be. */
function isName(key: string): boolean {
  return key.length <= 63 && new RegExp(patterns.name).test(key);
}

/** A name for a door group that nobody has yet. */
export function freeName(label: string, taken: ReadonlySet<string>): string {
  const stem = resourceName(label, 'door');
  let name = stem;
  for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
  return name;
}

/** Lower case, letters, digits and hyphens; `fallback` where nothing is left. */
export function resourceName(text: string, fallback: string): string {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  if (words === '') return fallback;
  // What YAML takes for a number or a truth, people would have to quote wherever they name it.
  return typeof parse(words, { version: '1.1' }) === 'string' ? words : `${fallback}-${words}`;
}
