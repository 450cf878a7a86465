import { createHmac } from 'node:crypto';
import type { DesiredPerson } from '../../desired/members/people.js';
import type { UnifiUser } from '../../unifi/access-controller.js';

/** Keyed, so that nobody learns an address from what is remembered of it. */
export function emailHash(key: string, contact: number, email: string): string {
  return createHmac('sha256', key).update(JSON.stringify(['email', contact, email.toLowerCase()])).digest('hex').slice(0, 16);
}

/** UniFi has refused these addresses before (`refused`: hash by contact): without a change they would be refused for ever. */
export function withoutRefusedEmails(people: readonly DesiredPerson[], refused: Readonly<Record<string, string>>, key: string): readonly DesiredPerson[] {
  if (Object.keys(refused).length === 0) return people;
  return people.map((person) => {
    if (person.outcome !== 'Access' || person.email === null) return person;
    if (refused[String(person.contact)] !== emailHash(key, person.contact, person.email)) return person;
    const reason = 'UniFi does not take its e-mail: an administrator or somebody else has it, or it is malformed; tried again when it changes in CiviCRM';
    return { ...person, email: null, reasons: [...person.reasons, reason] };
  });
}

export interface Emails {
  /** The address to write; null: it is there, or none is wanted, or it is somebody else's. */
  toWrite(contact: number, wanted: string | null, user: UnifiUser | undefined): string | null;
  /** Somebody else has the address, or takes it in this plan. */
  isTaken(contact: number, wanted: string | null, user: UnifiUser | undefined): boolean;
}

/** UniFi takes an address once only: who has it keeps it, then the lowest contact that wants it. */
export function judgeEmails(people: readonly DesiredPerson[], users: readonly UnifiUser[]): Emails {
  const holders = new Map(users.flatMap(({ id, email }) => (email === '' ? [] : [[email.toLowerCase(), id] as const])));
  const claims = new Map<string, number>();
  for (const person of people) {
    if (person.outcome !== 'Access' || person.email === null) continue;
    const email = person.email.toLowerCase();
    if (!claims.has(email)) claims.set(email, person.contact);
  }
  const isTaken: Emails['isTaken'] = (contact, wanted, user) => {
    if (wanted === null) return false;
    const holder = holders.get(wanted.toLowerCase());
    return holder === undefined ? claims.get(wanted.toLowerCase()) !== contact : holder !== user?.id;
  };
  return {
    isTaken,
    toWrite: (contact, wanted, user) => (wanted === null || wanted.toLowerCase() === user?.email.toLowerCase() || isTaken(contact, wanted, user) ? null : wanted),
  };
}
