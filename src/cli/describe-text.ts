import type { Condition } from '../api/conditions.js';
import { formatProblem } from '../api/problem.js';
import type { Problem } from '../api/problem.js';
import { plain } from '../runtime/text.js';
import type { BookingView, GroupWindowsView, View } from '../status/view.js';
import type { ControllerEvent } from '../status/events.js';
import { yamlText } from './print.js';
import type { SiteTime } from '../runtime/site-time.js';
import { renderTable } from './table.js';
import type { Cell } from './table.js';

/** kubectl's look: `Name:   value` lines, then indented sections. An empty section is left out. */
export function fieldLines(fields: readonly (readonly [name: string, value: string | null | undefined])[]): readonly string[] {
  const width = Math.max(...fields.map(([name]) => name.length)) + 3;
  return fields.flatMap(([name, value]) => (value === null || value === undefined ? [] : [`${`${name}:`.padEnd(width)}${plain(value)}`]));
}

export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** A value as YAML, for what has no form of its own. */
export async function valueLines(value: unknown): Promise<readonly string[]> {
  if (value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)) return [];
  return (await yamlText(value)).trimEnd().split('\n');
}

export function tableLines(headers: readonly string[], rows: readonly (readonly (Cell | string)[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const table = renderTable(headers, rows);
  return [table.header, ...table.rows];
}

export function conditionLines(conditions: readonly Condition[], time: SiteTime): readonly string[] {
  const rows = conditions.map(({ type, status, reason, message, lastTransitionTime }) => [type, status, reason, time.full(lastTransitionTime), message]);
  return tableLines(['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], rows);
}

export function problemLines(problems: readonly Problem[]): readonly string[] {
  return problems.map((problem) => plain(formatProblem(problem)));
}

type Window = GroupWindowsView['windows'][number];

/** `group` is named where the windows of several stand together. */
export function windowLines(windows: readonly (Window & { readonly group?: string })[], time: SiteTime): readonly string[] {
  const several = windows.some(({ group }) => group !== undefined);
  return windows.flatMap(({ start, end, held, causes, group }) => [
    plain(`${time.range(start, end)}${several ? `  ${group ?? ''}` : ''}${held ? '  (held: stays shut)' : ''}`),
    ...causes.map(({ kind, ref, text }) => plain(`  because of ${ref.includes('/') ? ref : `${kind} ${ref}`}${text === '' || text === ref ? '' : `: ${text}`}`)),
  ]);
}

const shownBookings = 20;

export function bookingSection(title: string, bookings: readonly BookingView[], time: SiteTime): readonly string[] {
  const more = bookings.length > shownBookings ? [`and ${bookings.length - shownBookings} more: sexton get bookings -o wide`] : [];
  return section(title, [...bookingLines(bookings.slice(0, shownBookings), time), ...more]);
}

/** Why the doors of a group open, and why they do not for a booking whose room they serve. */
export function groupLines({ windows, bookings }: View, name: string, time: SiteTime): readonly string[] {
  const shut = bookings.flatMap((booking) => booking.shut.filter(({ doorGroup }) => doorGroup === name).map(({ reason }) => ({ ...booking, reason })));
  return [
    ...section('Windows', windowLines(windows.find(({ doorGroup }) => doorGroup === name)?.windows ?? [], time)),
    ...bookingSection('Bookings that do not open it', shut, time),
  ];
}

function bookingLines(bookings: readonly BookingView[], time: SiteTime): readonly string[] {
  return tableLines(
    ['BOOKING', 'EVENT', 'ROOM', 'WHEN', 'STATE', 'REASON'],
    bookings.map(({ id, event, room, start, end, state, reason }) => [id, event.name, room, time.range(start, end), state, reason]),
  );
}

export function eventLines(events: readonly ControllerEvent[], time: SiteTime): readonly string[] {
  return tableLines(
    ['AT', 'TYPE', 'REASON', 'MESSAGE'],
    events.map(({ at, type, reason, message }) => [time.full(at), type, reason, message]),
  );
}
