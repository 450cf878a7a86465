import { createHash } from 'node:crypto';
import type { SiteTime } from '../runtime/site-time.js';
import { isoSeconds } from '../runtime/instant.js';
import { severities, type Note, type NoteKind } from './alert.js';

/** What one transport sends at once: one alert, or a few. */
export interface Message {
  /** The same for the same notes: a receiver knows one that it got twice. */
  readonly id: string;
  readonly site: string;
  readonly subject: string;
  /** Plain text. The most urgent stands first, so that a cut at the end loses least. */
  readonly text: string;
  readonly notes: readonly Note[];
}

/** What and for whom texts are written. */
export interface Wording {
  readonly site: string;
  readonly timeZone: string;
  readonly time: SiteTime;
}

/** More are named by their subjects alone. */
const inFull = 8;
const longestSubject = 120;

/** @param notes at least one */
export function messageOf(notes: readonly Note[], wording: Wording): Message {
  const sorted = [...notes].sort((a, b) => rankOf(b) - rankOf(a));
  const [first] = sorted;
  const headline = first === undefined ? '' : `${marks[first.kind]}${first.told.subject}`;
  const subject = sorted.length === 1 ? `${wording.site}: ${headline}` : `${wording.site}: ${sorted.length} alerts: ${headline}, …`;
  const rest = sorted.slice(inFull).map(({ kind, told }) => `- ${marks[kind]}${told.subject}`);
  const blocks = sorted.slice(0, inFull).map((note) => noteText(note, wording, sorted.length > 1));
  const more = rest.length === 0 ? [] : [['Besides:', ...rest, 'See all: sexton status'].join('\n')];
  return {
    id: createHash('sha256').update(JSON.stringify(sorted.map(({ kind, told, at }) => [told.key, kind, at]))).digest('hex').slice(0, 32),
    site: wording.site,
    subject: subject.length <= longestSubject ? subject : `${subject.slice(0, longestSubject - 1).replace(/[\uD800-\uDBFF]$/, '')}…`,
    text: `${[...blocks, ...more].join('\n\n')}\n`,
    notes: sorted,
  };
}

const marks: Readonly<Record<NoteKind, string>> = { Raised: '', Changed: 'changed: ', Reminder: 'still: ', Resolved: 'over: ' };

/** What begins comes before what ends. */
function rankOf({ kind, told }: Note): number {
  return (kind === 'Resolved' ? 0 : 10) + severities.indexOf(told.severity);
}

function noteText({ kind, told, since, at }: Note, { site, timeZone, time }: Wording, titled: boolean): string {
  const title = titled ? [`${marks[kind]}${told.subject}`.toUpperCase().slice(0, 1) + `${marks[kind]}${told.subject}`.slice(1)] : [];
  const from = `${time.full(isoSeconds(since))} (${timeZone})`;
  if (kind === 'Resolved') return [...title, `It is over. It was: ${told.what}`, `Site: ${site}. From ${from} to ${time.full(isoSeconds(at))}.`].join('\n');
  const command = told.command === null ? [] : [`  ${told.command}`];
  return [...title, told.what, `Site: ${site}. Since ${from}.`, told.todo, ...command].join('\n');
}
