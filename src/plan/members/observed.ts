import { cardOfAlias } from '../../desired/members/card.js';
import type { Identity } from '../../desired/members/identity.js';
import type { UnifiCard, UnifiPolicy, UnifiUser } from '../../unifi/access-controller.js';
import type { OwnCard } from './changes.js';
import { siteWidePolicies, type HeldPolicies } from './policies.js';

/** What UniFi holds for the members plane, as listed. */
export interface ObservedPeople {
  readonly users: readonly UnifiUser[];
  readonly cards: readonly UnifiCard[];
  readonly policies: readonly UnifiPolicy[];
  /** By user id: those that were looked at one by one. */
  readonly closer?: ReadonlyMap<string, HeldPolicies>;
}

/** The same, looked up by what the plan asks for. */
export interface PeopleIndex {
  /** Users whose employee number our template could have made, by contact. More than one: a quarrel. */
  readonly byContact: ReadonlyMap<number, readonly UnifiUser[]>;
  /**
   * Users whose number an older program could have made **and** who hold a card under our alias, by contact. Not ours:
   * a number alone may be an administrator's.
   */
  readonly candidates: ReadonlyMap<number, readonly UnifiUser[]>;
  /** Contact of a user of ours, null of anybody else's. */
  contactOf(userId: string): number | null;
  /** Contact of a candidate, null of anybody else's. */
  candidateOf(userId: string): number | null;
  user(id: string): UnifiUser | undefined;
  /** A card under our alias. */
  cardByNumber(number: number): UnifiCard | undefined;
  /** Cards under our alias that the user holds; all others are foreign and left alone. */
  ownCards(user: UnifiUser): readonly OwnCard[];
  /** As far as is known: the list does not tell what comes with a group from what is the user's own. */
  policiesOf(user: UnifiUser): HeldPolicies;
  /** False: only the list was read. */
  isLookedAt(user: UnifiUser): boolean;
  /** Whether UniFi may give a policy to a new user by itself. */
  mayComeByItself(policyId: string): boolean;
  readonly activeCount: number;
}

/** @param adoptFrom how an older program wrote its numbers; null: nobody is taken over */
export function indexPeople(observed: ObservedPeople, ids: Identity, aliasPrefix: string, adoptFrom: Identity | null = null): PeopleIndex {
  const byContact = new Map<number, UnifiUser[]>();
  const byId = new Map<string, UnifiUser>();
  const contacts = new Map<string, number>();
  let activeCount = 0;
  for (const user of observed.users) {
    byId.set(user.id, user);
    const contact = ids.contactOf(user.employeeNumber);
    if (contact === null) continue;
    contacts.set(user.id, contact);
    byContact.set(contact, [...(byContact.get(contact) ?? []), user]);
    if (user.status === 'ACTIVE') activeCount += 1;
  }
  const numberByToken = new Map<string, number>();
  const cardByNumber = new Map<number, UnifiCard>();
  for (const card of observed.cards) {
    const number = cardOfAlias(aliasPrefix, card.alias);
    if (number === null) continue;
    numberByToken.set(card.token, number);
    cardByNumber.set(number, card);
  }
  const ownCards = (user: UnifiUser): readonly OwnCard[] =>
    user.cards.flatMap(({ token }) => {
      const number = numberByToken.get(token);
      return number === undefined ? [] : [{ number, token }];
    });
  const candidates = new Map<number, UnifiUser[]>();
  const candidateOf = new Map<string, number>();
  for (const user of adoptFrom === null ? [] : observed.users) {
    const contact = contacts.has(user.id) ? null : (adoptFrom?.contactOf(user.employeeNumber) ?? null);
    if (contact === null || ownCards(user).length === 0) continue;
    candidateOf.set(user.id, contact);
    candidates.set(contact, [...(candidates.get(contact) ?? []), user]);
  }
  const siteWide = siteWidePolicies(observed.users);
  return {
    byContact,
    candidates,
    contactOf: (id) => contacts.get(id) ?? null,
    candidateOf: (id) => candidateOf.get(id) ?? null,
    user: (id) => byId.get(id),
    cardByNumber: (number) => cardByNumber.get(number),
    ownCards,
    policiesOf: (user) => observed.closer?.get(user.id) ?? { direct: user.policyIds, all: user.policyIds },
    isLookedAt: (user) => observed.closer?.has(user.id) === true,
    mayComeByItself: (policyId) => observed.users.length === 0 || siteWide.has(policyId),
    activeCount,
  };
}
