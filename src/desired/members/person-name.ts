import { plain } from '../../runtime/text.js';

export interface PersonName {
  readonly first: string;
  readonly last: string;
}

/** UniFi wants both names; a lone one gets this beside it. */
const missing = '—';

/** Canonical: NFC, white space of every kind folded to single spaces, trimmed. */
export function canonicalName(name: string): string {
  return plain(name.normalize('NFC')).replace(/\s+/gu, ' ').trim();
}

/** Null when the contact has no name at all. */
export function personName(firstName: string, lastName: string): PersonName | null {
  const first = canonicalName(firstName);
  const last = canonicalName(lastName);
  if (first === '' && last === '') return null;
  return { first: first || missing, last: last || missing };
}

export function sameName(a: PersonName, b: PersonName): boolean {
  return canonicalName(a.first) === canonicalName(b.first) && canonicalName(a.last) === canonicalName(b.last);
}
