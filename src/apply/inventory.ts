import { isRecord } from '../runtime/record.js';

/** What Sexton made or adopted in UniFi, so that it can be revoked after its file is gone. No people. */
export interface Inventory {
  readonly doorGroups: Readonly<Record<string, OwnedDoorGroup>>;
  /** Every policy id that a rule ever resolved to, kept until none of our users holds it. */
  readonly managedPolicies: readonly string[];
  /** ISO 8601 UTC by contact id: since when its only memberships are of types that no rule names. */
  readonly unknownTypeSince: Readonly<Record<string, string>>;
  /** This installation has seen its own mark in UniFi: it never makes one again, so that a foreign hand is noticed. */
  readonly ownerSeen: boolean;
}

export interface OwnedDoorGroup {
  readonly scheduleId: string | null;
  readonly scheduleName: string | null;
  readonly policyId: string | null;
  /** True: Sexton made the policy and deletes it with its group; false: it was adopted by its name and stays. */
  readonly policyCreated: boolean;
}

export const emptyInventory: Inventory = { doorGroups: {}, managedPolicies: [], unknownTypeSince: {}, ownerSeen: false };

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
    };
  }
  const since = Object.entries(unknownTypeSince).flatMap(([contact, at]) => (typeof at === 'string' ? [[contact, at] as const] : []));
  return { doorGroups: groups, managedPolicies, unknownTypeSince: Object.fromEntries(since), ownerSeen: value['ownerSeen'] === true };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
