import type { AuditedChange } from '../apply/audit/record.js';
import type { DesiredPerson } from '../desired/members/people.js';
import type { GuardedChange } from '../plan/members/guarded-plan.js';
import { memberChangeViews } from '../status/change-view.js';
import type { Approvals } from './approvals.js';

/** Changes of members as the audit trail holds them: contacts by id, cards by their last digits. */
export function memberChanges(
  changes: readonly GuardedChange[],
  { people, mapping, approvals }: { readonly people: readonly DesiredPerson[]; readonly mapping: string; readonly approvals: Pick<Approvals, 'releasedBy'> },
): AuditedChange[] {
  const byContact = new Map(people.map((person) => [person.contact, person]));
  return memberChangeViews(changes, null).map(({ verb, object, before, after }, index): AuditedChange => {
    const guarded = changes[index];
    const contact = guarded?.change.contact ?? 0;
    const approved = guarded === undefined ? null : approvals.releasedBy(guarded.operation);
    return {
      plane: 'members',
      verb,
      object,
      contact,
      before,
      after,
      causes: [{ kind: 'membership', ref: `TierMapping/${mapping}`, text: verdict(byContact.get(contact)) }],
      ...(approved === null ? {} : { approved }),
    };
  });
}

function verdict(person: DesiredPerson | undefined): string {
  if (person === undefined) return 'the membership database no longer knows the contact';
  const rule = person.rule === null ? '' : ` by the rule for ${person.rule.membershipType}`;
  return `${person.outcome}${rule}${person.reasons.length === 0 ? '' : `: ${person.reasons.join('; ')}`}`;
}
