import { isoSeconds } from '../../runtime/instant.js';
import { isRecord } from '../../runtime/record.js';
import { doorGroupNames } from './door-names.js';
import { knownDoors, listOf } from './fcc-doors.js';
import { fccFiles, type FccPart } from './fcc-source.js';
import { dropStrangers, fieldPath, itemPath } from './field-ledger.js';
import type { ImportedDocument } from './imported.js';

type Fields = Readonly<Record<string, unknown>>;

export interface FccEvents {
  readonly overrides: readonly ImportedDocument[];
  readonly safeHours: readonly ImportedDocument[];
}

/** Overrides by event name, cancelled and denied occurrences, and the approval gate. */
export function fccEvents(part: FccPart): FccEvents {
  const wanted = [...adjustments(part), ...cancelled(part), ...denied(part)];
  const names = doorGroupNames(wanted.map(({ label }, index) => `${label} ${index}`));
  const short = doorGroupNames(wanted.map(({ label }) => label));
  const unique = new Set(wanted.map(({ label }) => label)).size === wanted.length;
  const overrides = wanted.map(({ label, spec }, index) => ({
    kind: 'EventOverride',
    name: (unique ? short.get(label) : names.get(`${label} ${index}`)) ?? `override-${index + 1}`,
    spec,
  }));
  const safe = safeHours(part);
  return { overrides, safeHours: safe === null ? [] : [{ kind: 'SafeHours', name: 'safe-hours', spec: safe }] };
}

interface Wanted {
  readonly label: string;
  readonly spec: Fields;
}

function adjustments(part: FccPart): readonly Wanted[] {
  const { source, ledger } = part;
  const found = source.files.overrides;
  const overrides = isRecord(found) && isRecord(found['overrides']) ? Object.entries(found['overrides']) : [];
  return overrides.flatMap(([eventName, override]) => {
    const path = `${fccFiles.overrides}: ${fieldPath('overrides', eventName)}`;
    const doors = isRecord(override) && isRecord(override['doorOverrides']) ? Object.entries(override['doorOverrides']) : [];
    const doorGroups = doors.flatMap(([key, door]) => {
      const [name] = knownDoors([key], path, part);
      const at = fieldPath(`${path}.doorOverrides`, key);
      const windows = isRecord(door) ? windowsOf(door['windows']) : null;
      if (name === undefined) return [];
      if (isRecord(door)) dropStrangers(door, ['windows'], at, ledger);
      if (windows === null) {
        ledger.dropped(at, 'its windows cannot be read');
        return [];
      }
      ledger.carried(at, 'EventOverride spec.doorGroups');
      return [{ name, windows }];
    });
    if (doorGroups.length > 0) return [{ label: eventName, spec: { match: { eventName }, action: 'Adjust', doorGroups } }];
    ledger.dropped(path, 'it changes no door that there is');
    return [];
  });
}

/** `[]` suppresses. Null: not to be read. */
function windowsOf(value: unknown): readonly { readonly open: string; readonly close: string }[] | null {
  if (!Array.isArray(value)) return null;
  const windows = listOf(value).map((window) => (isRecord(window) ? { open: clock(window['openTime']), close: clock(window['closeTime']) } : { open: null, close: null }));
  const read = windows.flatMap(({ open, close }) => (open === null || close === null ? [] : [{ open, close }]));
  return read.length === windows.length ? read : null;
}

function cancelled({ source, ledger }: FccPart): readonly Wanted[] {
  const found = source.files.cancelledEvents;
  return listOf(isRecord(found) ? found['instances'] : null).flatMap((instance, index) => {
    const path = `${fccFiles.cancelledEvents}: ${itemPath('instances', index)}`;
    const occurrence = occurrenceOf(instance, source.now);
    if (typeof occurrence === 'string') {
      ledger.dropped(path, occurrence);
      return [];
    }
    if (isRecord(instance)) dropStrangers(instance, ['id', 'name', 'startAt', 'endAt', 'cancelledAt'], path, ledger);
    ledger.carried(path, 'EventOverride, action Cancel');
    return [{ label: `cancel ${occurrence.match.eventName}`, spec: { match: occurrence.match, action: 'Cancel' } }];
  });
}

/** What was denied stays denied; what was approved is asked again, since an approval names the windows that it releases. */
function denied({ source, ledger }: FccPart): readonly Wanted[] {
  const found = source.files.pendingApprovals;
  return listOf(isRecord(found) ? found['pending'] : null).flatMap((entry, index) => {
    const path = `${fccFiles.pendingApprovals}: ${itemPath('pending', index)}`;
    const status = isRecord(entry) ? entry['status'] : null;
    const occurrence = occurrenceOf(entry, source.now);
    if (typeof occurrence === 'string') ledger.dropped(path, occurrence);
    else if (status === 'denied') {
      if (isRecord(entry)) dropStrangers(entry, ['id', 'name', 'startAt', 'endAt', 'reason', 'flaggedAt', 'status'], path, ledger);
      ledger.carried(path, 'EventOverride, action Deny');
      return [{ label: `deny ${occurrence.match.eventName}`, spec: { match: occurrence.match, action: 'Deny' } }];
    } else if (status === 'approved') ledger.dropped(path, 'an approval in Sexton holds exact windows: `sexton get pending` names it, `sexton approve` releases it');
    else ledger.dropped(path, 'it waits for a decision; so it does in Sexton, see `sexton get pending`');
    return [];
  });
}

function occurrenceOf(entry: unknown, now: number): { readonly match: { readonly eventName: string; readonly startsAt: string } } | string {
  const fields: Fields = isRecord(entry) ? entry : {};
  const { name, startAt, endAt } = fields;
  const start = typeof startAt === 'string' ? Date.parse(startAt) : Number.NaN;
  const end = typeof endAt === 'string' ? Date.parse(endAt) : start;
  if (typeof name !== 'string' || name.trim() === '' || Number.isNaN(start)) return 'its name or start cannot be read';
  return end <= now ? 'it is past' : { match: { eventName: name, startsAt: isoSeconds(start) } };
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** The older service's own defaults where its file is silent; Sexton's are narrower on no day. */
function safeHours({ source, ledger }: FccPart): Fields | null {
  const found = source.files.safeHours;
  const preApproved = approvedNames({ source, ledger });
  if (!isRecord(found) && preApproved.length === 0) return null;
  const hours: Fields = isRecord(found) ? found : {};
  const at = (field: string): string | null => {
    const time = clock(hours[field]);
    if (hours[field] !== undefined) {
      if (time === null) ledger.dropped(`${fccFiles.safeHours}: ${field}`, 'it is no time of day');
      else ledger.carried(`${fccFiles.safeHours}: ${field}`, 'SafeHours/safe-hours spec.days');
    }
    return time;
  };
  const [oldStart, oldEnd] = [at('safeStartTime'), at('safeEndDefault')];
  const days = weekdays.map((day) => {
    const start = at(`safeStart${day}`) ?? oldStart ?? '05:00';
    const end = at(`safeEnd${day}`) ?? (day === 'Friday' ? null : oldEnd) ?? (day === 'Friday' ? '23:30' : '23:00');
    return [day.toLowerCase(), `${start}-${end}`] as const;
  });
  const standard = mostCommon(days.map(([, range]) => range));
  const different = days.filter(([, range]) => range !== standard);
  return { default: standard, ...(different.length === 0 ? {} : { days: Object.fromEntries(different) }), ...(preApproved.length === 0 ? {} : { preApproved }) };
}

/** A list of names, or of objects with a name. */
function approvedNames({ source, ledger }: Pick<FccPart, 'source' | 'ledger'>): readonly string[] {
  const found = source.files.approvedNames;
  const bare = Array.isArray(found);
  const list = bare ? listOf(found) : listOf(isRecord(found) ? found['names'] : null);
  const names = list.flatMap((entry, index) => {
    const name = isRecord(entry) ? entry['name'] : entry;
    const path = `${fccFiles.approvedNames}: ${itemPath(bare ? '' : 'names', index)}`;
    if (typeof name === 'string' && name.trim() !== '') {
      if (isRecord(entry)) dropStrangers(entry, ['name', 'approvedAt'], path, ledger);
      ledger.carried(path, 'SafeHours/safe-hours spec.preApproved');
      return [name];
    }
    ledger.dropped(path, 'it is no name');
    return [];
  });
  return [...new Map(names.map((name) => [name.trim().toLowerCase(), name.trim()])).values()];
}

function clock(value: unknown): string | null {
  const [, hour, minute] = typeof value === 'string' ? (/^(\d{1,2}):(\d{2})$/.exec(value.trim()) ?? []) : [];
  return hour === undefined || minute === undefined || Number(hour) > 23 || Number(minute) > 59 ? null : `${hour.padStart(2, '0')}:${minute}`;
}

function mostCommon(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '05:00-23:00';
}
