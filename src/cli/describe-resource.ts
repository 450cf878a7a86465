import type { Kind } from '../api/resource.js';
import type { Problem } from '../api/problem.js';
import type { BookingView, MemberView, View } from '../status/view.js';
import type { DescribeContext, Description } from './description.js';
import { bookingSection, conditionLines, eventLines, fieldLines, groupLines, problemLines, section, tableLines, valueLines, windowLines } from './describe-text.js';
import { readEvents } from './event-lines.js';
import { CommandError, exit } from './exit.js';
import type { LoadedView } from './live-view.js';
import type { ResourceObject } from './resource-object.js';
import { noteTroubles, readResources, select } from './resources.js';
import type { SiteTime } from '../runtime/site-time.js';
import { readView, troubleOf } from './view.js';

const shownEvents = 10;
/** Fields of a status that have a section of their own. */
const ownSections = new Set(['conditions', 'refused', 'windows', 'observedGeneration', 'specHash', 'pending', 'denied', 'quarantined']);

/** One resource: what it says, what is in force, what it causes, and what happened to it. */
export async function describeResource(context: DescribeContext, kind: Kind, name: string): Promise<Description | { readonly missing: string }> {
  const { session, configuration, time } = context;
  const resources = await readResources(session, configuration);
  const { objects, missing } = select(resources, kind, [name], null);
  const [sentence] = missing;
  if (sentence !== undefined) {
    noteTroubles(session.terminal, resources, [kind]);
    return { missing: sentence };
  }
  const { loaded, trouble } = await look(context, kind);
  const events = await readEvents(configuration.stateDir).catch(() => []);
  const mine = events.filter(({ object }) => object.kind === kind && object.name === name).slice(-shownEvents);
  const descriptions = await Promise.all(objects.map((object) => objectLines(object, time)));
  const lines = [
    ...descriptions.flatMap((each, index) => (index === 0 ? each : ['', ...each])),
    ...(loaded === null ? writtenWindows(objects, time) : effectLines(loaded.view, kind, name, time)),
    ...section('Events', eventLines(mine, time)),
  ];
  return { lines, trouble };
}

/** The view that shows what this kind causes; a view that cannot be had takes nothing from the rest. */
async function look({ session, configuration, now }: DescribeContext, kind: Kind): Promise<{ readonly loaded: LoadedView | null; readonly trouble: string | null }> {
  const plane = kind === 'TierMapping' ? 'members' : 'doors';
  try {
    const loaded = await readView(session, { configuration, now, planes: [plane], failure: exit.unavailable });
    const trouble = troubleOf(loaded, plane === 'members' ? 'civicrm' : 'planningCenter', plane);
    const empty = loaded.view.windows.length === 0 && loaded.view.members.length === 0;
    return trouble?.fatal === true ? { loaded: empty ? null : loaded, trouble: trouble.sentence } : { loaded, trouble: null };
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === exit.unavailable) return { loaded: null, trouble: error.message };
    throw error;
  }
}

async function objectLines({ kind, metadata, spec, status }: ResourceObject, time: SiteTime): Promise<readonly string[]> {
  const { name, namespace, labels, annotations, file, line, generation, creationTimestamp } = metadata;
  const pairs = (map: Readonly<Record<string, string>> | undefined): string | null =>
    map === undefined ? null : Object.entries(map).map(([key, value]) => `${key}=${value}`).join(', ');
  const rest = Object.fromEntries(Object.entries(status ?? {}).filter(([field]) => !ownSections.has(field)));
  const behind = status?.observedGeneration !== undefined && generation !== undefined && status.observedGeneration < generation;
  return [
    ...fieldLines([
      ['Name', name],
      ['Namespace', namespace],
      ['Kind', kind],
      ['Labels', pairs(labels)],
      ['Annotations', pairs(annotations)],
      ['File', file === undefined ? null : line === undefined ? file : `${file}:${line}`],
      ['Generation', generation === undefined ? 'none: nothing of it is in force' : `${generation}${behind ? ` (reconciled so far: ${status.observedGeneration ?? 0})` : ''}`],
      ['Created', creationTimestamp === undefined ? null : time.full(creationTimestamp)],
    ]),
    ...section('Spec', await valueLines(spec)),
    ...section('Status', await valueLines(rest)),
    ...section('Conditions', conditionLines(status?.conditions ?? [], time)),
    ...section('Problems', problemLines((status?.['refused'] as { readonly problems?: readonly Problem[] } | undefined)?.problems ?? [])),
  ];
}

/** Without a view: the windows of the last reconcile. */
function writtenWindows(objects: readonly ResourceObject[], time: SiteTime): readonly string[] {
  const windows = objects.flatMap(({ status }) => {
    return (status?.['windows'] ?? []) as readonly { readonly start: string; readonly end: string; readonly causes: readonly { readonly kind: string; readonly ref: string; readonly text: string }[] }[];
  });
  return section('Windows (of the last reconcile)', windowLines(windows.map((window) => ({ ...window, held: false })), time));
}

function effectLines(view: View, kind: Kind, name: string, time: SiteTime): readonly string[] {
  const caused = view.windows
    .flatMap(({ doorGroup, windows }) => windows.map((window) => ({ ...window, group: doorGroup })))
    .filter(({ causes }) => causes.some(({ ref }) => ref === `${kind}/${name}`));
  switch (kind) {
    case 'DoorGroup':
      return groupLines(view, name, time);
    case 'RoomMapping': {
      const [opening, without] = [view.bookings.filter(opens), view.bookings.filter((booking) => !opens(booking))];
      return [...bookingSection('Bookings that open doors', opening, time), ...bookingSection('Bookings that open nothing', without, time)];
    }
    case 'OfficeHours':
    case 'EventOverride':
      return section('Windows', windowLines(caused, time));
    case 'SafeHours':
      return section(
        'Pending',
        tableLines(
          ['EVENT', 'STARTS', 'REASON', 'RELEASE WITH'],
          view.pending.map(({ eventName, startsAt, reason, release }) => [eventName, time.full(startsAt), reason, release]),
        ),
      );
    case 'TierMapping': {
      const membersPlan = view.diff.planes.find(({ plane }) => plane === 'members')?.hash;
      return [
        ...section(
          'Members that need a person',
          tableLines(
            ['CONTACT', 'OUTCOME', 'REASONS'],
            view.members
              .filter(needsPerson)
              .map(({ contact, outcome, reasons }) => [String(contact), outcome, reasons.join('; ')]),
          ),
        ),
        ...section(
          'Held',
          tableLines(
            ['WHAT', 'WHY', 'RELEASE WITH'],
            view.status.held.filter(({ ref }) => ref === `plan/${membersPlan ?? ''}`).map(({ ref, summary, release }) => [ref, summary, release]),
          ),
        ),
      ];
    }
  }
}

/** Also with access, where something of it cannot be had: a card in other hands, two users. */
function needsPerson({ outcome, reasons }: MemberView): boolean {
  return outcome === 'Quarantined' || outcome === 'Vanished' || outcome === 'AdoptionPending' || (outcome === 'Access' && reasons.length > 0);
}

function opens({ windows }: BookingView): boolean {
  return windows.length > 0;
}
