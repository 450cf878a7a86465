/** Names of rooms and events compare like this: NFC, trimmed, inner white space folded, case ignored. */
export function foldName(name: string): string {
  return name.normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase();
}

export function sameName(a: string, b: string): boolean {
  return foldName(a) === foldName(b);
}

export function nameContains(name: string, part: string): boolean {
  return foldName(name).includes(foldName(part));
}
