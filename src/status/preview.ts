import { intersect } from '../desired/intervals.js';
import { addDays, type LocalDate, type LocalTime } from '../desired/calendar/local-time.js';
import type { Interval } from '../desired/model.js';
import { isoInstant } from '../runtime/instant.js';
import type { GroupWindowsView } from './view.js';

/** The part of a window that lies on one local date. */
export interface PreviewWindow {
  readonly start: string;
  readonly end: string;
  /** It waits for a person: the doors stay shut. */
  readonly held: boolean;
  readonly causes: readonly { readonly kind: string; readonly ref: string; readonly text: string }[];
}

export interface PreviewRow {
  readonly doorGroup: string;
  readonly date: LocalDate;
  /** By start. */
  readonly windows: readonly PreviewWindow[];
}

export interface PreviewDays {
  readonly from: LocalDate;
  readonly days: number;
  readonly local: LocalTime;
}

/** A row per date and door group, also where nothing opens; windows are cut at local midnight. */
export function previewRows(groups: readonly GroupWindowsView[], { from, days, local }: PreviewDays): PreviewRow[] {
  const dates = Array.from({ length: days }, (_, index) => addDays(from, index));
  return dates.flatMap((date) => {
    const day = local.dayOf(date);
    return groups.map(({ doorGroup, windows }) => ({
      doorGroup,
      date,
      windows: windows.flatMap(({ start, end, held, causes }) => {
        const piece = intersect({ start: Date.parse(start), end: Date.parse(end) }, day);
        return piece === null ? [] : [{ start: isoInstant(piece.start), end: isoInstant(piece.end), held, causes }];
      }),
    }));
  });
}

/** Minutes since local midnight on the wall clock, 0 to 1440. */
export interface WallSpan {
  readonly from: number;
  readonly to: number;
}

const minute = 60_000;

/** Where a window of one date lies on its clock; two parts where the clock changes in it, which may overlap. */
export function wallSpans(window: { readonly start: string; readonly end: string }, local: LocalTime): readonly WallSpan[] {
  const whole: Interval = { start: Date.parse(window.start), end: Date.parse(window.end) };
  const change = offsetChange(whole, local);
  const parts = change === null ? [whole] : [{ start: whole.start, end: change }, { start: change, end: whole.end }];
  return parts.map(({ start, end }) => {
    const from = local.minuteOf(start) + (start % minute) / minute;
    return { from, to: Math.min(1440, from + (end - start) / minute) };
  });
}

/** The clock of a wall minute: `09:00`, `24:00`. */
export function wallClock(minutes: number): string {
  const whole = Math.floor(minutes);
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

/** `09:00-12:00`: from the first to the last minute on the clock. */
export function wallRange(window: { readonly start: string; readonly end: string }, local: LocalTime): string {
  const spans = wallSpans(window, local);
  return `${wallClock(spans[0]?.from ?? 0)}-${wallClock(spans.at(-1)?.to ?? 0)}`;
}

/** The first instant with the offset of the end; null when the offset stays. A date has one change at most. */
function offsetChange({ start, end }: Interval, local: LocalTime): number | null {
  const after = local.offsetAt(end - 1);
  if (local.offsetAt(start) === after) return null;
  let [low, high] = [start, end - 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (local.offsetAt(middle) === after) high = middle;
    else low = middle;
  }
  return high;
}
