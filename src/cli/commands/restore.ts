import { join } from 'node:path';
import type { Configuration } from '../../runtime/config.js';
import { errorCode } from '../../runtime/errors.js';
import { isoInstant } from '../../runtime/instant.js';
import { plain } from '../../runtime/text.js';
import { tellDaemon } from '../after-writing.js';
import { requireConfiguration } from '../configuration.js';
import { exit } from '../exit.js';
import { decisionsIn } from '../generated-files/decisions.js';
import type { Decision } from '../generated-files/decisions.js';
import { readGenerated, removeGenerated } from '../generated-files/generated-folder.js';
import { noteOrder } from '../leave-order.js';
import type { Session } from '../session.js';
import { siteTime } from '../../runtime/site-time.js';
import { readView } from '../view.js';
import { ambiguous, eventWords, meantOccurrences, occurrenceText, occurrencesOf, requireOccurrence } from './decide-occurrence.js';
import type { EventWords } from './decide-occurrence.js';
import type { DecideOptions } from './decide.js';

/** Removes every generated decision about one occurrence: exit 0, also when there is none, 1 when it is not clear which. */
export async function restoreCommand(session: Session, event: string, options: DecideOptions): Promise<number> {
  const { terminal } = session;
  const configuration = requireConfiguration(session, options.config);
  const { resources } = configuration;
  const decisions = decisionsIn(await readGenerated(resources));
  const words = eventWords(event);
  const { text, decided } = whenDecided(words, decisions) ?? (await occurrenceMeant({ session, configuration, options, words, decisions }));
  if (decided.length === 0) {
    terminal.out(`${text}: no decision of \`sexton approve\`, \`deny\` or \`cancel\` stands; nothing to take back\n`);
    return exit.ok;
  }
  // Before it is done: what is taken back leaves nothing else that says by whom.
  await noteOrder(session, configuration, { order: 'restore', ref: orderRef(decided), files: decided.map(({ file }) => file) }).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
  await removeGenerated(resources, decided.map(({ file }) => file));
  const acts = await tellDaemon(configuration, ['doors']);
  terminal.out(`${text}: the calendar and its rules decide again, once a second reading about 10 seconds later confirms it; ${acts}\n`);
  for (const { file } of decided) terminal.out(`removed ${join(resources, file)}\n`);
  return exit.ok;
}

/** `140@2026-11-21T18:00:00Z` */
function orderRef([first]: readonly Decision[]): string {
  return first === undefined ? '' : `${first.eventId}@${isoInstant(first.startsAt)}`;
}

interface Meant {
  readonly text: string;
  readonly decided: readonly Decision[];
}

/** An occurrence named in full needs no calendar: its booking may be gone. */
function whenDecided({ text, exact }: EventWords, decisions: readonly Decision[]): Meant | null {
  if (exact === null) return null;
  const decided = decisions.filter(({ eventId, startsAt }) => eventId === exact.id && startsAt === exact.startsAt);
  return decided.length === 0 ? null : { text: plain(text), decided };
}

interface Question {
  readonly session: Session;
  readonly configuration: Configuration;
  readonly options: DecideOptions;
  readonly words: EventWords;
  readonly decisions: readonly Decision[];
}

async function occurrenceMeant({ session, configuration, options, words, decisions }: Question): Promise<Meant> {
  const time = siteTime(configuration.timeZone);
  const { view } = await readView(session, { configuration, now: options.now, planes: ['doors'], failure: exit.failed });
  const all = occurrencesOf(view.bookings);
  const now = options.now ?? session.clock.now();
  const meant = meantOccurrences(words, all, now);
  const decidedOf = (id: string, startsAt: number): readonly Decision[] => decisions.filter((each) => each.eventId === id && each.startsAt === startsAt);
  const withDecision = meant.filter(({ id, startsAt }) => decidedOf(id, startsAt).length > 0);
  // Of several only those can be meant that there is something to take back from.
  const [only] = withDecision;
  if (only !== undefined && withDecision.length === 1) return { text: occurrenceText(only, time), decided: decidedOf(only.id, only.startsAt) };
  if (withDecision.length > 1) throw ambiguous(words, withDecision, time);
  // Its booking is gone or lies outside of what is read; its id in the file still names it.
  const ofId = decisions.filter(({ eventId }) => eventId === words.text);
  const starts = new Set(ofId.map(({ startsAt }) => startsAt));
  const [first] = ofId;
  if (first !== undefined && starts.size === 1) return { text: `${first.eventId}@${isoInstant(first.startsAt)}`, decided: ofId };
  const { id, startsAt, ...rest } = requireOccurrence(words, all, now, time);
  return { text: occurrenceText({ id, startsAt, ...rest }, time), decided: decidedOf(id, startsAt) };
}
