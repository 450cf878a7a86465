import { closest } from '../../api/suggest.js';
import { patterns } from '../../api/patterns.js';
import { foldName } from '../../desired/calendar/names.js';
import type { Instant } from '../../desired/model.js';
import { isoInstant } from '../../runtime/instant.js';
import { plain } from '../../runtime/text.js';
import type { BookingView } from '../../status/view.js';
import { CommandError, exit } from '../exit.js';
import type { SiteTime } from '../../runtime/site-time.js';

/** One occurrence of an event, with all of its room bookings. */
export interface OccurrenceView {
  readonly id: string;
  readonly name: string;
  readonly startsAt: Instant;
  readonly bookings: readonly BookingView[];
}

/** What a person typed for an event. */
export interface EventWords {
  readonly text: string;
  /** Of `ID@INSTANT`, also with `event/` before it as causes have it; null: an id or a name. */
  readonly exact: { readonly id: string; readonly startsAt: Instant } | null;
}

const day = 86_400_000;
/** The rest of today counts too. */
const searched = 15 * day;
const most = 10;

export function eventWords(words: string): EventWords {
  const text = words.trim().replace(/^event\//i, '');
  const at = text.lastIndexOf('@');
  const [id, instant] = [text.slice(0, at), text.slice(at + 1)];
  const exact = at > 0 && new RegExp(patterns.instant, 'u').test(instant) && !Number.isNaN(Date.parse(instant));
  return { text, exact: exact ? { id, startsAt: Date.parse(instant) } : null };
}

/** In the order in which they start. */
export function occurrencesOf(bookings: readonly BookingView[]): readonly OccurrenceView[] {
  const found = new Map<string, OccurrenceView>();
  for (const booking of bookings) {
    const { id, name, startsAt } = booking.event;
    const key = `${id}@${startsAt}`;
    const before = found.get(key);
    found.set(key, { id, name, startsAt: Date.parse(startsAt), bookings: [...(before?.bookings ?? []), booking] });
  }
  return [...found.values()].sort((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1));
}

/** Those that the words can mean: an id beats a name, and only what is running or comes in the next 14 days has a name. */
export function meantOccurrences({ text, exact }: EventWords, all: readonly OccurrenceView[], now: Instant): readonly OccurrenceView[] {
  if (exact !== null) return all.filter(({ id, startsAt }) => id === exact.id && startsAt === exact.startsAt);
  const near = upcoming(all, now);
  const byId = near.filter(({ id }) => id === text);
  return byId.length > 0 ? byId : near.filter(({ name }) => foldName(name) === foldName(text));
}

/** The one occurrence that is meant. @throws CommandError (1) that lists what could be meant */
export function requireOccurrence(words: EventWords, all: readonly OccurrenceView[], now: Instant, time: SiteTime): OccurrenceView {
  const meant = meantOccurrences(words, all, now);
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  if (only !== undefined) throw ambiguous(words, meant, time);
  const near = upcoming(all, now);
  const ofId = all.filter(({ id }) => id === words.exact?.id);
  const similar = ofId.length > 0 ? ofId : lookingLike(words.text, near);
  const candidates = similar.length > 0 ? similar : near;
  const hint = candidates.length === 0 ? '' : `; ${similar.length > 0 ? 'did you mean' : 'there are'}:\n${candidateLines(candidates, time)}`;
  throw new CommandError(exit.failed, `there is no event "${plain(words.text)}" among the bookings of the next 14 days${hint}`);
}

export function ambiguous({ text }: EventWords, meant: readonly OccurrenceView[], time: SiteTime): CommandError {
  return new CommandError(exit.failed, `"${plain(text)}" could be ${meant.length} events; name one of them:\n${candidateLines(meant, time)}`);
}

/** `140@2026-11-21T18:00:00Z`: what names this occurrence and no other. */
export function occurrenceWord({ id, startsAt }: { readonly id: string; readonly startsAt: Instant }): string {
  return `${id}@${isoInstant(startsAt)}`;
}

/** `Choir (Sat 2026-11-21 13:00)` */
export function occurrenceText({ name, startsAt }: OccurrenceView, time: SiteTime): string {
  return `${plain(name)} (${time.full(isoInstant(startsAt))})`;
}

function upcoming(all: readonly OccurrenceView[], now: Instant): readonly OccurrenceView[] {
  const endOf = ({ bookings }: OccurrenceView): Instant => Math.max(...bookings.flatMap(({ end, event }) => [Date.parse(end), Date.parse(event.endsAt)]));
  return all.filter((each) => each.startsAt < now + searched && endOf(each) > now);
}

function lookingLike(text: string, near: readonly OccurrenceView[]): readonly OccurrenceView[] {
  const containing = near.filter(({ name }) => foldName(text) !== '' && foldName(name).includes(foldName(text)));
  if (containing.length > 0) return containing;
  const nearest = closest(foldName(text), near.flatMap(({ id, name }) => [foldName(name), id]));
  return near.filter(({ id, name }) => nearest !== null && (id === nearest || foldName(name) === nearest));
}

function candidateLines(candidates: readonly OccurrenceView[], time: SiteTime): string {
  const lines = candidates.slice(0, most).map((each) => {
    const rooms = plain([...new Set(each.bookings.map(({ room }) => room))].join(', '));
    return `  ${occurrenceWord(each)}  ${occurrenceText(each, time)}${rooms === '' ? '' : `, ${rooms}`}`;
  });
  return [...lines, ...(candidates.length > most ? [`  and ${candidates.length - most} more; see \`sexton get bookings\``] : [])].join('\n');
}
