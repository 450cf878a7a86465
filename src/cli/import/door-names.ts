/** `front_lobby` as `front-lobby`: names of door groups from names that people or programs gave, each once. */
export function doorGroupNames(keys: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const key of keys) {
    const stem = resourceName(key, 'door');
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    names.set(key, name);
  }
  return names;
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
  return words === '' ? fallback : words;
}
