import type { Refusal } from '../apply/audit/record.js';
import { isoInstant } from '../runtime/instant.js';
import type { DoorsReport, MembersReport } from '../status/report.js';
import { memberViews } from '../status/member-status.js';
import type { ResourceReading } from '../store/resource-store.js';
import type { RefusedOrder } from './approvals.js';

/** All that the doors plane does not do at the moment, and why. Keys hold nothing that moves by itself. */
export function doorRefusals(report: DoorsReport, reading: ResourceReading): Refusal[] {
  const { groups, openings, waiting, rules, source } = report;
  const kept = source.state?.snapshot?.kept ?? null;
  return [
    ...withheld('doors', report),
    ...groups.flatMap(({ plan: { name, problem } }): Refusal[] =>
      problem === null ? [] : [{ key: `doors/group/${name}/${problem.reason}`, plane: 'doors', reason: problem.reason, object: { kind: 'DoorGroup', name }, message: problem.message, doorGroups: [name] }],
    ),
    ...(openings.hash === null
      ? []
      : [refusal('doors', `plan/${openings.hash}`, 'SuddenGain', { kind: 'Plan', name: openings.hash }, openings.reason, [...new Set(openings.held.map(({ doorGroup }) => doorGroup))].sort())]),
    ...openings.held.flatMap(({ doorGroup, eventId, eventName, startsAt, bookings }) =>
      bookings.map((id) => refusal('doors', `${openingKey}${id}`, 'SuddenGain', { kind: 'Event', name: `${eventId}@${isoInstant(startsAt)}` }, `${eventName} waits with many others: ${openings.reason}`, [doorGroup])),
    ),
    ...waiting.pending.map(({ eventId, eventName, startsAt, reason, windows, release }) =>
      refusal('doors', `pending/${eventId}@${startsAt}/${reason}`, reason, { kind: 'Event', name: `${eventId}@${startsAt}` }, `${eventName} waits for approval: ${release}`, [...new Set(windows.map(({ doorGroup }) => doorGroup))].sort()),
    ),
    ...rules.flatMap(({ doorId, doorName, doorGroups, state }): Refusal[] => {
      const why = leftAlone[state];
      return why === undefined ? [] : [refusal('doors', `rule/${doorId}/${state}`, state, { kind: 'Door', name: doorName }, why, doorGroups)];
    }),
    ...(kept === null ? [] : [refusal('doors', `kept/${kept.since}`, 'SuddenLoss', { kind: 'Source', name: 'planningCenter' }, kept.text)]),
    ...files('doors', reading),
  ];
}

/** As `doorRefusals`. Contacts by id. */
export function memberRefusals(report: MembersReport, reading: ResourceReading): Refusal[] {
  const guarded = report.result?.guarded;
  const people = report.result === null ? [] : memberViews(report.result);
  return [
    ...withheld('members', report),
    ...(guarded?.hash == null
      ? []
      : [refusal('members', `plan/${guarded.hash}`, 'Braked', { kind: 'Plan', name: guarded.hash }, guarded.braked.map(({ verb, reason }) => `${verb}: ${reason}`).join('; '))]),
    ...people.flatMap(({ outcome, contact, reasons }): Refusal[] =>
      outcome === 'Quarantined'
        ? [{ ...refusal('members', `quarantined/${contact}`, 'Quarantined', { kind: 'Contact', name: String(contact) }, reasons.join('; ')), contact }]
        : [],
    ),
    ...files('members', reading),
  ];
}

/** Orders of people who may not give any. */
export function orderRefusals(refused: readonly RefusedOrder[]): Refusal[] {
  return refused.map(({ file, uid, message }) => refusal('approvals', `${file}/${uid}`, 'ApprovalRefused', { kind: 'Approval', name: file }, message));
}

const openingKey = 'opening/';

/** Bookings that wait for a person, from what the audit trail says is refused. */
export function waitingBookings(standing: ReadonlyMap<string, number>): ReadonlySet<string> {
  const prefix = `doors/${openingKey}`;
  return new Set([...standing.keys()].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])));
}

const leftAlone: Readonly<Partial<Record<DoorsReport['rules'][number]['state'], string>>> = {
  YieldedToPerson: 'a person\'s rule holds the door; it is left alone until it is gone',
  EndedByPerson: 'a person ended the rule; it is not set again for this window',
  ForeignSchedule: 'a schedule of UniFi\'s own holds the door open',
  Unsupported: 'the hub takes no lock rules',
};

function refusal(plane: Refusal['plane'], key: string, reason: string, object: Refusal['object'], message: string, doorGroups: readonly string[] = []): Refusal {
  return { key: `${plane}/${key}`, plane, reason, object, message, ...(doorGroups.length === 0 ? {} : { doorGroups }) };
}

function withheld(plane: 'doors' | 'members', { withheld: message, withheldFor }: Pick<DoorsReport | MembersReport, 'withheld' | 'withheldFor'>): Refusal[] {
  return message === null ? [] : [refusal(plane, `withheld/${withheldFor ?? 'Suspended'}`, withheldFor ?? 'Suspended', { kind: 'Plane', name: plane }, message)];
}

function files(plane: 'doors' | 'members', { resources, unreadable }: ResourceReading): Refusal[] {
  const mine = resources.filter(({ kind }) => (kind === 'TierMapping') === (plane === 'members'));
  return [
    ...mine.flatMap(({ kind, name, file, refused }): Refusal[] => {
      if (refused === null) return [];
      const [first] = refused.problems;
      const more = refused.problems.length - 1;
      const where = first === undefined ? '' : `: ${first.line}:${first.column} ${first.path} ${first.message}`;
      const message = `${file} is refused${where}${more > 0 ? `, and ${more} more` : ''}; the last accepted version stays in force`;
      return [refusal(plane, `file/${file}#${kind}/${name}`, refused.reason, { kind, name }, message, kind === 'DoorGroup' ? [name] : [])];
    }),
    ...(plane === 'members' ? [] : unreadable.map(({ file, line, problems }) => refusal(plane, `file/${file}#${line}`, 'Invalid', { kind: 'File', name: file }, `${file}:${line} is refused: ${problems[0]?.message ?? 'it cannot be read'}`))),
  ];
}
