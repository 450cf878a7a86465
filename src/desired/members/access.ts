import type { SpecOf } from '../../api/resource.js';
import { addDays, type LocalTime } from '../calendar/local-time.js';
import type { Instant, Member, Membership } from '../model.js';

export type Rule = SpecOf<'TierMapping'>['rules'][number];

export interface AccessRules {
  readonly rules: readonly Rule[];
  readonly graceDays: number;
  readonly activeStatuses: readonly string[];
  readonly local: LocalTime;
}

/** What memberships alone say; names and cards come later, because a loss never waits for them. */
export type AccessVerdict =
  | { readonly verdict: 'Granted'; readonly rule: Rule }
  /** `unless`: an Ignore rule won, so a user without our card and policies is left alone. */
  | { readonly verdict: 'Lost'; readonly rule: Rule | null; readonly ignored: boolean; readonly reason: string }
  /** Only memberships of types that no rule names, now and before, or one that cannot be read. */
  | { readonly verdict: 'UnknownType'; readonly reason: string };

/** The highest rank among current memberships wins, ties by type name. `readAt`: when the snapshot was read. */
export function judgeAccess(member: Member, { rules, graceDays, activeStatuses, local }: AccessRules, readAt: Instant): AccessVerdict {
  if (member.deleted) return lost('the contact is deleted');
  if (member.deceased) return lost('the contact is deceased');
  const readable = member.memberships.filter(({ unreadable }) => unreadable === undefined);
  const current = readable.filter((each) => activeStatuses.includes(each.status) && !hasEnded(each, graceDays, local, readAt));
  const unclear = member.memberships.find(({ unreadable }) => unreadable !== undefined);
  if (current.length === 0 && unclear === undefined) return lost(`no current membership${endedText(readable, activeStatuses)}`);
  const types = new Set(current.map(({ type }) => type));
  const [best] = rules
    .filter(({ membershipType }) => types.has(membershipType))
    .sort((a, b) => b.rank - a.rank || (a.membershipType < b.membershipType ? -1 : 1));
  // Only a contact that was asked for by id comes without a card: it was taken off the contact.
  const hasCard = member.card !== null && member.card !== undefined && member.card !== '';
  if (!hasCard && best?.access !== 'Ignore') return lost('the contact has no card');
  if (best === undefined) {
    if (unclear !== undefined) return { verdict: 'UnknownType', reason: `CiviCRM sent an unreadable ${unclear.unreadable ?? ''} of membership ${unclear.id}; correct it there` };
    // An ended membership of a known type is a loss, and a loss never waits for what stands beside it.
    const known = new Set(rules.map(({ membershipType }) => membershipType));
    if (member.memberships.some(({ type }) => known.has(type))) return lost('no current membership that a rule names');
    return { verdict: 'UnknownType', reason: `no rule names membership type ${[...types].sort().join(', ')}` };
  }
  switch (best.access) {
    case 'Policy':
      return { verdict: 'Granted', rule: best };
    case 'None':
      return { verdict: 'Lost', rule: best, ignored: false, reason: `membership type ${best.membershipType} gives no access` };
    case 'Ignore':
      return { verdict: 'Lost', rule: best, ignored: true, reason: `membership type ${best.membershipType} is ignored` };
  }
}

function lost(reason: string): AccessVerdict {
  return { verdict: 'Lost', rule: null, ignored: false, reason };
}

/** `: Gold is Expired, ended 2026-10-31; Silver ended 2026-11-20 (its status still says Current)` */
function endedText(memberships: readonly Membership[], activeStatuses: readonly string[]): string {
  const texts = memberships.map(({ type, status, endDate }) => {
    const ended = endDate === null ? '' : `, end date ${endDate}`;
    return activeStatuses.includes(status) ? `${type} is past its end date ${endDate ?? ''}, though its status still says ${status}` : `${type} is ${status}${ended}`;
  });
  return texts.length === 0 ? '' : `: ${[...new Set(texts)].join('; ')}`;
}

/**
 * The database's status job may be late, so dates are judged here too, at the time of reading: an outage ages nobody
 * out. Overridden and open-ended memberships have no date to judge, and Grace says itself that the date has passed.
 */
export function hasEnded(membership: Membership, graceDays: number, local: LocalTime, readAt: Instant): boolean {
  if (membership.override || membership.endDate === null) return false;
  if (membership.status !== 'New' && membership.status !== 'Current') return false;
  // MySQL's way of saying that there is no date.
  if (membership.endDate.startsWith('0000')) return false;
  // As text: the far dates that mean "for life" have no next day to compute.
  return addDays(local.dateOf(readAt), -graceDays) > membership.endDate;
}
