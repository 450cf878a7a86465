import type { AccessRules } from '../desired/members/access.js';
import type { DesiredPerson } from '../desired/members/people.js';
import { lateStatuses, type LateStatuses } from '../desired/members/status-job.js';
import type { GuardedPlan } from '../plan/members/guarded-plan.js';
import type { MembersPlan } from '../plan/members/plan-members.js';
import type { UnnamedPolicy } from '../plan/members/policies.js';
import { isoInstant } from '../runtime/instant.js';
import { alwaysOpenToEveryone, heldPolicies, leftOverPolicies, type Looks } from './closer-look.js';
import type { PlaneDeps } from './plane.js';
import { guardPeople, type Survey } from './survey-people.js';

export interface PlannedPeople {
  readonly survey: Survey;
  readonly people: readonly DesiredPerson[];
  readonly plan: MembersPlan;
  readonly guarded: GuardedPlan;
  readonly late: LateStatuses | null;
  /** Policies that rules of a lost inventory may have given. */
  readonly leftOver: readonly UnnamedPolicy[];
  /** Id of a policy that lets everybody in at all times. */
  readonly openToEveryone: string | null;
}

/** Plans what is different, with all that UniFi had to be asked for beside its lists. @throws when it cannot be read */
export async function planPeople(survey: Survey, looks: Looks, deps: PlaneDeps): Promise<PlannedPeople> {
  const { facts, spec, observed } = survey;
  const { people, plan } = survey.plan.unclear.length === 0 ? survey : survey.judgedWith(heldPolicies(looks));
  const { snapshot } = facts;
  const rules: AccessRules = { rules: spec.rules, graceDays: spec.graceDays, activeStatuses: deps.activeStatuses, local: deps.local };
  return {
    survey,
    people,
    plan,
    guarded: await guardPeople(plan, survey, deps),
    late: snapshot === null ? null : lateStatuses(snapshot.items, rules, snapshot.readAt),
    leftOver: await leftOverPolicies(plan.unnamed, deps),
    openToEveryone: await alwaysOpenToEveryone(observed, deps),
  };
}

/** Before the first write. A quarantine, an absence or a policy of ours that is forgotten would begin anew, or stay for ever. */
export async function rememberPeople({ people: judged, plan, leftOver, survey }: PlannedPeople, { ledger }: PlaneDeps): Promise<void> {
  const { readAt, numberTemplates, vanished } = survey.memory;
  if (readAt === null) return;
  await ledger.update((inventory) => {
    const silent = new Set([...plan.unjudged, ...(vanished ?? new Map<number, unknown>()).keys()]);
    // Who does not answer just now comes back to the quarantine as it was.
    const kept = Object.entries(inventory.unknownTypeSince).filter(([contact]) => silent.has(Number(contact)));
    const since = judged.flatMap((person) => {
      // Also once it has run out: forgotten, the next round would start the quarantine again.
      if (!('unknownType' in person) || !person.unknownType) return [];
      return [[String(person.contact), inventory.unknownTypeSince[String(person.contact)] ?? isoInstant(readAt)] as const];
    });
    const absent = [...(vanished ?? [])].map(([contact, { since: first, held }]) => [String(contact), { since: isoInstant(first), held }] as const);
    return {
      ...inventory,
      managedPolicies: [...plan.policies.managed].sort(),
      unnamedPolicies: leftOver.map(({ id }) => id),
      unknownTypeSince: Object.fromEntries([...kept, ...since]),
      vanished: vanished === null ? inventory.vanished : Object.fromEntries(absent),
      numberTemplates,
    };
  });
}
