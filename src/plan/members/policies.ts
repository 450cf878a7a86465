import type { Rule } from '../../desired/members/access.js';
import type { UnifiPolicy, UnifiUser } from '../../unifi/access-controller.js';

export interface ResolvedPolicies {
  /** By membership type; a rule with a missing policy is not in it. */
  readonly byRule: ReadonlyMap<string, readonly string[]>;
  /** Rules that cannot be carried out, each with what is missing: they stall alone. */
  readonly stalled: readonly { readonly membershipType: string; readonly problems: readonly string[] }[];
  /** Every id that a rule names now or ever named: only these are ours to give and take. */
  readonly managed: ReadonlySet<string>;
}

/** What a user holds, as UniFi says of that user alone: its list may show policies of groups and of everybody, or not. */
export interface HeldPolicies {
  /** Given to the user itself: only these can be taken away. */
  readonly direct: readonly string[];
  /** The direct ones, and those that come with a group or with being a user at all. */
  readonly all: readonly string[];
}

/** Policies that UniFi lists for every user: set to apply to everybody, as far as can be told. */
export function siteWidePolicies(users: readonly UnifiUser[]): ReadonlySet<string> {
  const [first, ...others] = users;
  return new Set((first?.policyIds ?? []).filter((id) => others.every(({ policyIds }) => policyIds.includes(id))));
}

/** A policy that UniFi lists for users of ours, and that no rule names or ever named, as far as is remembered. */
export interface UnnamedPolicy {
  readonly id: string;
  readonly name: string;
  readonly users: number;
  /** One of the users that UniFi lists it for. */
  readonly holder: string;
}

export function unnamedPolicies(ours: readonly UnifiUser[], existing: readonly UnifiPolicy[], known: (id: string) => boolean): readonly UnnamedPolicy[] {
  const holders = new Map<string, string[]>();
  for (const user of ours) for (const id of user.policyIds) if (!known(id)) holders.set(id, [...(holders.get(id) ?? []), user.id]);
  return [...holders]
    .map(([id, users]) => ({ id, name: existing.find((each) => each.id === id)?.name ?? id, users: users.length, holder: users[0] ?? '' }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** UniFi makes this policy at set-up. */
const defaultSitePolicy = 'Default Site Policy';

/** The policy that lets everybody in, whatever else they hold; whether at all times only its schedule can tell. */
export function openToEveryone({ users, policies }: { readonly users: readonly UnifiUser[]; readonly policies: readonly UnifiPolicy[] }): UnifiPolicy | null {
  const everybodys = siteWidePolicies(users);
  return policies.find(({ id, name, resources }) => name === defaultSitePolicy && resources.length > 0 && everybodys.has(id)) ?? null;
}

/** Policies by id or by name. */
export function resolvePolicies(rules: readonly Rule[], existing: readonly UnifiPolicy[], everManaged: readonly string[]): ResolvedPolicies {
  const byRule = new Map<string, readonly string[]>();
  const stalled: { membershipType: string; problems: string[] }[] = [];
  const managed = new Set(everManaged);
  for (const rule of rules) {
    if (rule.access !== 'Policy') continue;
    const ids: string[] = [];
    const problems: string[] = [];
    for (const wanted of rule.policies ?? []) {
      const found = existing.filter(({ id, name }) => id === wanted || name === wanted);
      const [policy] = found;
      if (policy === undefined) problems.push(`UniFi has no access policy "${wanted}"; create it there or correct the rule`);
      else if (found.length > 1) problems.push(`UniFi has ${found.length} access policies "${wanted}"; name one by its id`);
      else ids.push(policy.id);
    }
    for (const id of ids) managed.add(id);
    if (problems.length > 0) stalled.push({ membershipType: rule.membershipType, problems });
    else byRule.set(rule.membershipType, [...new Set(ids)].sort());
  }
  return { byRule, stalled, managed };
}
