import { identity } from '../desired/members/identity.js';
import type { Resource } from '../api/resource.js';
import { adoptions } from '../plan/members/adoption.js';
import { indexPeople } from '../plan/members/observed.js';
import { errorCode, errorMessage } from '../runtime/errors.js';
import { inForce, type PlaneDeps } from './plane.js';

export interface Takeover {
  readonly contact: number;
  readonly userId: string;
  readonly status: string;
  /** The number as the older program wrote it, and as ours will be. */
  readonly before: string;
  readonly after: string;
}

export interface MembersAdoption {
  readonly takeovers: readonly Takeover[];
  /** Who cannot be taken over and why, a sentence each. */
  readonly refused: readonly string[];
  /** Rewrites one employee number, after a fresh look. Null: done; else why not. */
  carryOut(takeover: Takeover): Promise<string | null>;
}

/**
 * Users of an older program that a person wants as ours: number by `identity.adoptFrom` and a card under our alias.
 * Nothing but the number changes; what they hold is the next reconcile's business.
 * @param contacts empty: all that wait
 * @returns a sentence where nobody can be taken over at all
 * @throws when UniFi or the directory cannot be read
 */
export async function adoptMembers(deps: PlaneDeps, contacts: readonly number[]): Promise<MembersAdoption | string> {
  const { unifi, store } = deps;
  const reading = await store.list();
  if (reading.suspended !== null) return reading.suspended;
  const mapping = inForce(reading).find((each): each is Resource<'TierMapping'> => each.kind === 'TierMapping');
  if (mapping === undefined) return 'there is no TierMapping in force, so nobody is known to be ours; write one first';
  const { employeeNumber, adoptFrom } = mapping.spec.identity;
  if (adoptFrom === undefined) {
    return `TierMapping/${mapping.metadata.name} has no spec.identity.adoptFrom: write there how the older program numbered its users, such as "{id}"`;
  }
  const { aliasPrefix } = mapping.spec.cards;
  const [users, cards, policies] = await Promise.all([unifi.listUsers(), unifi.listCards(), unifi.listPolicies()]);
  const [ours, theirs] = [identity(employeeNumber), identity(adoptFrom)];
  const index = indexPeople({ users, cards, policies }, ours, aliasPrefix, theirs);
  const waiting = adoptions(index);
  const wanted = contacts.length === 0 ? waiting : waiting.filter(({ contact }) => contacts.includes(contact));
  const unknown = contacts.filter((contact) => !waiting.some((each) => each.contact === contact));
  return {
    takeovers: wanted.flatMap(({ contact, users: [user], conflict }) =>
      user === undefined || conflict !== null
        ? []
        : [{ contact, userId: user.id, status: user.status, before: theirs.numberOf(contact), after: ours.numberOf(contact) }],
    ),
    refused: [
      ...wanted.flatMap(({ contact, conflict }) => (conflict === null ? [] : [`contact ${contact}: ${conflict}`])),
      ...unknown.map((contact) =>
        index.byContact.has(contact)
          ? `contact ${contact}: its UniFi user is ours already`
          : `contact ${contact}: no UniFi user with employee number "${theirs.numberOf(contact)}" holds a card named ${aliasPrefix}NNNNN`,
      ),
    ],
    async carryOut({ userId, before, after }) {
      try {
        const found = await unifi.getUser(userId);
        if (found.employeeNumber !== before) return `UniFi user ${userId} has another employee number by now`;
        await unifi.updateUser(userId, { employeeNumber: after });
        const read = await unifi.getUser(userId);
        return read.employeeNumber === after ? null : `UniFi took the change for user ${userId} and shows another employee number`;
      } catch (error) {
        return `${errorMessage(error)} (${errorCode(error)})`;
      }
    },
  };
}
