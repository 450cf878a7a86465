import { openToEveryone, type HeldPolicies, type UnnamedPolicy } from '../plan/members/policies.js';
import type { ObservedPeople } from '../plan/members/observed.js';
import { errorCode } from '../runtime/errors.js';
import type { UnifiUser } from '../unifi/access-controller.js';
import type { PlaneDeps } from './plane.js';

/** What UniFi says of single users: its list does not tell a user's own policies from those of groups and of everybody. */
export async function lookCloser(userIds: readonly string[], users: readonly UnifiUser[], deps: PlaneDeps): Promise<ReadonlyMap<string, HeldPolicies>> {
  const { unifi, log } = deps;
  const listed = new Map(users.map(({ id, policyIds }) => [id, policyIds]));
  const bare = new Set(users.flatMap(({ id, policyIds }) => (policyIds.length === 0 ? [id] : [])));
  const nothing = userIds.some((id) => bare.has(id)) && (await givesNoGroup(deps));
  const looks = await Promise.all(
    userIds.map(async (id) => {
      // Of a user without any there is nothing to tell apart: a provisioning that was broken off has thousands of them.
      if (nothing && bare.has(id)) return [[id, { direct: [], all: [] }] as const];
      try {
        const [direct, effective] = await Promise.all([unifi.listDirectPolicies(id), unifi.listEffectivePolicies(id)]);
        return [[id, { direct, all: [...new Set([...direct, ...effective, ...(listed.get(id) ?? [])])] }] as const];
      } catch (error) {
        // One user that cannot be read is judged by the list, and holds up nobody else.
        log.warn('the policies of a user could not be read', { user: id, code: errorCode(error) });
        return [];
      }
    }),
  );
  return new Map(looks.flat());
}

/** False also where it cannot be told: an older version knows no groups. */
async function givesNoGroup({ unifi }: PlaneDeps): Promise<boolean> {
  return unifi.listGroupPolicies().then(({ length }) => length === 0, () => false);
}

/**
 * Policies of our users that may be left over from rules of a lost inventory: an installation that knows of no policy of
 * its own, and finds users of its own with direct ones, has lost it. Those stay in mind until nobody of ours holds them.
 */
export async function leftOverPolicies(unnamed: readonly UnnamedPolicy[], { ledger, unifi }: PlaneDeps): Promise<readonly UnnamedPolicy[]> {
  const inventory = ledger.current();
  if (inventory.managedPolicies.length > 0) return unnamed.filter(({ id }) => inventory.unnamedPolicies.includes(id));
  const isDirect = async ({ id, holder }: UnnamedPolicy): Promise<boolean> => {
    // What cannot be read is named all the same: naming changes nothing.
    const direct = await unifi.listDirectPolicies(holder).catch(() => [id]);
    return direct.includes(id);
  };
  const direct = await Promise.all(unnamed.map(isDirect));
  return unnamed.filter((_, index) => direct[index]);
}

/** The id of a policy that lets every user in at all times; null: there is none. */
export async function alwaysOpenToEveryone(observed: ObservedPeople, { unifi }: PlaneDeps): Promise<string | null> {
  const policy = openToEveryone(observed);
  if (policy === null) return null;
  const schedules = await unifi.listSchedules();
  return schedules.some(({ id, isDefault }) => isDefault && id === policy.scheduleId) ? policy.id : null;
}
