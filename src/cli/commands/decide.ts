import { join } from 'node:path';
import { overrideDecider } from '../../desired/calendar/overrides.js';
import { localTime } from '../../desired/calendar/local-time.js';
import type { LocalTime } from '../../desired/calendar/local-time.js';
import { isoSeconds } from '../../runtime/instant.js';
import type { View, WindowView } from '../../status/view.js';
import { localSpan } from '../../status/local-span.js';
import type { ResourceReading, StoredResource } from '../../store/resource-store.js';
import { personOf, tellDaemon } from '../after-writing.js';
import { requireConfiguration } from '../configuration.js';
import { CommandError, exit } from '../exit.js';
import { decisionsIn, newDecision, unitedWindows } from '../generated-files/decisions.js';
import type { Decision } from '../generated-files/decisions.js';
import type { DecisionAction } from '../generated-files/file-name.js';
import { readGenerated, removeGenerated, writeGenerated } from '../generated-files/generated-folder.js';
import { generatedText } from '../generated-files/generated-text.js';
import type { Session } from '../session.js';
import { siteTime } from '../../runtime/site-time.js';
import { readView, troubleOf } from '../view.js';
import { eventWords, occurrenceText, occurrenceWord, occurrencesOf, requireOccurrence } from './decide-occurrence.js';
import type { OccurrenceView } from './decide-occurrence.js';

export interface DecideOptions {
  readonly config?: string;
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/**
 * Approves, denies or cancels one occurrence of an event by a small file, which takes the place of an earlier decision
 * of this kind: exit 0, also when it stands already, or 1 when the event is not clear or an operator's own file is against it.
 */
export async function decideCommand(session: Session, action: DecisionAction, event: string, options: DecideOptions): Promise<number> {
  const { terminal, clock, readers } = session;
  const configuration = requireConfiguration(session, options.config);
  const { resources, site, timeZone } = configuration;
  const loaded = await readView(session, { configuration, now: options.now, planes: ['doors'], failure: exit.failed });
  const trouble = troubleOf(loaded, 'planningCenter', 'doors');
  if (trouble !== null) terminal.note(trouble.sentence);
  const { view } = loaded;
  const [time, local] = [siteTime(timeZone), localTime(timeZone)];
  const now = options.now ?? clock.now();
  const occurrence = requireOccurrence(eventWords(event), occurrencesOf(view.bookings), now, time);
  const text = occurrenceText(occurrence, time);

  const reading = await readers.loadResources(configuration);
  const earlier = decisionsIn(await readGenerated(resources)).filter((each) => isAbout(each, occurrence));
  const ours = new Set(earlier.map(({ file }) => file));
  if (action === 'approve') refuseAgainstOperators({ reading, ours, occurrence, local, view });

  const approved = action === 'approve' ? approvedWindows(occurrence, earlier, view) : [];
  const { id, spec } = newDecision(action, occurrence, approved);
  const others = earlier.filter(({ file }) => file !== id.file);
  if (action === 'approve' && approved.length === 0) {
    await removeGenerated(resources, others.map(({ file }) => file));
    return nothingToApprove(session, occurrence, text, others, () => tellDaemon(configuration, ['doors']));
  }
  refuseTakenName(reading, id);

  const undo = `${past[action]} with \`sexton ${action}\``;
  const generated = generatedText(
    {
      id,
      kind: 'EventOverride',
      comment: [`${text}, ${undo}; \`sexton restore ${occurrenceWord(occurrence)}\` or deleting this file takes it back.`],
      spec,
      by: personOf(session),
      at: isoSeconds(now),
      reason: options.reason,
    },
    site,
  );
  // The new one first: at no moment does nothing speak about this occurrence.
  const written = await writeGenerated(resources, { ...generated, file: id.file, newReason: options.reason !== undefined });
  await removeGenerated(resources, others.map(({ file }) => file));
  const acts = written === 'unchanged' && others.length === 0 ? 'it was so already' : await tellDaemon(configuration, ['doors']);
  terminal.out(`${join(resources, id.file)}\n${text} ${past[action]}: ${effect(action, approved, occurrence, local)}; ${acts}\n`);
  for (const { file } of others) terminal.note(`${join(resources, file)} is gone; it counts until a second reading, about 10 seconds later, confirms that`);
  return exit.ok;
}

const past: Readonly<Record<DecisionAction, string>> = { approve: 'approved', deny: 'denied', cancel: 'cancelled' };

function isAbout(decision: Decision, { id, startsAt }: OccurrenceView): boolean {
  return decision.eventId === id && decision.startsAt === startsAt;
}

/** What waits now, what a Deny of ours kept shut, and what was approved before. */
function approvedWindows({ id, startsAt }: OccurrenceView, earlier: readonly Decision[], view: View): readonly WindowView[] {
  const waiting = [...view.pending, ...(view.denied ?? [])].filter((each) => each.eventId === id && Date.parse(each.startsAt) === startsAt);
  return unitedWindows([...waiting.flatMap(({ windows }) => windows), ...earlier.flatMap(({ spec }) => spec.approvedWindows ?? [])]);
}

interface Against {
  readonly reading: ResourceReading;
  /** Generated files about this occurrence. */
  readonly ours: ReadonlySet<string>;
  readonly occurrence: OccurrenceView;
  readonly local: LocalTime;
  readonly view: View;
}

/** Deny and Cancel of an operator beat every approval; only whoever wrote them takes them back. */
function refuseAgainstOperators({ reading, ours, occurrence, local, view }: Against): void {
  const { id, name, startsAt, bookings } = occurrence;
  const operators = reading.resources.flatMap((stored) => {
    const { accepted, file } = stored;
    return accepted?.kind === 'EventOverride' && !ours.has(file) ? [{ stored, spec: accepted.spec }] : [];
  });
  const declared = operators.map(({ stored, spec }) => ({ name: stored.name, spec, suspended: false }));
  const endsAt = Math.max(...bookings.map(({ event }) => Date.parse(event.endsAt)));
  const event = { id, instanceId: '', name, startsAt, endsAt, publishedStartsAt: startsAt, publishedEndsAt: endsAt, location: null, allDay: false, blockout: false };
  const { deny, cancel } = overrideDecider(declared, local)(event);
  // The controller also knows the public start, by which an operator's date may be meant.
  const told = (view.denied ?? []).filter((each) => each.eventId === id && Date.parse(each.startsAt) === startsAt).map(({ reason }) => reason);
  const against = operators.find(({ stored }) => stored.name === deny || stored.name === cancel || told.includes(`EventOverride/${stored.name}`));
  if (against === undefined) return;
  const { stored, spec } = against;
  throw new CommandError(exit.failed, `EventOverride/${stored.name} in ${placeOf(stored)} ${spec.action === 'Deny' ? 'denies' : 'cancels'} it, which beats every approval; change or remove that first`);
}

function refuseTakenName({ resources }: ResourceReading, { name, file }: { readonly name: string; readonly file: string }): void {
  const taken = resources.find((stored) => stored.kind === 'EventOverride' && stored.name === name && stored.file !== file);
  if (taken !== undefined) throw new CommandError(exit.failed, `EventOverride/${name} stands in ${placeOf(taken)} already; change it there, or remove it`);
}

function placeOf({ file, line }: StoredResource): string {
  return `${file}:${line}`;
}

/** Approving what opens by itself, or what a decision just taken back kept shut, leaves no file. */
async function nothingToApprove(
  { terminal }: Session,
  { bookings }: OccurrenceView,
  text: string,
  takenBack: readonly Decision[],
  tell: () => Promise<string>,
): Promise<number> {
  if (takenBack.length > 0) {
    const acts = await tell();
    terminal.out(`${text}: ${takenBack.map(({ file }) => file).join(', ')} taken back; what then waits can be approved; ${acts}\n`);
    return exit.ok;
  }
  if (bookings.some(({ state }) => state === 'Open')) {
    terminal.out(`${text}: nothing waits for approval; it opens its doors by itself\n`);
    return exit.ok;
  }
  const reasons = [...new Set(bookings.map(({ reason }) => reason))].filter((reason) => reason !== '');
  throw new CommandError(exit.failed, `${text}: nothing waits for approval${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`);
}

function effect(action: DecisionAction, approved: readonly WindowView[], { bookings }: OccurrenceView, local: LocalTime): string {
  if (action === 'approve') {
    const spans = approved.map(({ doorGroup, start, end }) => `${doorGroup} ${localSpan({ start: Date.parse(start), end: Date.parse(end) }, local)}`);
    const more = spans.length - 6;
    return `opens ${[...spans.slice(0, 6), ...(more > 0 ? [`and ${more} more`] : [])].join(', ')}`;
  }
  const groups = [...new Set(bookings.flatMap(({ windows }) => windows.map(({ doorGroup }) => doorGroup)))].sort();
  return groups.length === 0 ? 'it opens nothing' : `it no longer opens ${groups.join(', ')}`;
}
