import type { ActiveUsers } from '../plan/members/owner.js';
import { isRecord } from '../runtime/record.js';

/** What Sexton made or adopted in UniFi, so that it can be revoked after its file is gone. No people. */
export interface Inventory {
  readonly doorGroups: Readonly<Record<string, OwnedDoorGroup>>;
  /** Every policy id that a rule ever resolved to, kept until none of our users holds it. */
  readonly managedPolicies: readonly string[];
  /** Policy ids that rules of an inventory before this one may have given, until none of our users holds them. */
  readonly unnamedPolicies: readonly string[];
  /** ISO 8601 UTC by contact id: since when its only memberships are of types that no rule names. */
  readonly unknownTypeSince: Readonly<Record<string, string>>;
  /** By contact id: who is missing from complete readings, since when (ISO 8601 UTC), and whether only a person may end that access. */
  readonly vanished: Readonly<Record<string, { readonly since: string; readonly held: boolean }>>;
  /** Templates of employee numbers that users in UniFi carry, the one in force first: another one would strand them. */
  readonly numberTemplates: readonly string[];
  /** By contact id: keyed hash of an e-mail that UniFi has refused; no address. */
  readonly refusedEmails: Readonly<Record<string, string>>;
  /** This installation has seen its own mark in UniFi: it never makes one again, so that a foreign hand is noticed. */
  readonly ownerSeen: boolean;
  /** Users of ours that the last run left active; null: none has ended yet. */
  readonly activeUsers: ActiveUsers | null;
}

export interface OwnedDoorGroup {
  readonly scheduleId: string | null;
  readonly scheduleName: string | null;
  readonly policyId: string | null;
  /** True: Sexton made the policy and deletes it with its group; false: it was adopted by its name and stays. */
  readonly policyCreated: boolean;
  /** Doors in UniFi that it was last programmed for, sorted; null: an older program did not say. */
  readonly doorIds: readonly string[] | null;
}

export const emptyInventory: Inventory = { doorGroups: {}, managedPolicies: [], unnamedPolicies: [], unknownTypeSince: {}, vanished: {}, numberTemplates: [], refusedEmails: {}, ownerSeen: false, activeUsers: null };

/** Null when the shape is wrong: the file is then set aside, nothing is revoked because of it. */
export function decodeInventory(value: Readonly<Record<string, unknown>>): Inventory | null {
  const { doorGroups, managedPolicies, unknownTypeSince } = value;
  if (!isRecord(doorGroups) || !Array.isArray(managedPolicies) || !isRecord(unknownTypeSince)) return null;
  if (!managedPolicies.every((id) => typeof id === 'string')) return null;
  const groups: Record<string, OwnedDoorGroup> = {};
  for (const [name, owned] of Object.entries(doorGroups)) {
    if (!isRecord(owned)) return null;
    groups[name] = {
      scheduleId: textOrNull(owned['scheduleId']),
      scheduleName: textOrNull(owned['scheduleName']),
      policyId: textOrNull(owned['policyId']),
      policyCreated: owned['policyCreated'] === true,
      doorIds: Array.isArray(owned['doorIds']) ? textsIn(owned['doorIds']) : null,
    };
  }
  const since = Object.entries(unknownTypeSince).flatMap(([contact, at]) => (typeof at === 'string' ? [[contact, at] as const] : []));
  return {
    doorGroups: groups,
    managedPolicies,
    unnamedPolicies: textsIn(value['unnamedPolicies']),
    unknownTypeSince: Object.fromEntries(since),
    vanished: Object.fromEntries(absencesIn(value['vanished'])),
    numberTemplates: textsIn(value['numberTemplates']),
    refusedEmails: textsByName(value['refusedEmails']),
    ownerSeen: value['ownerSeen'] === true,
    activeUsers: activeUsersIn(value['activeUsers']),
  };
}

/** Forgotten where it cannot be read: an absence then begins anew. */
function absencesIn(value: unknown): (readonly [string, { readonly since: string; readonly held: boolean }])[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([contact, entry]) => {
    const since = isRecord(entry) ? entry['since'] : undefined;
    if (!isRecord(entry) || typeof since !== 'string' || Number.isNaN(Date.parse(since))) return [];
    return [[contact, { since, held: entry['held'] === true }] as const];
  });
}

/** Forgotten where it cannot be read: the address is then tried once more. */
function textsByName(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : [])));
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function activeUsersIn(value: unknown): ActiveUsers | null {
  if (!isRecord(value)) return null;
  const { template, count } = value;
  return typeof template === 'string' && typeof count === 'number' ? { template, count } : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
