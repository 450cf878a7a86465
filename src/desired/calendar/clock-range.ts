import type { Interval } from '../model.js';
import { addDays, type LocalDate, type LocalTime } from './local-time.js';

/** Minutes since midnight of `HH:MM`, 00:00 to 24:00. The schema has checked the form. */
export function clockMinutes(text: string): number {
  const [hours = '0', minutes = '0'] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** The window of `HH:MM-HH:MM` that starts on `date`; null when a clock change empties it. */
export function clockRange(range: string, date: LocalDate, local: LocalTime): Interval | null {
  const [from = '', to = ''] = range.split('-');
  const [open, close] = [clockMinutes(from), clockMinutes(to)];
  // A range that ends at or before its start ends the next day.
  const endDate = close <= open ? addDays(date, 1) : date;
  const start = local.instantOf(date, open, 'open');
  const end = local.instantOf(endDate, close, 'close');
  return start < end ? { start, end } : null;
}

/** `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`. A date range includes its `to`; a date-time range excludes it. */
export function pointInTime(text: string, local: LocalTime, edge: 'open' | 'close'): number {
  const [date = '', time] = text.split('T');
  if (time !== undefined) return local.instantOf(date, clockMinutes(time), edge);
  return local.startOf(edge === 'open' ? date : addDays(date, 1));
}
