import { pointInTime } from '../../desired/calendar/clock-range.js';
import type { LocalTime } from '../../desired/calendar/local-time.js';
import { foldName } from '../../desired/calendar/names.js';
import type { Instant } from '../../desired/model.js';
import { isRealDate } from '../../api/literals.js';
import { patterns } from '../../api/patterns.js';
import { parseDays, parseDuration } from '../../runtime/duration.js';
import { UsageError } from '../exit.js';
import type { AuditItem } from './items.js';

export interface AuditFilter {
  /** Name or id of a door or a door group. */
  readonly door?: string;
  readonly contact?: number;
  readonly since?: Instant;
  readonly until?: Instant;
}

export function matches(item: AuditItem, { door, contact, since, until }: AuditFilter): boolean {
  const at = Date.parse(item.at);
  if (since !== undefined && at < since) return false;
  if (until !== undefined && at >= until) return false;
  if (contact !== undefined && item.contact !== contact) return false;
  return door === undefined || isAboutDoor(item, door);
}

/** `dg/gym-front`, `door/Gym East`, or the bare name. */
export function isAboutDoor({ doorGroups, doors, object }: AuditItem, words: string): boolean {
  const wanted = foldName(words.replace(/^(dg|doorgroups?|doors?)\//i, ''));
  const names = [...doorGroups, ...doors.flatMap(({ id, name }) => [id, name]), ...(/^(Door|DoorGroup|LockRule|Schedule)$/.test(object.kind) ? [object.name, object.id ?? ''] : [])];
  return names.some((name) => name !== '' && foldName(name) === wanted);
}

/** `1234`, `contact/1234` or `member/1234`. @throws UsageError */
export function contactId(words: string): number {
  const digits = /^(?:(?:contact|member)s?\/)?(\d{1,15})$/i.exec(words)?.[1];
  if (digits === undefined) throw new UsageError(`--contact ${words}: it is a contact id such as 1234`);
  return Number(digits);
}

/**
 * An instant; `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM` or `HH:MM` (today) in the site's time zone; or how long ago: `90m`, `7d`.
 * @param edge a date means its beginning, or its end @throws UsageError
 */
export function moment(words: string, edge: 'open' | 'close', { local, now, option }: { readonly local: LocalTime; readonly now: Instant; readonly option: string }): Instant {
  const text = words.trim().toUpperCase();
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text);
  if (new RegExp(patterns.dateOrTime).test(text) && isRealDate(text.slice(0, 10))) return pointInTime(text, local, edge);
  if (new RegExp(patterns.clock).test(text)) return pointInTime(`${local.dateOf(now)}T${text}`, local, edge);
  const ago = parseDuration(text.toLowerCase()) ?? (parseDays(text.toLowerCase()) ?? Number.NaN) * 86_400_000;
  if (!Number.isNaN(ago)) return now - ago;
  throw new UsageError(`--${option} ${words}: it is a date (2026-11-21), a local time (18:45, 2026-11-21T18:45), an instant (2026-11-21T23:45:00Z) or how long ago (90m, 7d)`);
}
