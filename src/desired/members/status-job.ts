import { addDays } from '../calendar/local-time.js';
import type { Instant, Member } from '../model.js';
import { hasEnded, type AccessRules } from './access.js';

export interface LateStatuses {
  /** Memberships that the end-date rule has ended although their status is New or Current. */
  readonly ended: number;
  /** Those with a status that the rule judges: New or Current, with an end date, not overridden. */
  readonly judged: number;
}

/** Fewer are somebody's typing. */
const fewest = 3;
/** The job runs once a day; whoever is over it by more was passed over. */
const patienceDays = 2;

/**
 * Whether the job that updates membership statuses seems not to run. Many are: at least three past their end by more
 * than two days (a daily job has missed them twice), or at least three and a tenth of all that have a date to judge.
 */
export function lateStatuses(members: readonly Member[], rules: AccessRules, readAt: Instant): LateStatuses | null {
  const dated = members
    .filter(({ deceased, deleted }) => !deceased && !deleted)
    .flatMap(({ memberships }) => memberships)
    .filter(({ status, override, endDate }) => (status === 'New' || status === 'Current') && !override && endDate !== null);
  const ended = dated.filter((each) => hasEnded(each, rules.graceDays, rules.local, readAt));
  const longAgo = addDays(rules.local.dateOf(readAt), -patienceDays);
  const overdue = ended.filter(({ endDate }) => endDate !== null && endDate < longAgo);
  const many = overdue.length >= fewest || (ended.length >= fewest && ended.length * 10 >= dated.length);
  return many ? { ended: ended.length, judged: dated.length } : null;
}
