import { cardAlias } from '../../src/desired/members/card.js';
import type { CardTarget, MemberChange, OwnCard } from '../../src/plan/members/changes.js';
import type { ObservedPeople } from '../../src/plan/members/observed.js';
import type { UnifiCard, UnifiPolicy, UnifiUser } from '../../src/unifi/access-controller.js';

export const policies: readonly UnifiPolicy[] = [
  { id: 'p-always', name: 'Always', resources: [], scheduleId: 's1' },
  { id: 'p-daytime', name: 'Daytime', resources: [], scheduleId: 's2' },
  { id: 'p-foreign', name: 'Cleaners', resources: [], scheduleId: 's3' },
];

export interface UserDraft extends Partial<UnifiUser> {
  /** Numbers under our alias. */
  readonly holds?: readonly number[];
}

/** A user of contact `contact`, active and with Always, unless said otherwise. */
export function user(contact: number, { holds = [], ...more }: UserDraft = {}): UnifiUser {
  return {
    id: `u${contact}`,
    firstName: 'Ada',
    lastName: 'Example',
    employeeNumber: `civicrm-${contact}`,
    email: '',
    status: 'ACTIVE',
    cards: holds.map((number) => ({ token: tokenOf(number) })),
    policyIds: ['p-always'],
    ...more,
  };
}

export function tokenOf(number: number): string {
  return `t${number}`;
}

/** UniFi with these users; every card they hold is known under our alias, foreign tokens under an alias of their own. */
export function unifiWith(users: readonly UnifiUser[], more: { readonly free?: readonly number[]; readonly cards?: readonly UnifiCard[] } = {}): ObservedPeople {
  const held = users.flatMap((each) =>
    each.cards.map(({ token }): UnifiCard => {
      const ours = /^t(\d+)$/.exec(token);
      const alias = ours === null ? `Reader ${token}` : cardAlias('sync-', Number(ours[1]));
      return { token, alias, status: 'assigned', holder: { id: each.id, type: 'USER' } };
    }),
  );
  const free = (more.free ?? []).map((number): UnifiCard => ({ token: tokenOf(number), alias: cardAlias('sync-', number), status: 'pending', holder: null }));
  return { users, policies, cards: [...held, ...free, ...(more.cards ?? [])] };
}

/**
 * What UniFi holds when every change has gone through, releases before binds. It refuses what the real one refuses.
 * @throws when a card would have two holders, or a change names what is not there
 */
export function afterChanges(observed: ObservedPeople, changes: readonly MemberChange[], managed: ReadonlySet<string>): ObservedPeople {
  const users = new Map(observed.users.map((each) => [each.id, each]));
  const cards = new Map(observed.cards.map((each) => [each.token, each]));
  const edit = (id: string, change: Partial<UnifiUser>): void => {
    const before = users.get(id);
    if (before === undefined) throw new Error(`there is no user ${id}`);
    users.set(id, { ...before, ...change });
  };
  const setPolicies = (id: string, wanted: readonly string[]): void => {
    const before = users.get(id)?.policyIds ?? [];
    edit(id, { policyIds: [...before.filter((each) => !managed.has(each)), ...wanted] });
  };
  const release = (id: string, given: readonly OwnCard[]): void => {
    for (const { token } of given) {
      const card = cards.get(token);
      if (card?.holder?.id !== id) throw new Error(`${id} does not hold ${token}`);
      cards.set(token, { ...card, holder: null });
      edit(id, { cards: users.get(id)!.cards.filter((each) => each.token !== token) });
    }
  };
  const bind = (id: string, target: CardTarget | null): void => {
    if (target === null) return;
    const token = target.token ?? `t${target.number}`;
    const known = cards.get(token) ?? { token, alias: target.alias, status: 'pending', holder: null };
    const holder = known.holder === null ? undefined : users.get(known.holder.id);
    if (known.holder !== null) {
      if (holder?.status !== 'DEACTIVATED') throw new Error(`${known.holder.id} holds ${token}`);
      edit(holder.id, { cards: holder.cards.filter((each) => each.token !== token) });
    }
    cards.set(token, { ...known, holder: { id, type: 'USER' } });
    edit(id, { cards: [...users.get(id)!.cards, { token }] });
  };
  const idOf = (change: MemberChange): string => change.userId ?? `new-${change.contact}`;

  for (const change of changes) {
    const id = idOf(change);
    if (change.verb === 'deactivate') edit(id, { status: 'DEACTIVATED' });
    if (change.verb === 'rename') edit(id, { firstName: change.name.first, lastName: change.name.last });
    if (change.verb === 'policy') setPolicies(id, change.policies);
    if (change.verb !== 'add') continue;
    if (users.has(id) !== (change.userId !== null)) throw new Error(`${id} is there twice, or not at all`);
    if (change.userId !== null && users.get(id)!.status !== 'DEACTIVATED') throw new Error(`${id} is not deactivated`);
    users.set(id, { ...(users.get(id) ?? user(change.contact, { id, policyIds: [] })), firstName: change.name.first, lastName: change.name.last, status: 'ACTIVE' });
    setPolicies(id, change.policies);
  }
  for (const change of changes) if ('release' in change) release(idOf(change), change.release);
  for (const change of changes) if ('card' in change) bind(idOf(change), change.card);
  return { policies: observed.policies, users: [...users.values()], cards: [...cards.values()] };
}
