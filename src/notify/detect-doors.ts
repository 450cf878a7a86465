import type { Condition } from '../api/conditions.js';
import type { DoorView, HeldView, PendingView } from '../status/view.js';
import type { StatusUpdate } from '../store/resource-store.js';
import { holding, minute, safeCommand, sentence, shellWord, type Holding } from './alert.js';
import type { AlertFacts, Detect } from './facts.js';

const stalledFor = 15 * minute;
const fenceFailing = 5 * minute;

/** Doors that do what nobody declared, what waits for a person, and what cannot be programmed. */
export const detectDoors: Detect = (facts) => {
  const { view, reported } = facts;
  const seen = reported.includes('doors');
  const calendarRead = view.status.sources.every(({ name, readAt }) => name !== 'planningCenter' || readAt !== null);
  const unsure = new Set(view.doors.filter(({ doorGroup, following }) => doorGroup !== null && following === 'Unknown').map(({ id }) => id));
  const judged = view.status.mode === 'Apply';
  return {
    holding: [
      ...view.doors.flatMap(doorFault),
      ...view.pending.map((pending) => waitingEvent(pending, facts)),
      ...heldPlan('doors', facts),
      ...fence(facts.statuses),
      ...facts.statuses.flatMap(stalled),
    ],
    unknown: (key) => {
      const [area = '', id = ''] = key.split('/');
      if (area === 'door') return judged && (!seen || unsure.has(id));
      if (area === 'pending' || key === 'held/doors') return !seen || !calendarRead;
      return (area === 'fence' || area === 'stalled') && !seen;
    },
  };
};

/** Members that wait for a person. */
export const detectMembers: Detect = (facts) => {
  const civicrm = facts.view.status.sources.find(({ name }) => name === 'civicrm');
  const seen = facts.reported.includes('members') && civicrm?.readAt !== null;
  return { holding: heldPlan('members', facts), unknown: (key) => key === 'held/members' && !seen };
};

function doorFault({ id, name, doorGroup, fault }: DoorView): Holding[] {
  if (fault === undefined) return [];
  const open = fault.door === 'Open';
  const group = doorGroup === null ? '' : ` (${doorGroup})`;
  return [
    holding({
      key: `door/${id}/${open ? 'open' : 'shut'}`,
      severity: open ? 'Critical' : 'Warning',
      subject: `Door ${open ? 'open' : 'shut'}: ${name}`,
      what: `Door "${name}"${group} ${sentence(fault.why)}`,
      todo: open
        ? 'Look whether somebody needs it; lock it in UniFi, or ask somebody there to do so. The command says what should be.'
        : 'People may stand outside. Unlock it in UniFi if they should come in. The command says what should be.',
      command: `sexton describe door/${shellWord(name)}`,
      since: fault.since === null ? null : Date.parse(fault.since),
    }),
  ];
}

const why: Readonly<Record<PendingView['reason'], string>> = {
  OutsideSafeHours: 'It is outside the safe hours',
  MaxContinuous: 'It is longer than a door may stand open without a person\'s word',
  Changed: 'It was approved, and has changed since',
};

function waitingEvent({ eventId, eventName, startsAt, windows, reason, since, release }: PendingView, { time }: AlertFacts): Holding {
  const wanted = windows.slice(0, 4).map(({ doorGroup, start, end }) => `${doorGroup} ${time.range(start, end)}`);
  const more = windows.length > wanted.length ? `, and ${windows.length - wanted.length} more` : '';
  return holding({
    key: `pending/${eventId}@${startsAt}`,
    severity: 'Info',
    subject: `Approve? ${eventName}, ${time.full(startsAt)}`,
    what: `"${eventName}" on ${time.full(startsAt)} waits for approval. ${why[reason]}: ${wanted.join(', ')}${more}.`,
    todo: 'Until somebody approves it, the doors stay shut for it. To refuse it for good, use deny in place of approve.',
    command: safeCommand(release),
    since: Date.parse(since),
    calm: 0,
  });
}

const planes = {
  doors: { subject: 'Many new openings wait for you', what: 'The calendar asks for far more openings than before, all at once', diff: 'sexton diff doors' },
  members: { subject: 'Changes of members wait for you', what: 'A mass change of members was stopped', diff: 'sexton diff members' },
} as const;

/** A brake, or openings that came all at once: the command releases exactly this plan. */
function heldPlan(plane: 'doors' | 'members', { view }: AlertFacts): Holding[] {
  const hash = view.diff.planes.find((each) => each.plane === plane)?.hash ?? null;
  if (hash === null) return [];
  const held = view.status.held.find(({ ref }: HeldView) => ref === `plan/${hash}`);
  const { subject, what, diff } = planes[plane];
  return [
    holding({
      key: `held/${plane}`,
      severity: 'Critical',
      subject,
      what: sentence(`${what}${held === undefined ? '' : `: ${held.summary}`}`),
      todo: `Look at it first: ${diff}. Release it only if it is meant; until then none of it happens.`,
      command: safeCommand(held?.release ?? `sexton approve plan/${hash}`),
      fact: hash,
      calm: 0,
    }),
  ];
}

function conditionsOf({ status }: StatusUpdate): readonly Condition[] {
  return (status['conditions'] ?? []) as readonly Condition[];
}

/** One for all groups: it is the same fence. */
function fence(statuses: readonly StatusUpdate[]): Holding[] {
  const failing = statuses.flatMap((update) => {
    const found = conditionsOf(update).find(({ type, status, reason }) => type === 'Programmed' && status === 'False' && reason === 'FenceFailed');
    return found === undefined ? [] : [{ name: update.name, message: found.message }];
  });
  const [first] = failing;
  if (first === undefined) return [];
  return [
    holding({
      key: 'fence',
      severity: 'Critical',
      subject: 'The fence cannot be made',
      what: `Without it no new program is written for ${failing.map(({ name }) => name).join(', ')}: ${first.message}`,
      todo: 'Doors follow the program of before and then stay shut. Look at the holiday groups in UniFi, and at the status.',
      command: 'sexton status',
      patience: fenceFailing,
    }),
  ];
}

/** What has an alert of its own: who owns the controller. */
const elsewhere: ReadonlySet<string> = new Set(['NotOwner', 'ControllerReplaced']);

function stalled(update: StatusUpdate): Holding[] {
  const found = conditionsOf(update).find(({ type, status }) => type === 'Stalled' && status === 'True');
  if (found === undefined || elsewhere.has(found.reason)) return [];
  const name = `${update.kind}/${update.name}`;
  return [
    holding({
      key: `stalled/${name}`,
      severity: 'Warning',
      subject: `Not programmed: ${name}`,
      what: `${name}: ${found.message} (${found.reason}).`,
      todo: 'It waits for a person; everything else goes on.',
      command: `sexton describe ${shellWord(name)}`,
      fact: found.reason,
      patience: stalledFor,
    }),
  ];
}
