import type { LocalTime } from '../desired/calendar/local-time.js';
import type { Instant, Interval } from '../desired/model.js';

/** `2026-11-21 17:45-20:15`, or with a second date where the window ends on another day. */
export function localSpan({ start, end }: Interval, local: LocalTime): string {
  const from = local.dateOf(start);
  const lastDay = local.dateOf(end - 1);
  const close = local.dateOf(end) === lastDay ? clock(end, local) : '24:00';
  return `${from} ${clock(start, local)}-${lastDay === from ? '' : `${lastDay} `}${close}`;
}

function clock(instant: Instant, local: LocalTime): string {
  const minutes = local.minuteOf(instant);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
