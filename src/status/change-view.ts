import { maskedCard } from '../desired/members/card.js';
import type { RuleOutcome } from '../apply/doors/lock-rules.js';
import { isoInstant } from '../runtime/instant.js';
import type { DoorChange, HolidayGroupChange } from '../plan/doors/changes.js';
import { sameName } from '../desired/members/person-name.js';
import type { MemberChange, RenameChange } from '../plan/members/changes.js';
import type { GuardedChange } from '../plan/members/guarded-plan.js';
import { weekdays, type WeekSchedule } from '../unifi/access-controller.js';
import type { OpeningsReport } from './report.js';
import type { ChangeView } from './view.js';

/** `withheld`: why no change of the plane may go; false when they may. */
export function doorChangeView(change: DoorChange, withheld: string | false): ChangeView {
  switch (change.verb) {
    case 'create':
      return { verb: 'create', object: { kind: 'Schedule', id: null, name: change.name }, before: null, after: { ...weekText(change.week), ...holidaysText(change.holidays?.name) }, held: withheld };
    case 'program':
      return {
        verb: 'program',
        object: { kind: 'Schedule', id: change.scheduleId, name: change.name },
        before: { ...weekText(change.before), ...holidaysText(change.holidays === null ? undefined : change.holidaysBefore) },
        after: { ...weekText(change.week), ...holidaysText(change.holidays?.name) },
        held: withheld,
      };
    case 'revoke':
      return { verb: 'revoke', object: { kind: 'Schedule', id: change.scheduleId, name: change.name }, before: weekText(change.before), after: null, held: withheld };
    case 'policy':
      return {
        verb: change.policyId === null ? 'create' : 'policy',
        object: { kind: 'AccessPolicy', id: change.policyId, name: change.name },
        before: change.before,
        after: { doorIds: change.doorIds, scheduleId: change.scheduleId },
        held: withheld,
      };
    case 'revoke-policy':
      return { verb: 'revoke-policy', object: { kind: 'AccessPolicy', id: change.policyId, name: change.name }, before: 'made by sexton', after: null, held: withheld };
  }
}

/** The owner's mark and fences. */
export function holidayGroupView({ verb, id, name }: HolidayGroupChange, withheld: string | false): ChangeView {
  return { verb: verb === 'drop-fence' ? 'revoke' : 'create', object: { kind: 'HolidayGroup', id, name }, before: null, after: null, held: withheld };
}

/** Lock rules that are due and not written yet. */
export function ruleChangeViews({ state, doorId, doorName, rule, sent }: RuleOutcome, withheld: string | false): ChangeView[] {
  if (state !== 'Pending') return [];
  return sent.map(({ until }) => ({
    verb: until === null ? 'revoke' : 'program',
    object: { kind: 'LockRule', id: doorId, name: doorName },
    before: rule === '' ? null : rule,
    after: until === null ? null : { openUntil: isoInstant(until) },
    held: withheld,
  }));
}

function holidaysText(name: string | undefined): Readonly<Record<string, string>> {
  return name === undefined || name === '' ? {} : { holidays: name };
}

/** Days that are open, each as `08:00-11:00`, closing minutes shown as people say them. */
function weekText(week: WeekSchedule): Readonly<Record<string, string>> {
  return Object.fromEntries(
    weekdays
      .filter((weekday) => week[weekday].length > 0)
      .map((weekday) => [weekday, week[weekday].map(({ start, end }) => `${start.slice(0, 5)}-${end === '23:59:59' ? '24:00' : end.slice(0, 5)}`).join(', ')]),
  );
}

/** Openings that wait for a person, as they would come. */
export function openingViews(openings: OpeningsReport | undefined): ChangeView[] {
  return (openings?.held ?? []).map(({ doorGroup, eventId, eventName, startsAt, windows, operation }) => ({
    verb: 'open',
    object: { kind: 'DoorGroup', id: null, name: doorGroup },
    before: null,
    after: {
      event: eventName,
      eventId,
      startsAt: isoInstant(startsAt),
      windows: windows.map(({ start, end }) => `${isoInstant(start)}/${isoInstant(end)}`),
    },
    held: openings?.reason ?? '',
    op: operation,
  }));
}

/** Users are named by their contact, cards by their last two digits; names of people are left out. */
export function memberChangeViews(changes: readonly GuardedChange[], withheld: string | null): ChangeView[] {
  return changes.map(({ change, held, approvable, operation }) => ({
    ...memberChange(change),
    contact: change.contact,
    held: held ?? withheld ?? false,
    ...(approvable ? { op: operation } : {}),
  }));
}

function profileText({ before, name, email }: RenameChange): Pick<ChangeView, 'before' | 'after'> {
  const parts = [...(sameName(before, name) ? [] : ['name']), ...(email === null ? [] : ['e-mail'])];
  return { before: `another ${parts.join(' and ')}`, after: `the ${parts.join(' and ')} in CiviCRM` };
}

function memberChange(change: MemberChange): Pick<ChangeView, 'verb' | 'object' | 'before' | 'after'> {
  const object = { kind: 'User', id: change.userId, name: `contact ${change.contact}` };
  switch (change.verb) {
    case 'add':
      return {
        verb: change.verb,
        object,
        before: change.userId === null ? null : { status: 'DEACTIVATED' },
        after: { status: 'ACTIVE', policies: change.policies, card: change.card === null ? null : maskedCard(change.card.number) },
      };
    case 'deactivate':
      return { verb: change.verb, object, before: { cards: change.release.map(({ number }) => maskedCard(number)) }, after: { status: 'DEACTIVATED' } };
    case 'rename':
      return { verb: change.verb, object, ...profileText(change) };
    case 'policy':
      return { verb: change.verb, object, before: { policies: change.before }, after: { policies: change.policies } };
    case 'card':
      return {
        verb: change.verb,
        object,
        before: { cards: change.release.map(({ number }) => maskedCard(number)) },
        after: { card: change.card === null ? null : maskedCard(change.card.number) },
      };
  }
}
