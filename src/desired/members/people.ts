import type { SpecOf } from '../../api/resource.js';
import { parseDuration } from '../../runtime/duration.js';
import { isoSeconds } from '../../runtime/instant.js';
import type { LocalTime } from '../calendar/local-time.js';
import type { Instant, Member } from '../model.js';
import { judgeAccess, type AccessRules, type Rule } from './access.js';
import { blockReason, blocksInForce, type Block } from './blocks.js';
import { cardNumber, maskedCard } from './card.js';
import { personName, type PersonName } from './person-name.js';
import { absenceInterval, type Absence } from './vanished.js';

export interface MemberFacts {
  readonly spec: SpecOf<'TierMapping'>;
  readonly members: readonly Member[];
  readonly activeStatuses: readonly string[];
  readonly local: LocalTime;
  /** When the members were read: outages age nobody out. */
  readonly readAt: Instant;
  /** Ends blocks; nothing else is judged by it. */
  readonly now: Instant;
  /** Contacts behind our active users that the database no longer answers for. */
  readonly vanished: ReadonlyMap<number, Absence>;
  /** Since when a contact's only memberships are of unknown types. */
  readonly unknownSince: ReadonlyMap<number, Instant>;
}

interface Person {
  readonly contact: number;
  readonly reasons: readonly string[];
}

/** Has access: what UniFi should hold. `card` null: none that may be bound; `cardHeld`: leave the cards as they are. */
export interface Granted extends Person {
  readonly outcome: 'Access';
  readonly rule: Rule;
  readonly name: PersonName;
  readonly card: number | null;
  readonly cardHeld: boolean;
  /** As UniFi should have it; null: it stays as it is. Always null unless `syncEmail`. */
  readonly email: string | null;
}

/** Has none. `ignored`: a user without our card and policies is left alone. */
export interface Refused extends Person {
  readonly outcome: 'None' | 'Ignored';
  readonly rule: Rule | null;
  /** Its only memberships are of unknown types, for longer than they may last: remembered, or it would begin again. */
  readonly unknownType: boolean;
}

/** Grants and changes are withheld; what is there stays. */
export interface Quarantined extends Person {
  readonly outcome: 'Quarantined';
  readonly rule: Rule | null;
  /** Its only memberships are of unknown types: remembered, since it may last only so long. */
  readonly unknownType: boolean;
}

/** Stays out, whatever the membership, the card or the name says; also a contact that nobody answers for. */
export interface Blocked extends Person {
  readonly outcome: 'Blocked';
  /** The rule that would give access. */
  readonly rule: Rule | null;
}

/** Nobody answers for the contact: what is there stays until that is certain. */
export interface Vanished extends Person {
  readonly outcome: 'Vanished';
  readonly rule: null;
  readonly absence: Absence;
}

export type DesiredPerson = Granted | Refused | Quarantined | Blocked | Vanished;

/** True for whom this says that there is no access: a deactivated user of theirs may lose a card to somebody else. */
export function isOut(person: DesiredPerson): boolean {
  switch (person.outcome) {
    case 'Access':
    case 'Quarantined':
      return false;
    case 'Vanished':
      return person.absence.due && !person.absence.held;
    case 'None':
    case 'Ignored':
    case 'Blocked':
      return true;
  }
}

/** Every contact of the snapshot, judged one by one: one bad record changes nothing for the next. Sorted by contact. */
export function people(facts: MemberFacts): DesiredPerson[] {
  const blocks = blocksInForce(facts.spec.blocked, facts.now, facts.local);
  const listed = new Set(facts.members.map(({ contact }) => contact));
  const judged = [
    ...facts.members.map((member) => judge(member, blocks.get(member.contact), facts)),
    ...[...blocks].filter(([contact]) => !listed.has(contact)).map(([contact, block]) => blocked(contact, block, null)),
    ...[...facts.vanished].filter(([contact]) => !listed.has(contact) && !blocks.has(contact)).map(([contact, absence]) => vanished(contact, absence)),
  ];
  const holders = new Map<number, number[]>();
  for (const person of judged) {
    if (person.outcome === 'Access' && person.card !== null) {
      holders.set(person.card, [...(holders.get(person.card) ?? []), person.contact]);
    }
  }
  return judged
    .map((person) => {
      if (person.outcome !== 'Access' || person.card === null) return person;
      const others = (holders.get(person.card) ?? []).filter((contact) => contact !== person.contact);
      return others.length === 0 ? person : quarantineSharedCard(person, person.card, others);
    })
    .sort((a, b) => a.contact - b.contact);
}

function judge(member: Member, block: Block | undefined, facts: MemberFacts): DesiredPerson {
  const { contact } = member;
  const rules: AccessRules = { rules: facts.spec.rules, graceDays: facts.spec.graceDays, activeStatuses: facts.activeStatuses, local: facts.local };
  const access = judgeAccess(member, rules, facts.readAt);
  if (block !== undefined) return blocked(contact, block, access.verdict === 'Granted' ? access.rule : null);
  // Loss first: a bad card, name or number must never keep access alive.
  if (access.verdict === 'Lost') {
    return { contact, outcome: access.ignored ? 'Ignored' : 'None', rule: access.rule, unknownType: false, reasons: [access.reason] };
  }
  if (access.verdict === 'UnknownType') return quarantineUnknownType(contact, access.reason, facts);

  const { rule } = access;
  const name = personName(member.firstName, member.lastName);
  if (name === null) {
    return { contact, outcome: 'Quarantined', rule, unknownType: false, reasons: ['the contact has neither first nor last name'] };
  }
  const email = facts.spec.syncEmail ? emailAddress(member.email) : null;
  const card = cardNumber(member.card);
  if (card === null) {
    const reasons = ['the card number is not a whole number from 1 to 65535 in plain digits'];
    return { contact, outcome: 'Access', rule, name, card: null, cardHeld: true, email, reasons };
  }
  return { contact, outcome: 'Access', rule, name, card, cardHeld: false, email, reasons: [] };
}

/** One mailbox at one domain; anything else would only be refused. */
function emailAddress(email: string | null): string | null {
  const address = email?.trim() ?? '';
  return address.length <= 254 && /^[^\s@,;<>"]+@[^\s@,;<>"]+$/u.test(address) ? address : null;
}

function blocked(contact: number, block: Block, rule: Rule | null): Blocked {
  return { contact, outcome: 'Blocked', rule, reasons: [blockReason(block)] };
}

function vanished(contact: number, absence: Absence): Vanished {
  const since = `CiviCRM has not answered for this contact since ${isoSeconds(absence.since)}, not even when asked for its id`;
  const end = absence.held
    ? 'many vanished at once, so access ends only when a person approves it'
    : absence.due
      ? 'two complete readings agree, so access ends'
      : `access ends when a complete reading from ${isoSeconds(absence.since + absenceInterval)} on lacks it too`;
  return { contact, outcome: 'Vanished', rule: null, absence, reasons: [since, end] };
}

function quarantineUnknownType(contact: number, reason: string, facts: MemberFacts): DesiredPerson {
  const since = facts.unknownSince.get(contact) ?? facts.readAt;
  const limit = parseDuration(facts.spec.quarantineFor) ?? 0;
  if (facts.readAt - since >= limit) return { contact, outcome: 'None', rule: null, unknownType: true, reasons: [`${reason}, for longer than quarantineFor`] };
  return { contact, outcome: 'Quarantined', rule: null, unknownType: true, reasons: [reason] };
}

function quarantineSharedCard(person: Granted, card: number, others: readonly number[]): Quarantined {
  const contacts = others.map((contact) => `contact ${contact}`).join(', ');
  return {
    contact: person.contact,
    outcome: 'Quarantined',
    rule: person.rule,
    unknownType: false,
    reasons: [...person.reasons, `card ${maskedCard(card)} is also on ${contacts}, who has access`],
  };
}
