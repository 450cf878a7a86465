import type { LocalTime } from '../../desired/calendar/local-time.js';
import { addDays } from '../../desired/calendar/local-time.js';
import { isRealDate } from '../../api/literals.js';
import { isRecord } from '../../runtime/record.js';
import { plain } from '../../runtime/text.js';
import { localRange } from '../generated-files/local-range.js';
import { knownDoors, listOf } from './fcc-doors.js';
import { fccFiles, type FccPart } from './fcc-source.js';
import { dropStrangers, itemPath } from './field-ledger.js';
import type { ImportedDocument } from './imported.js';

type Fields = Readonly<Record<string, unknown>>;

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** Office hours with their cancelled dates; the calendar of exceptions and quick access in a file of their own. */
export function fccHours(part: FccPart, local: LocalTime): readonly ImportedDocument[] {
  const weekly = weeklyOf(part);
  const cancelled = cancelledOf(part);
  const enabled = !isRecord(part.source.files.officeHours) || part.source.files.officeHours['enabled'] === true;
  const exceptions = exceptionsOf(part);
  const openings = [...exceptions.openings, ...manualOf(part, local)];
  const documents: ImportedDocument[] = [];
  if (weekly.length > 0 || cancelled.length > 0) {
    const spec = { ...(enabled ? {} : { suspend: true }), weekly, ...(cancelled.length === 0 ? {} : { closures: cancelled }) };
    documents.push({ kind: 'OfficeHours', name: 'office-hours', spec });
  }
  if (exceptions.closures.length > 0 || openings.length > 0) {
    const spec = { ...(exceptions.closures.length === 0 ? {} : { closures: exceptions.closures }), ...(openings.length === 0 ? {} : { openings }) };
    documents.push({ kind: 'OfficeHours', name: 'exceptions', spec });
  }
  return documents;
}

/** Days with the same hours and doors stand in one entry. */
function weeklyOf(part: FccPart): readonly Fields[] {
  const { ledger } = part;
  const office = part.source.files.officeHours;
  if (!isRecord(office)) return [];
  if (office['enabled'] !== undefined) ledger.carried(`${fccFiles.officeHours}: enabled`, 'OfficeHours/office-hours spec.suspend');
  const schedule = isRecord(office['schedule']) ? office['schedule'] : {};
  const entries = new Map<string, { days: string[]; hours: readonly string[]; doorGroups: readonly string[] }>();
  for (const day of weekdays) {
    const hoursOfDay = schedule[day];
    if (!isRecord(hoursOfDay)) continue;
    const path = `${fccFiles.officeHours}: schedule.${day}`;
    const hours = timeRanges(hoursOfDay['ranges'], `${path}.ranges`, part);
    const doorGroups = knownDoors(hoursOfDay['doors'], `${path}.doors`, part);
    dropStrangers(hoursOfDay, ['ranges', 'doors'], path, ledger);
    ledger.carried(path, hours.length > 0 && doorGroups.length > 0 ? 'OfficeHours/office-hours spec.weekly' : 'nothing: no hours that day');
    if (hours.length === 0 || doorGroups.length === 0) continue;
    const key = JSON.stringify([hours, doorGroups]);
    const entry = entries.get(key);
    if (entry === undefined) entries.set(key, { days: [day], hours, doorGroups });
    else entry.days.push(day);
  }
  return [...entries.values()];
}

/** `9:00-17:00`, `8-12; 13-17`, also with an en dash, as it read them. What it skipped in silence is named. */
function timeRanges(text: unknown, path: string, { ledger }: FccPart): readonly string[] {
  if (typeof text !== 'string') return [];
  return text.split(/[,;]/).flatMap((part) => {
    const range = part.trim();
    if (range === '') return [];
    const [, startHour, startMinute = '00', endHour, endMinute = '00'] = /^(\d{1,2})(?::(\d{2}))?\s*[-\u2013]\s*(\d{1,2})(?::(\d{2}))?$/.exec(range) ?? [];
    const start = clock(startHour, startMinute);
    const end = clock(endHour, endMinute);
    const reason = start === null || end === null ? 'it is no range of times; the older service skipped it' : end <= start ? 'it ends before it starts; the older service opened nothing for it' : null;
    if (reason !== null) ledger.dropped(`${path}, "${range}"`, reason);
    return reason === null ? [`${start ?? ''}-${end ?? ''}`] : [];
  });
}

function clock(hour: string | undefined, minute: string): string | null {
  return hour === undefined || Number(hour) > 23 || Number(minute) > 59 ? null : `${hour.padStart(2, '0')}:${minute}`;
}

function cancelledOf({ source, ledger }: FccPart): readonly Fields[] {
  const cancelled = source.files.cancelledOfficeHours;
  return listOf(isRecord(cancelled) ? cancelled['dates'] : null).flatMap((date, index) => {
    const path = `${fccFiles.cancelledOfficeHours}: ${itemPath('dates', index)}`;
    if (typeof date !== 'string' || !isRealDate(date)) {
      ledger.dropped(path, 'it is no date');
      return [];
    }
    ledger.carried(path, 'OfficeHours/office-hours spec.closures');
    return [{ from: date, to: date, reason: 'Cancelled' }];
  });
}

/** Its closures close events too; its extra hours may span dates, with the same hours on each. */
function exceptionsOf(part: FccPart): { readonly closures: readonly Fields[]; readonly openings: readonly Fields[] } {
  const { source, ledger } = part;
  const closures: Fields[] = [];
  const openings: Fields[] = [];
  const calendar = source.files.exceptions;
  for (const [index, entry] of listOf(isRecord(calendar) ? calendar['entries'] : null).entries()) {
    const path = `${fccFiles.exceptions}: ${itemPath('entries', index)}`;
    const fields: Fields = isRecord(entry) ? entry : {};
    dropStrangers(fields, ['id', 'kind', 'fromDate', 'toDate', 'date', 'doorKeys', 'label', 'note', 'startTime', 'endTime', 'createdAt', 'updatedAt'], path, ledger);
    const from = fields['fromDate'] ?? fields['date'];
    const to = fields['toDate'] ?? from;
    const named = knownDoors(fields['doorKeys'], `${path}.doorKeys`, part);
    const everywhere = listOf(fields['doorKeys']).length === 0;
    const reason = reasonOf([fields['label'], fields['note']]);
    if (typeof from !== 'string' || typeof to !== 'string' || !isRealDate(from) || !isRealDate(to) || to < from) {
      ledger.dropped(path, 'its dates cannot be read');
    } else if (datesApart(from, to) > longestException) {
      ledger.dropped(path, 'it spans more than a year');
    } else if (!everywhere && named.length === 0) {
      ledger.dropped(path, 'it names no door that there is');
    } else if (fields['kind'] === 'closure') {
      closures.push({ from, to, scope: 'Everything', ...(everywhere ? {} : { doorGroups: named }), ...reason });
      ledger.carried(path, 'OfficeHours/exceptions spec.closures');
    } else if (fields['kind'] === 'special_open') {
      const hours = timeRanges(`${textOf(fields['startTime'])}-${textOf(fields['endTime'])}`, path, part);
      const doorGroups = everywhere ? [...part.doorGroups.values()] : named;
      for (let date = from; hours.length > 0 && date <= to; date = addDays(date, 1)) openings.push({ date, hours, doorGroups, ...reason });
      if (hours.length > 0) ledger.carried(path, 'OfficeHours/exceptions spec.openings');
    } else ledger.dropped(path, 'its kind is neither closure nor special_open');
  }
  return { closures, openings };
}

const longestException = 366;

function datesApart(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

function manualOf(part: FccPart, local: LocalTime): readonly Fields[] {
  const { source, ledger } = part;
  const manual = source.files.manualAccess;
  return listOf(isRecord(manual) ? manual['windows'] : null).flatMap((window, index) => {
    const path = `${fccFiles.manualAccess}: ${itemPath('windows', index)}`;
    const fields: Fields = isRecord(window) ? window : {};
    dropStrangers(fields, ['id', 'doorKeys', 'startAt', 'endAt', 'note', 'createdAt', 'updatedAt'], path, ledger);
    const [start, end] = [Date.parse(textOf(fields['startAt'])), Date.parse(textOf(fields['endAt']))];
    const doorGroups = knownDoors(fields['doorKeys'], `${path}.doorKeys`, part);
    const reason = !(start < end) ? 'its times cannot be read' : doorGroups.length === 0 ? 'it names no door that there is' : end <= source.now ? 'it is past' : null;
    if (reason !== null) {
      ledger.dropped(path, reason);
      return [];
    }
    const { from, to } = localRange({ start, end }, local);
    ledger.carried(path, 'OfficeHours/exceptions spec.openings');
    return [{ from, to, doorGroups, ...reasonOf([fields['note']]) }];
  });
}

function reasonOf(texts: readonly unknown[]): { readonly reason?: string } {
  const reason = texts.map((text) => plain(textOf(text)).trim()).filter((text) => text !== '').join(': ');
  return reason === '' ? {} : { reason: Array.from(reason).slice(0, 200).join('') };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
