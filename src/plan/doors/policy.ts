import type { UnifiPolicy } from '../../unifi/access-controller.js';
import type { DoorChange, KeepPolicy, RevokePolicy } from './changes.js';
import { policyNameOf, type DesiredGroup, type OwnedGroup } from './group.js';
import type { ObservedDoors, ResolvedDoors } from './observed.js';

/** The access policy that links this group's schedule to its doors: the remembered one, else the one of that name. */
export function ownPolicy(group: DesiredGroup, observed: ObservedDoors, owned: OwnedGroup | undefined): UnifiPolicy | undefined {
  const remembered = observed.policies.find(({ id }) => id === owned?.policyId);
  if (remembered !== undefined || !group.spec.policy.manage) return remembered;
  return observed.policies.find(({ name }) => name === policyNameOf(group.name, group.spec));
}

/** Access policies that use a schedule and are not ours: what is written to it would change them too. Sorted names. */
export function foreignPolicies(policies: readonly UnifiPolicy[], scheduleId: string, ownPolicyId: string | null): readonly string[] {
  return policies.filter((policy) => policy.scheduleId === scheduleId && policy.id !== ownPolicyId).map(({ name }) => name).sort();
}

/** The sentence for `foreignPolicies` that are not none. */
export function sharedSchedule(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`).join(', ');
  const [are, use, them] = names.length === 1 ? ['policy', 'uses', 'it'] : ['policies', 'use', 'them'];
  return `access ${are} ${quoted} ${use} this schedule too, and its members would be locked out with the doors; give ${them} another schedule in UniFi`;
}

export function keepPolicy(
  group: DesiredGroup,
  { doors, missing }: ResolvedDoors,
  scheduleId: string | null,
  observed: ObservedDoors,
  owned: OwnedGroup | undefined,
): readonly DoorChange[] {
  if (!group.spec.policy.manage) return revokePolicy(group.name, owned, observed);
  // A policy for some of the doors would look right and be wrong.
  if (missing.length > 0) return [];
  const doorIds = doors.map(({ id }) => id).sort();
  const existing = ownPolicy(group, observed, owned);
  const name = policyNameOf(group.name, group.spec);
  const keep: KeepPolicy = { verb: 'policy', doorGroup: group.name, policyId: existing?.id ?? null, name, before: null, doorIds, scheduleId };
  if (existing === undefined) return [keep];
  const before = { doorIds: existing.resources.map(({ id }) => id).sort(), scheduleId: existing.scheduleId };
  const same = before.doorIds.join() === doorIds.join() && before.scheduleId === scheduleId && existing.name === name;
  return same ? [] : [{ ...keep, before }];
}

/** Only a policy that Sexton made is deleted; an adopted one stays as it is. */
export function revokePolicy(name: string, owned: OwnedGroup | undefined, observed: ObservedDoors): readonly RevokePolicy[] {
  const policy = observed.policies.find(({ id }) => id === owned?.policyId);
  if (policy === undefined || owned?.policyCreated !== true) return [];
  return [{ verb: 'revoke-policy', doorGroup: name, policyId: policy.id, name: policy.name }];
}
