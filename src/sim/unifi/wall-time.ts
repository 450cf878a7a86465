import { IANAZone } from 'luxon';
import { intersect, type Span, union } from './intervals.js';
import { type Range, type Week, weekdays } from './model.js';

/** The zone keeps one UTC offset (milliseconds) from `from` to `to`. */
interface OffsetSpan extends Span {
  readonly offset: number;
}

const second = 1_000;
const day = 86_400_000;
const probe = 21_600_000;

/** The stretches of constant offset that make up [from, to). */
export function offsetSpans(timeZone: string, from: number, to: number): readonly OffsetSpan[] {
  const zone = IANAZone.create(timeZone);
  const offsetAt = (instant: number): number => zone.offset(instant) * 60_000;
  const spans: OffsetSpan[] = [];
  let start = from;
  let offset = offsetAt(from);
  for (let at = from; at < to; at += probe) {
    const next = Math.min(at + probe, to);
    const after = offsetAt(next);
    if (after === offset) continue;
    let low = at;
    let high = next;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    spans.push({ from: start, to: high, offset });
    start = high;
    offset = after;
  }
  if (start < to) spans.push({ from: start, to, offset });
  return spans;
}

/** `HH:MM:SS` in milliseconds since midnight. */
function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * second;
}

/**
 * The instants at which the wall clock shows a second inside one of the day's ranges. A wall minute that occurs twice
 * counts both times, one that is skipped does not count.
 */
export function wallClockSpans(
  offsets: readonly OffsetSpan[],
  rangesOn: (localMidnight: number) => readonly Range[],
): readonly Span[] {
  const spans: Span[] = [];
  for (const { from, to, offset } of offsets) {
    for (let midnight = Math.floor((from + offset) / day) * day; midnight - offset < to; midnight += day) {
      for (const range of rangesOn(midnight)) {
        // Both ends belong to the range: 09:59:59 is unlocked until 10:00:00.
        const start = midnight + timeOfDay(range.start_time) - offset;
        const end = midnight + timeOfDay(range.end_time) + second - offset;
        spans.push({ from: Math.max(start, from), to: Math.min(end, to) });
      }
    }
  }
  return union(spans);
}

/** Wall times (milliseconds as if the zone were UTC) as the instants at which the zone's clocks show them. */
export function wallSpansToInstants(offsets: readonly OffsetSpan[], walls: readonly Span[]): readonly Span[] {
  return union(
    offsets.flatMap(({ from, to, offset }) =>
      intersect(
        walls.map((wall) => ({ from: wall.from - offset, to: wall.to - offset })),
        [{ from, to }],
      ),
    ),
  );
}

export function weeklySpans(offsets: readonly OffsetSpan[], week: Week): readonly Span[] {
  return wallClockSpans(offsets, (midnight) => {
    // 1970-01-01 was a Thursday.
    const weekday = weekdays[(((midnight / day + 3) % 7) + 7) % 7];
    return weekday === undefined ? [] : week[weekday];
  });
}
