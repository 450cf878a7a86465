import { applyMembers } from '../apply/members/apply-members.js';
import { onRecord } from '../apply/audit/audit.js';
import type { Applied } from '../apply/outcome.js';
import { identity } from '../desired/members/identity.js';
import type { GuardedChange } from '../plan/members/guarded-plan.js';
import type { MemberChange } from '../plan/members/changes.js';
import { emailHash } from '../plan/members/emails.js';
import { memberChanges } from './audited-members.js';
import { checkpoint, tryAll, type PlaneDeps } from './plane.js';
import type { PlannedPeople } from './plan-people.js';
import type { Survey } from './survey-people.js';

/** What the changes were planned from: with or without a closer look. */
type Planned = Pick<PlannedPeople, 'people' | 'plan'> & Pick<Survey, 'spec'>;

export interface CarriedOut {
  readonly applied: readonly Applied<MemberChange>[];
  /** Why the approvals that were used still look unused; null: they do not. */
  readonly unused: { readonly error: unknown } | null;
}

/**
 * Carries out released changes, on record; what a person approved is used up.
 * @param mapping name of the TierMapping
 */
export async function carryOut(released: readonly GuardedChange[], { people, plan, spec }: Planned, mapping: string, deps: PlaneDeps): Promise<CarriedOut> {
  // From here on: where the look alone takes longer than a plan lives, nothing would ever get done.
  const check = checkpoint(deps);
  const apply = (): Promise<Applied<MemberChange>[]> =>
    applyMembers(released.map(({ change }) => change), {
      unifi: deps.unifi,
      clock: deps.clock,
      log: deps.log,
      ids: identity(spec.identity.employeeNumber),
      adoptable: spec.identity.adoptFrom === undefined ? null : identity(spec.identity.adoptFrom),
      aliasPrefix: spec.cards.aliasPrefix,
      people,
      managed: plan.policies.managed,
      refuseEmail: (contact, email) =>
        deps.ledger.update((inventory) => ({ ...inventory, refusedEmails: { ...inventory.refusedEmails, [contact]: emailHash(deps.installationKey, contact, email) } })),
      checkpoint: check,
    });
  const audited = memberChanges(released, { people, mapping, approvals: deps.approvals });
  const applied = await onRecord(deps.audit, audited, apply, (all) => all.map(({ error }) => error));
  const done = new Set(applied.filter(({ error }) => error === null).map(({ change }) => change));
  const unused = await tryAll(() => deps.approvals.use(released.filter(({ change }) => done.has(change)).map(({ operation }) => operation)));
  return { applied, unused };
}
