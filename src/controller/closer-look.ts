import PQueue from 'p-queue';
import { openToEveryone, type HeldPolicies, type UnnamedPolicy } from '../plan/members/policies.js';
import type { ObservedPeople } from '../plan/members/observed.js';
import { errorCode } from '../runtime/errors.js';
import type { UnifiUser } from '../unifi/access-controller.js';
import type { PlaneDeps } from './plane.js';

interface Look {
  /** What the list showed then: it holds no longer than that. */
  readonly listed: string;
  /** Null: it could not be read, and the list has to do. */
  readonly held: HeldPolicies | null;
}

/** What single users were found to hold, by id; kept over the rounds of one run. */
export type Looks = ReadonlyMap<string, Look>;

/** Reads under way at once: whoever else asks UniFi comes in between. */
const atOnce = 32;
/** Milliseconds after which the facts are taken anew before more users are looked at: leavers wait for no thousands. */
const patience = 60_000;

/**
 * What UniFi says of single users: its list does not tell a user's own policies from those of groups and of everybody.
 * @returns `before` and what was learned; `whole`: none of the users is left to be looked at, and the list is still fresh
 */
export async function lookCloser(userIds: readonly string[], users: readonly UnifiUser[], before: Looks, deps: PlaneDeps): Promise<{ readonly looks: Looks; readonly whole: boolean }> {
  const { unifi, log, clock, stopping } = deps;
  const listed = new Map(users.map(({ id, policyIds }) => [id, policyIds]));
  const shown = (id: string): string => (listed.get(id) ?? []).join();
  const looks = new Map([...before].filter(([id, look]) => look.listed === shown(id)));
  const wanted = userIds.filter((id) => !looks.has(id));
  const bare = new Set(users.flatMap(({ id, policyIds }) => (policyIds.length === 0 ? [id] : [])));
  const nothing = wanted.some((id) => bare.has(id)) && (await givesNoGroup(deps));

  async function read(id: string): Promise<HeldPolicies | null> {
    // Of a user without any there is nothing to tell apart: a provisioning that was broken off has thousands of them.
    if (nothing && bare.has(id)) return { direct: [], all: [] };
    try {
      const [direct, effective] = await Promise.all([unifi.listDirectPolicies(id), unifi.listEffectivePolicies(id)]);
      return { direct, all: [...new Set([...direct, ...effective, ...(listed.get(id) ?? [])])] };
    } catch (error) {
      // One user that cannot be read is judged by the list, and holds up nobody else.
      log.warn('the policies of a user could not be read', { user: id, code: errorCode(error) });
      return null;
    }
  }

  const until = clock.monotonic() + patience;
  const turns = new PQueue({ concurrency: atOnce });
  await turns.addAll(
    wanted.map((id) => async () => {
      if (clock.monotonic() <= until && !stopping()) looks.set(id, { listed: shown(id), held: await read(id) });
    }),
  );
  return { looks, whole: wanted.every((id) => looks.has(id)) && clock.monotonic() <= until };
}

/** By user id, for the plan. */
export function heldPolicies(looks: Looks): ReadonlyMap<string, HeldPolicies> {
  return new Map([...looks].flatMap(([id, { held }]) => (held === null ? [] : [[id, held] as const])));
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
