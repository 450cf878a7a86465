import type { DesiredPerson } from '../desired/members/people.js';
import { maskedCard } from '../desired/members/card.js';
import type { ConditionReason } from '../api/conditions.js';
import { adoptionNote } from '../plan/members/adoption.js';
import { plain } from '../runtime/text.js';
import type { StoredResource } from '../store/resource-store.js';
import { conditionsOf, type Notice, type ReadyInputs } from './conditions.js';
import type { MembersReport, MembersResult } from './report.js';
import type { KindStatus, StatusContext } from './status-context.js';
import type { MemberCounts, MemberView } from './view.js';

export const noMembers: MemberCounts = { access: 0, none: 0, ignored: 0, quarantined: 0, blocked: 0, vanished: 0, adoptionPending: 0 };

/** Status of the TierMapping: counts, who is quarantined and why (contact ids only), and what the brake holds. */
export function tierMappingStatus(stored: StoredResource<'TierMapping'>, report: MembersReport, context: StatusContext): KindStatus {
  const base = context.inputs(stored);
  const { result } = report;
  if (stored.accepted === null) return { conditions: conditionsOf({ ...base, programmed: null, summary: '' }), fields: {} };
  const suspended = report.suspended ?? base.suspended;
  if (result === null) {
    const programmed = report.suspended === null ? unread : suspendedProgram(stored, report.suspended);
    return { conditions: conditionsOf({ ...base, suspended, programmed, summary: `suspended: ${report.suspended ?? ''}` }), fields: {} };
  }
  const members = memberViews(result);
  const counts = memberCounts(members);
  const quarantined = members.filter(({ outcome }) => outcome === 'Quarantined').map(({ contact, reasons }) => ({ contact, reasons }));
  const verbs = [...new Set(result.guarded.braked.map(({ verb }) => verb))];
  const hash = result.guarded.hash;
  const braked = hash === null ? null : `${result.guarded.braked.map(({ reason }) => reason).join('; ')}; release with: sexton approve plan/${hash}`;
  const conditions = conditionsOf({
    ...base,
    suspended,
    braked,
    programmed: report.suspended === null || result.failed.size > 0 ? programmed(result, report) : suspendedProgram(stored, report.suspended),
    summary: summaryOf(counts),
    notices: noticesOf(result),
  });
  return { conditions, fields: { members: counts, quarantined, brake: hash === null ? null : { plan: hash, verbs } } };
}

const unread = { status: 'Unknown' as const, reason: 'SourceIncomplete' as const, message: 'CiviCRM has not been read yet; nobody changes but whoever is blocked' };

/**
 * Suspension keeps its value: Ready says what it said before. Only where the file asks for it, though: a template that
 * strands its users suspends too, and that file as it stands is not in force.
 */
function suspendedProgram(stored: StoredResource<'TierMapping'>, suspended: string): ReadyInputs['programmed'] {
  if (stored.accepted?.spec.suspend !== true) return { status: 'False', reason: 'Conflict', message: suspended };
  const before = stored.status?.conditions?.find(({ type }) => type === 'Programmed');
  return before === undefined ? null : { status: before.status, reason: before.reason, message: before.message };
}

function noticesOf(result: MembersResult): Notice[] {
  return [...lateNotice(result), ...policyNotices(result)];
}

function policyNotices({ leftOver, openToEveryone }: MembersResult): Notice[] {
  const held = leftOver.map(({ name, users }) => `"${plain(name)}" (${users} ${users === 1 ? 'user' : 'users'})`).join(', ');
  const unnamed =
    `users of ours hold access policies that no rule names, and what rules named before was lost with the inventory: ${held}. ` +
    'They stay as they are: take them away in UniFi, or name them in a rule';
  const open =
    `the access policy "Default Site Policy" (${openToEveryone ?? ''}) lets every user in UniFi in at any time, so that taking away a policy of ours closes no door: ` +
    'limit it in UniFi, or take its doors out';
  return [
    ...(leftOver.length === 0 ? [] : [{ type: 'UnnamedPolicies', reason: 'UnnamedPolicies', message: unnamed } as const]),
    ...(openToEveryone === null ? [] : [{ type: 'DefaultSitePolicy', reason: 'DefaultSitePolicy', message: open } as const]),
  ];
}

function lateNotice({ late }: MembersResult): Notice[] {
  if (late === null) return [];
  const message =
    `${late.ended} of ${late.judged} memberships with status New or Current are past their end date, so their access has ended by date: ` +
    `does the scheduled job "Update Membership Statuses" run in CiviCRM?`;
  return [{ type: 'StatusJobLate', reason: 'StatusJobLate', message }];
}

function programmed(result: MembersResult, report: MembersReport): ReadyInputs['programmed'] {
  const verdict = (reason: ConditionReason, message: string): ReadyInputs['programmed'] => ({ status: 'False', reason, message });
  const { withheldFor } = report;
  if (withheldFor === 'NotOwner' || withheldFor === 'ControllerReplaced') return verdict(withheldFor, report.withheld ?? withheldFor);
  if (!result.read && result.failed.size === 0) return unread;
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
    ...(counts.blocked > 0 ? [`${counts.blocked} blocked`] : []),
    ...(counts.vanished > 0 ? [`${counts.vanished} vanished`] : []),
    ...((counts.adoptionPending ?? 0) > 0 ? [`${counts.adoptionPending ?? 0} wait for sexton adopt members`] : []),
  ];
  return notable.join(', ');
}

/** One row a contact, also of those that only UniFi knows. Contact ids and masked cards only. */
export function memberViews(result: MembersResult): MemberView[] {
  const adoptions = new Map(result.plan.adoptions.map((adoption) => [adoption.contact, adoption]));
  const rows = result.people.map((person): MemberView => {
    const failed = result.failed.get(person.contact);
    const adoption = adoptions.get(person.contact);
    const waiting = adoption === undefined ? null : adoptionNote(adoption, person);
    const reasons = [
      ...(waiting === null ? [] : [waiting.reason]),
      ...person.reasons,
      ...(result.plan.reasons.get(person.contact) ?? []),
      ...(failed === undefined ? [] : [`${failed.message} (${failed.code})`]),
    ].map(plain);
    return {
      contact: person.contact,
      outcome: waiting?.pending === true ? 'AdoptionPending' : outcomeOf(person),
      rule: person.rule?.membershipType ?? null,
      policies: person.outcome === 'Access' ? (person.rule.policies ?? []) : [],
      card: person.outcome === 'Access' && person.card !== null ? maskedCard(person.card) : null,
      reasons,
    };
  });
  const judged = new Set(result.people.map(({ contact }) => contact));
  const unjudged = result.plan.unjudged.map((contact) =>
    unlisted(contact, 'Vanished', 'CiviCRM does not list this contact and could not be asked for it; access stays as it is'),
  );
  const waiting = result.plan.adoptions.flatMap((adoption) => {
    const found = judged.has(adoption.contact) ? null : adoptionNote(adoption, null);
    return found === null ? [] : [unlisted(adoption.contact, 'AdoptionPending', found.reason, 'CiviCRM lists no such contact with a card')];
  });
  return [...rows, ...unjudged, ...waiting].sort((a, b) => a.contact - b.contact);
}

function unlisted(contact: number, outcome: MemberView['outcome'], ...reasons: readonly string[]): MemberView {
  return { contact, outcome, rule: null, policies: [], card: null, reasons: reasons.map(plain) };
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
    adoptionPending: count('AdoptionPending'),
  };
}
