import type { Instant } from '../desired/model.js';
import { day, hour, minute, type Holding, type Look, type Note, type NoteKind, type Telling } from './alert.js';

/** One alert that people were told of. Kept for a day after its end, so that one that comes back is known. */
export interface AlertRecord {
  /** As told last. */
  readonly told: Telling;
  readonly kind: NoteKind;
  readonly calm: number;
  readonly reminded: boolean;
  readonly since: Instant;
  readonly toldAt: Instant;
  /** Null while it holds. */
  readonly overAt: Instant | null;
  /** How often it came back within a day of its end. */
  readonly returns: number;
  /** How often it was told as changed since the last reminder. */
  readonly changes: number;
}

/** Of `records` alone a restart knows; the rest begins anew. */
export interface AlertState {
  readonly records: ReadonlyMap<string, AlertRecord>;
  /** Not told yet: since when it holds. */
  readonly waiting: ReadonlyMap<string, Instant>;
  /** Told and away: since when. */
  readonly away: ReadonlyMap<string, Instant>;
}

export const nothingTold: AlertState = { records: new Map(), waiting: new Map(), away: new Map() };

const firstGap = 15 * minute;
const longestGap = 6 * hour;
/** More than these at once are left for `sexton status`. */
export const mostAlerts = 100;

/**
 * What has to be told now. An alert is told once it has held for its patience; again when it changed, at least 15 minutes
 * after it was told and twice as long each further time; once a day while it holds; and once when it is over, that is
 * when it was away for its calm. One that comes back within a day has to stay away for at least 10 minutes, twice as long
 * each further time, at most 6 hours: what flaps is one alert.
 */
export function step(state: AlertState, look: Look, now: Instant): { readonly state: AlertState; readonly notes: readonly Note[] } {
  const records = new Map([...state.records].map(([key, record]) => [key, notAfter(record, now)]));
  const waiting = new Map<string, Instant>();
  const away = new Map<string, Instant>();
  const notes: Note[] = [];
  const tell = (key: string, record: AlertRecord): void => {
    records.set(key, record);
    notes.push({ kind: record.kind, told: record.told, since: record.since, at: now });
  };
  let open = [...records.values()].filter(({ overAt }) => overAt === null).length;

  const present = new Map(look.holding.map((each) => [each.key, each]));
  for (const [key, found] of present) {
    const record = records.get(key);
    if (record?.overAt === null) {
      const again = toldAgain(record, found, now);
      if (again !== null) tell(key, again);
      continue;
    }
    const first = Math.min(state.waiting.get(key) ?? now, now);
    if (now - first < found.patience || open >= mostAlerts) {
      waiting.set(key, first);
      continue;
    }
    open += 1;
    tell(key, raised(found, first, record, now));
  }
  for (const [key, record] of [...records]) {
    if (record.overAt !== null || present.has(key) || look.unknown(key)) continue;
    const since = Math.min(state.away.get(key) ?? now, now);
    if (now - since >= calmOf(record)) tell(key, { ...record, kind: 'Resolved', toldAt: now, overAt: now });
    else away.set(key, since);
  }
  for (const [key, since] of state.waiting) {
    if (!present.has(key) && look.unknown(key)) waiting.set(key, since);
  }
  // Only beside something to tell: the passing of a day alone writes nothing.
  if (notes.length > 0) for (const [key, { overAt }] of records) if (overAt !== null && now - overAt >= day) records.delete(key);
  return { state: { records, waiting, away }, notes };
}

/** A clock that was ahead when it was told must not silence it until then. */
function notAfter(record: AlertRecord, now: Instant): AlertRecord {
  const { since, toldAt, overAt } = record;
  if (toldAt <= now) return record;
  return { ...record, since: Math.min(since, now), toldAt: now, overAt: overAt === null ? null : now };
}

function raised(found: Holding, first: Instant, before: AlertRecord | undefined, now: Instant): AlertRecord {
  const isBack = before?.overAt != null && now - before.overAt < day;
  return {
    told: tellingOf(found),
    kind: 'Raised',
    calm: found.calm,
    reminded: found.reminded,
    since: Math.min(found.since ?? first, now),
    toldAt: now,
    overAt: null,
    returns: isBack ? before.returns + 1 : 0,
    changes: 0,
  };
}

/** Null: there is nothing new about it. */
function toldAgain(record: AlertRecord, found: Holding, now: Instant): AlertRecord | null {
  const ago = now - record.toldAt;
  const told = tellingOf(found);
  if (found.fact !== record.told.fact && ago >= gapOf(record)) return { ...record, told, kind: 'Changed', toldAt: now, changes: record.changes + 1 };
  if (!record.reminded || ago < day) return null;
  return { ...record, told, kind: 'Reminder', toldAt: now, returns: 0, changes: 0 };
}

function gapOf({ changes }: AlertRecord): number {
  return Math.min(longestGap, firstGap * 2 ** changes);
}

function calmOf({ calm, returns }: AlertRecord): number {
  return returns === 0 ? calm : Math.min(longestGap, Math.max(calm, 5 * minute) * 2 ** returns);
}

function tellingOf({ key, severity, subject, what, todo, command, fact }: Holding): Telling {
  return { key, severity, subject, what, todo, command, fact };
}
