import type { DesiredPerson } from '../desired/members/people.js';
import { maskedCard } from '../desired/members/card.js';
import type { ConditionReason } from '../api/conditions.js';
import { plain } from '../runtime/text.js';
import type { StoredResource } from '../store/resource-store.js';
import { conditionsOf, type ReadyInputs } from './conditions.js';
import type { MembersReport, MembersResult } from './report.js';
import type { KindStatus, StatusContext } from './status-context.js';
import type { MemberCounts, MemberView } from './view.js';

export const noMembers: MemberCounts = { access: 0, none: 0, ignored: 0, quarantined: 0, blocked: 0, vanished: 0 };

/** Status of the TierMapping: counts, who is quarantined and why (contact ids only), and what the brake holds. */
export function tierMappingStatus(stored: StoredResource<'TierMapping'>, report: MembersReport, context: StatusContext): KindStatus {
  const base = context.inputs(stored);
  const { result } = report;
  if (stored.accepted === null) return { conditions: conditionsOf({ ...base, programmed: null, summary: '' }), fields: {} };
  if (result === null) {
    const idle = report.withheld !== null;
    const waiting = { status: 'Unknown' as const, reason: 'SourceIncomplete' as const, message: 'CiviCRM has not been read yet; nobody changes' };
    // Suspension keeps its value: Ready says what it said before.
    const programmed = idle ? suspendedProgram(stored) : waiting;
    const conditions = conditionsOf({ ...base, suspended: report.withheld ?? base.suspended, programmed, summary: `suspended: ${report.withheld ?? ''}` });
    return { conditions, fields: {} };
  }
  const members = memberViews(result);
  const counts = memberCounts(members);
  const quarantined = members.filter(({ outcome }) => outcome === 'Quarantined').map(({ contact, reasons }) => ({ contact, reasons }));
  const verbs = result.guarded.braked.map(({ verb }) => verb);
  const hash = result.guarded.hash;
  const braked = hash === null ? null : `${result.guarded.braked.map(({ reason }) => reason).join('; ')}; release with: sexton approve plan/${hash}`;
  const conditions = conditionsOf({ ...base, braked, programmed: programmed(result, report), summary: summaryOf(counts) });
  return { conditions, fields: { members: counts, quarantined, brake: hash === null ? null : { plan: hash, verbs } } };
}

function suspendedProgram(stored: StoredResource<'TierMapping'>): ReadyInputs['programmed'] {
  const ready = stored.status?.conditions?.find(({ type }) => type === 'Programmed');
  return ready === undefined ? null : { status: ready.status, reason: ready.reason, message: ready.message };
}

function programmed(result: MembersResult, report: MembersReport): ReadyInputs['programmed'] {
  const verdict = (reason: ConditionReason, message: string): ReadyInputs['programmed'] => ({ status: 'False', reason, message });
  const { withheldFor } = report;
  if (withheldFor === 'NotOwner' || withheldFor === 'ControllerReplaced') return verdict(withheldFor, report.withheld ?? withheldFor);
  const { stalled } = result.plan.policies;
  if (stalled.length > 0) {
    return verdict('PolicyMissing', stalled.map(({ membershipType, problems }) => `rule ${membershipType}: ${problems.join(', ')}`).join('; '));
  }
  const [failed] = result.failed;
  if (failed !== undefined) {
    const others = result.failed.size > 1 ? ` and ${result.failed.size - 1} more` : '';
    return verdict('WriteFailed', `contact ${failed[0]}${others}: ${failed[1].message} (${failed[1].code}); it is tried again`);
  }
  const open = result.guarded.changes.filter(({ held }) => held === null).length;
  const count = `${open} ${open === 1 ? 'change' : 'changes'}`;
  if (report.withheldFor === 'NotImplemented') return verdict('NotImplemented', `${count} to make. ${report.withheld ?? ''}`);
  if (open > 0 && report.withheld !== null) return verdict(report.withheldFor ?? 'ClockSkew', `${count} withheld: ${report.withheld}`);
  if (open > 0 && report.dryRun) return verdict('DryRun', `${count} not written: mode is DryRun`);
  if (open > 0) return verdict('Reconciling', `${count} to write`);
  return { status: 'True', reason: 'Programmed', message: 'UniFi holds everybody as declared, read back' };
}

function summaryOf(counts: MemberCounts): string {
  const notable = [
    `${counts.access} with access`,
    `${counts.none} without`,
    ...(counts.ignored > 0 ? [`${counts.ignored} ignored`] : []),
    ...(counts.quarantined > 0 ? [`${counts.quarantined} quarantined`] : []),
    ...(counts.vanished > 0 ? [`${counts.vanished} vanished, left as they are`] : []),
  ];
  return notable.join(', ');
}

/** One row a contact, vanished ones included. Contact ids and masked cards only. */
export function memberViews(result: MembersResult): MemberView[] {
  const rows = result.people.map((person): MemberView => {
    const failed = result.failed.get(person.contact);
    const reasons = [
      ...person.reasons,
      ...(result.plan.reasons.get(person.contact) ?? []),
      ...(failed === undefined ? [] : [`${failed.message} (${failed.code})`]),
    ].map(plain);
    return {
      contact: person.contact,
      outcome: outcomeOf(person),
      rule: person.rule?.membershipType ?? null,
      policies: person.outcome === 'Access' ? (person.rule.policies ?? []) : [],
      card: person.outcome === 'Access' && person.card !== null ? maskedCard(person.card) : null,
      reasons,
    };
  });
  const vanished = result.plan.vanished.map(
    (contact): MemberView => ({
      contact,
      outcome: 'Vanished',
      rule: null,
      policies: [],
      card: null,
      reasons: ['CiviCRM did not answer for this contact; access stays as it is'],
    }),
  );
  return [...rows, ...vanished].sort((a, b) => a.contact - b.contact);
}

/** Access whose card is withheld counts as quarantined: somebody has to look at the record. */
function outcomeOf(person: DesiredPerson): MemberView['outcome'] {
  return person.outcome === 'Access' && person.cardHeld ? 'Quarantined' : person.outcome;
}

export function memberCounts(members: readonly MemberView[]): MemberCounts {
  const count = (outcome: MemberView['outcome']): number => members.filter((member) => member.outcome === outcome).length;
  return {
    access: count('Access'),
    none: count('None'),
    ignored: count('Ignored'),
    quarantined: count('Quarantined'),
    blocked: count('Blocked'),
    vanished: count('Vanished'),
  };
}
