/** Names of rooms and events compare like this: NFC, trimmed, inner white space folded, case ignored. */
export function foldName(name: string): string {
  return name.normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase();
}
