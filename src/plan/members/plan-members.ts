import type { SpecOf } from '../../api/resource.js';
import { cardAlias, maskedCard, nfcId } from '../../desired/members/card.js';
import { identity, type Identity } from '../../desired/members/identity.js';
import { isOut, type DesiredPerson, type Granted, type Vanished } from '../../desired/members/people.js';
import { sameName } from '../../desired/members/person-name.js';
import type { UnifiUser } from '../../unifi/access-controller.js';
import { adoptions, type Adoption } from './adoption.js';
import type { AddChange, CardTarget, DeactivateChange, MemberChange } from './changes.js';
import { judgeEmails, type Emails } from './emails.js';
import { indexPeople, type ObservedPeople, type PeopleIndex } from './observed.js';
import { resolvePolicies, unnamedPolicies, type ResolvedPolicies, type UnnamedPolicy } from './policies.js';

export interface MembersPlan {
  /** Sorted by contact; at most one change a verb and user. */
  readonly changes: readonly MemberChange[];
  /** What keeps a contact from getting all it should have, for people. */
  readonly reasons: ReadonlyMap<number, readonly string[]>;
  /** Changes that wait for a person whatever their number, each with the reason. */
  readonly mustWait: ReadonlyMap<MemberChange, string>;
  /** First policies and card of an active user: the add that they would complete if a process died in the middle of it. */
  readonly completes: ReadonlyMap<MemberChange, AddChange>;
  /** Contacts behind active users of ours that nothing is known of, not even an absence: nothing is done to them. */
  readonly unjudged: readonly number[];
  /** Users of an older program that wait for a person to take them over. */
  readonly adoptions: readonly Adoption[];
  readonly policies: ResolvedPolicies;
  /** Users whose policies differ as listed: whether they do can only be told by asking for each. */
  readonly unclear: readonly string[];
  readonly unnamed: readonly UnnamedPolicy[];
  /** Users of ours that are ACTIVE: what percentages of the guards count against. */
  readonly activeCount: number;
  /** UniFi holds no user of ours at all. */
  readonly bootstrap: boolean;
  /** Nobody of the snapshot has access. */
  readonly nobodyHasAccess: boolean;
}

interface Planning {
  readonly spec: SpecOf<'TierMapping'>;
  readonly ids: Identity;
  readonly index: PeopleIndex;
  readonly policies: ResolvedPolicies;
  readonly emails: Emails;
  readonly outcome: ReadonlyMap<number, DesiredPerson>;
  readonly reasons: Map<number, string[]>;
  readonly completes: Map<MemberChange, AddChange>;
  readonly mustWait: Map<MemberChange, string>;
  readonly unclear: string[];
  /** Memo of `movesAway`. */
  readonly moves: Map<number, boolean>;
}

/** The difference between what people should hold and what UniFi holds; empty when they agree. */
export function planMembers(
  people: readonly DesiredPerson[],
  observed: ObservedPeople,
  spec: SpecOf<'TierMapping'>,
  everManaged: readonly string[],
): MembersPlan {
  const ids = identity(spec.identity.employeeNumber);
  const { adoptFrom } = spec.identity;
  const index = indexPeople(observed, ids, spec.cards.aliasPrefix, adoptFrom === undefined ? null : identity(adoptFrom));
  const ours = [...index.byContact.values()].flat();
  const held = new Set(ours.flatMap(({ policyIds }) => policyIds));
  // What nobody of ours holds, not even a deactivated user, has nothing left to take away.
  const policies = resolvePolicies(spec.rules, observed.policies, everManaged.filter((id) => held.has(id)));
  const reasons = new Map<number, string[]>();
  const outcome = new Map(people.map((each) => [each.contact, each]));
  const mustWait = new Map<MemberChange, string>();
  const completes = new Map<MemberChange, AddChange>();
  const planning: Planning = { spec, ids, index, policies, emails: judgeEmails(people, observed.users), outcome, reasons, completes, mustWait, unclear: [], moves: new Map() };

  const changes = people.flatMap((person) => planPerson(person, planning));
  const unjudged = [...index.byContact]
    .filter(([contact, users]) => !outcome.has(contact) && users.some(({ status }) => status !== 'DEACTIVATED'))
    .map(([contact]) => contact)
    .sort((a, b) => a - b);
  return {
    changes,
    mustWait,
    completes,
    reasons,
    unjudged,
    adoptions: adoptions(index),
    policies,
    unclear: planning.unclear,
    unnamed: unnamedPolicies(ours, observed.policies, (id) => policies.managed.has(id)),
    activeCount: index.activeCount,
    bootstrap: index.byContact.size === 0,
    nobodyHasAccess: !people.some((each) => each.outcome === 'Access' || each.outcome === 'Quarantined'),
  };
}

function planPerson(person: DesiredPerson, planning: Planning): MemberChange[] {
  const users = planning.index.byContact.get(person.contact) ?? [];
  switch (person.outcome) {
    case 'Quarantined':
      return [];
    case 'None':
      return users.flatMap((user) => cut(person.contact, user, 'lost', planning));
    case 'Blocked':
      return users.flatMap((user) => cut(person.contact, user, 'blocked', planning));
    case 'Vanished':
      return endAbsent(person, users, planning);
    case 'Ignored':
      return users.filter((user) => isManaged(user, planning)).flatMap((user) => cut(person.contact, user, 'lost', planning));
    case 'Access': {
      const [user, ...others] = users;
      if (others.length > 0) {
        note(planning, person.contact, `${users.length} UniFi users carry this contact's employee number; delete all but one`);
        return [];
      }
      // No twin beside a user that waits to be taken over.
      if (user === undefined && planning.index.candidates.has(person.contact)) return [];
      return grant(person, user, planning);
    }
  }
}

/** One of many waits for a person from the first reading on, so that there is something to approve. */
function endAbsent({ contact, absence }: Vanished, users: readonly UnifiUser[], planning: Planning): MemberChange[] {
  if (!absence.held && !absence.due) return [];
  const changes = users.flatMap((user) => cut(contact, user, 'vanished', planning));
  if (absence.held) for (const change of changes) planning.mustWait.set(change, 'many contacts at once have vanished from CiviCRM, which may be a lost permission there');
  return changes;
}

/** With our card or one of our policies: without either, an ignored contact's user is somebody else's business. */
function isManaged(user: UnifiUser, { index, policies }: Planning): boolean {
  return index.ownCards(user).length > 0 || user.policyIds.some((id) => policies.managed.has(id));
}

function cut(contact: number, user: UnifiUser, because: DeactivateChange['because'], { index }: Planning): MemberChange[] {
  if (user.status === 'DEACTIVATED') return [];
  return [{ verb: 'deactivate', contact, userId: user.id, because, release: index.ownCards(user) }];
}

function grant(person: Granted, user: UnifiUser | undefined, planning: Planning): MemberChange[] {
  const { contact, name } = person;
  const policies = planning.policies.byRule.get(person.rule.membershipType);
  if (policies === undefined) {
    const stalled = planning.policies.stalled.find(({ membershipType }) => membershipType === person.rule.membershipType);
    note(planning, contact, ...(stalled?.problems ?? []));
    return [];
  }
  if (planning.emails.isTaken(contact, person.email, user)) note(planning, contact, 'another UniFi user has its e-mail, which UniFi takes once only');
  const email = planning.emails.toWrite(contact, person.email, user);
  const cards = planCard(person, user, planning);
  const add: AddChange = {
    verb: 'add',
    contact,
    userId: user?.id ?? null,
    name,
    rename: user === undefined || !sameName(nameOf(user), name),
    employeeNumber: planning.ids.numberOf(contact),
    email,
    policies,
    inherits: user !== undefined || policies.some((id) => planning.index.mayComeByItself(id)),
    ...cards,
  };
  if (user === undefined || user.status === 'DEACTIVATED') return [add];
  const changes: MemberChange[] = [];
  if (email !== null || !sameName(nameOf(user), name)) changes.push({ verb: 'rename', contact, userId: user.id, before: nameOf(user), name, email });
  const { direct, all } = planning.index.policiesOf(user);
  const before = direct.filter((id) => planning.policies.managed.has(id)).sort();
  const wanted = policies.filter((id) => direct.includes(id) || !all.includes(id));
  if (before.join() !== wanted.join()) {
    if (!planning.index.isLookedAt(user)) planning.unclear.push(user.id);
    const change: MemberChange = { verb: 'policy', contact, userId: user.id, before, policies: wanted };
    changes.push(change);
    if (before.length === 0) planning.completes.set(change, add);
  }
  if (cards.card !== null || cards.release.length > 0) {
    const change: MemberChange = { verb: 'card', contact, userId: user.id, ...cards };
    changes.push(change);
    if (cards.release.length === 0) planning.completes.set(change, add);
  }
  return changes;
}

function planCard(person: Granted, user: UnifiUser | undefined, planning: Planning): Pick<AddChange, 'card' | 'number' | 'release'> {
  const held = user === undefined ? [] : planning.index.ownCards(user);
  if (person.cardHeld || person.card === null) return { card: null, number: null, release: [] };
  const release = held.filter(({ number }) => number !== person.card);
  if (held.some(({ number }) => number === person.card)) return { card: null, number: person.card, release };
  const target = cardTarget(person.contact, person.card, planning);
  // Nothing to bind: the old card stays, so that nobody is without one.
  return target === null ? { card: null, number: null, release: [] } : { card: target, number: person.card, release };
}

/** Null: somebody holds the card who may not lose it; the contact is told who. */
function cardTarget(contact: number, number: number, planning: Planning): CardTarget | null {
  const { spec, index } = planning;
  const known = index.cardByNumber(number);
  const target = {
    number,
    alias: cardAlias(spec.cards.aliasPrefix, number),
    nfcId: nfcId(spec.cards.facilityCode, number),
    token: known?.token ?? null,
    holder: known?.holder?.id ?? null,
  };
  if (known?.holder == null) return target;
  const problem = whyHolderKeeps(known.holder.id, known.holder.type, number, planning);
  if (problem === null) return target;
  note(planning, contact, problem);
  return null;
}

/** Only a holder who gives the card up in this plan, or a deactivated user of ours without access, may lose it. */
function whyHolderKeeps(holderId: string, type: string, number: number, planning: Planning): string | null {
  const card = maskedCard(number);
  const holder = planning.index.user(holderId);
  if (type !== 'USER' || holder === undefined) return `card ${card} is held by UniFi ${type.toLowerCase()} ${holderId}; release it there`;
  const contact = planning.index.contactOf(holderId);
  if (contact === null) return whyForeignKeeps(holder, card, planning);
  const person = planning.outcome.get(contact);
  if (person === undefined) {
    return holder.status === 'DEACTIVATED' ? null : `card ${card} is held by contact ${contact} (${holder.status}), whom the membership database does not answer for`;
  }
  if (person.outcome !== 'Ignored' && isOut(person)) return null;
  if (person.outcome === 'Ignored' && (holder.status === 'DEACTIVATED' || isManaged(holder, planning))) return null;
  return movesAway(contact, number, planning) ? null : `card ${card} is held by contact ${contact} (${holder.status}), who keeps it`;
}

/** The older program left cards on users that it deactivated: the only ones of a user not ours that may be taken. */
function whyForeignKeeps({ id, status }: UnifiUser, card: string, { index, outcome }: Planning): string | null {
  const contact = index.candidateOf(id);
  if (contact === null) return `card ${card} is held by UniFi user ${id} (${status}), who is not ours; release it there`;
  const person = outcome.get(contact);
  if (status === 'DEACTIVATED' && (person === undefined || isOut(person))) return null;
  return `card ${card} is held by UniFi user ${id} (${status}), who waits to be taken over as contact ${contact}`;
}

/** Whether the contact takes another card in this plan and so frees `number`. A pure cycle of moves is possible. */
function movesAway(contact: number, number: number, planning: Planning): boolean {
  const known = planning.moves.get(contact);
  if (known !== undefined) return known;
  // Assumed while its own target is looked at: a chain that comes back here is a cycle, and cycles can be opened.
  planning.moves.set(contact, true);
  const moves = canMove(contact, number, planning);
  planning.moves.set(contact, moves);
  return moves;
}

function canMove(contact: number, number: number, planning: Planning): boolean {
  const person = planning.outcome.get(contact);
  if (person?.outcome !== 'Access' || person.cardHeld || person.card === null || person.card === number) return false;
  if (!planning.policies.byRule.has(person.rule.membershipType)) return false;
  if ((planning.index.byContact.get(contact) ?? []).length > 1) return false;
  const holder = planning.index.cardByNumber(person.card)?.holder;
  return holder == null || planning.index.contactOf(holder.id) === contact || whyHolderKeeps(holder.id, holder.type, person.card, planning) === null;
}

function nameOf(user: UnifiUser): { first: string; last: string } {
  return { first: user.firstName, last: user.lastName };
}

function note({ reasons }: Planning, contact: number, ...texts: readonly string[]): void {
  reasons.set(contact, [...(reasons.get(contact) ?? []), ...texts]);
}
