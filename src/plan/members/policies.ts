import type { Rule } from '../../desired/members/access.js';
import type { UnifiPolicy } from '../../unifi/access-controller.js';

export interface ResolvedPolicies {
  /** By membership type; a rule with a missing policy is not in it. */
  readonly byRule: ReadonlyMap<string, readonly string[]>;
  /** Rules that cannot be carried out, each with what is missing: they stall alone. */
  readonly stalled: readonly { readonly membershipType: string; readonly problems: readonly string[] }[];
  /** Every id that a rule names now or ever named: only these are ours to give and take. */
  readonly managed: ReadonlySet<string>;
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
