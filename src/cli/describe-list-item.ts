import { didYouMean } from '../api/suggest.js';
import type { DoorView, MemberView, View } from '../status/view.js';
import type { DescribeContext, Description } from './description.js';
import { fieldLines, groupLines, section, valueLines } from './describe-text.js';
import { diffText } from './diff-text.js';
import { exit } from './exit.js';
import type { SiteTime } from '../runtime/site-time.js';
import type { ListName } from './targets.js';
import { readView, troubleOf } from './view.js';
import { viewLists } from './view-lists.js';

/** A member, a door, a booking, a source: what the view knows of it, with causes. */
export async function describeListItem(context: DescribeContext, list: ListName, name: string): Promise<Description | { readonly missing: string }> {
  const { session, configuration, time, now } = context;
  const definition = viewLists[list];
  const loaded = await readView(session, { configuration, now, planes: definition.planes, failure: exit.unavailable });
  const { view } = loaded;
  const source = definition.needs === null ? null : troubleOf(loaded, definition.needs.source, definition.needs.plane);
  const trouble = source?.fatal === true ? source.sentence : null;
  const entries = definition.entries(view, { wide: false, time, colors: session.terminal.colors });
  const found = entries.filter(({ names }) => names.some((each) => each.toLowerCase() === name.toLowerCase()));
  if (found.length === 0) {
    if (trouble !== null) return { lines: [], trouble };
    return { missing: list === 'members' ? noMember(name) : `${list} "${name}" not found${didYouMean(name, entries.flatMap(({ names }) => names))}` };
  }
  const described = await Promise.all(found.map(({ value }) => itemLines(view, list, value, time)));
  return { lines: described.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])), trouble };
}

function noMember(name: string): string {
  return `contact ${name} is none of the members: it holds no card in CiviCRM, was deleted or merged, or the number is another one`;
}

async function itemLines(view: View, list: ListName, value: unknown, time: SiteTime): Promise<readonly string[]> {
  switch (list) {
    case 'members':
      return memberLines(view, value as MemberView, time);
    case 'doors':
      return doorLines(view, value as DoorView, time);
    case 'bookings':
    case 'pending':
    case 'sources':
      return valueLines(value);
  }
}

function memberLines(view: View, { contact, outcome, rule, policies, card, reasons }: MemberView, time: SiteTime): readonly string[] {
  const plan = view.diff.planes.find(({ plane }) => plane === 'members');
  const changes = (plan?.changes ?? []).filter((change) => change.contact === contact);
  const plain = (text: string): string => text;
  const same = { red: plain, green: plain, yellow: plain, bold: plain, dim: plain };
  const pending = diffText({ planes: [{ plane: 'members', hash: plan?.hash ?? null, changes }] }, same).trimEnd().split('\n').slice(0, -1);
  const source = view.status.sources.find(({ name }) => name === 'civicrm');
  const waiting = view.status.planes.find(({ plane }) => plane === 'members');
  return [
    ...fieldLines([
      ['Contact', String(contact)],
      ['Outcome', outcomeText(outcome)],
      ['Rule', rule ?? 'none'],
      ['Policies', policies.length === 0 ? 'none' : policies.join(', ')],
      ['Card', card ?? 'none'],
      ['Read', source?.readAt == null ? 'never' : time.full(source.readAt)],
    ]),
    ...section('Because', reasons.map((reason) => `- ${reason}`)),
    ...section('Not in UniFi yet', pending),
    ...section('All members wait', waiting?.ready === false && waiting.message !== null ? [waiting.message] : []),
  ];
}

function outcomeText(outcome: MemberView['outcome']): string {
  const sentences: Readonly<Record<MemberView['outcome'], string>> = {
    Access: 'Access: gets in with the policies below',
    None: 'None: does not get in',
    Ignored: 'Ignored: gets nothing from here, and a user without our card and policies is left alone',
    Quarantined: 'Quarantined: what would be granted or changed waits until the record is repaired',
    Blocked: 'Blocked: does not get in, whatever the membership says',
    Vanished: 'Vanished: missing from the last answer; nothing is taken until that is certain',
    AdoptionPending: 'AdoptionPending: has a UniFi user of an older program, which stays as it is until somebody takes it over',
  };
  return sentences[outcome];
}

function doorLines(view: View, door: DoorView, time: SiteTime): readonly string[] {
  const { doorGroup, id, name, lock, position, rule, desired, following } = door;
  return [
    ...fieldLines([
      ['Name', name],
      ['Id', id],
      ['Door group', doorGroup ?? 'none: Sexton does not open it'],
      ['Desired now', desired],
      ['Lock', lock],
      ['Position', position],
      ['Lock rule', rule],
      ['Following', following],
    ]),
    ...(doorGroup === null ? [] : groupLines(view, doorGroup, time)),
  ];
}
