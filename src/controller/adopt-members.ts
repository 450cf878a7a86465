import { onRecord } from '../apply/audit/audit.js';
import type { AuditedChange } from '../apply/audit/record.js';
import { observeOwner } from '../apply/doors/observe-doors.js';
import { failure, type Applied } from '../apply/outcome.js';
import { identity } from '../desired/members/identity.js';
import type { Resource } from '../api/resource.js';
import { ownershipHold } from '../plan/doors/owner.js';
import { adoptions } from '../plan/members/adoption.js';
import { indexPeople } from '../plan/members/observed.js';
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
  /** Rewrites one employee number, after a fresh look, on record as an order of `by`. Null: done; else why not. */
  carryOut(takeover: Takeover, by: string): Promise<string | null>;
}

/**
 * Users of an older program that a person wants as ours: number by `identity.adoptFrom` and a card under our alias.
 * Nothing but the number changes; what they hold is the next reconcile's business.
 * @param contacts empty: all that wait
 * @returns a sentence where nobody can be taken over at all
 * @throws when UniFi or the directory cannot be read
 */
export async function adoptMembers(deps: PlaneDeps, contacts: readonly number[]): Promise<MembersAdoption | string> {
  const { unifi, store, ledger, installationId } = deps;
  const reading = await store.list();
  if (reading.suspended !== null) return reading.suspended;
  const mapping = inForce(reading).find((each): each is Resource<'TierMapping'> => each.kind === 'TierMapping');
  if (mapping === undefined) return 'there is no TierMapping in force, so nobody is known to be ours; write one first';
  const { employeeNumber, adoptFrom } = mapping.spec.identity;
  if (adoptFrom === undefined) {
    return `TierMapping/${mapping.metadata.name} has no spec.identity.adoptFrom: write there how the older program numbered its users, such as "{id}"`;
  }
  const hold = ownershipHold(await observeOwner(unifi), ledger.current(), installationId);
  if (hold !== null) return hold.message;
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
    async carryOut(takeover, by) {
      const error = await onRecord(deps.audit, [takeoverChange(takeover, by)], () => renumber(takeover, unifi), (outcome) => [outcome]);
      return error === null ? null : `${error.message} (${error.code})`;
    },
  };
}

/** Numbers hold a contact id and nothing else of a person. */
function takeoverChange({ contact, userId, before, after }: Takeover, by: string): AuditedChange {
  return {
    plane: 'members',
    verb: 'adopt',
    object: { kind: 'User', id: userId, name: `contact ${contact}` },
    contact,
    before: { employeeNumber: before },
    after: { employeeNumber: after },
    causes: [{ kind: 'person', ref: 'sexton adopt members', text: `ordered by ${by}`, by }],
  };
}

async function renumber({ userId, before, after }: Takeover, unifi: PlaneDeps['unifi']): Promise<Applied<unknown>['error']> {
  try {
    const found = await unifi.getUser(userId);
    if (found.employeeNumber !== before) return { code: 'UserChanged', message: `UniFi user ${userId} has another employee number by now` };
    await unifi.updateUser(userId, { employeeNumber: after });
    const read = await unifi.getUser(userId);
    return read.employeeNumber === after ? null : { code: 'ReadBackDiffers', message: `UniFi took the change for user ${userId} and shows another employee number` };
  } catch (error) {
    return failure(error);
  }
}
