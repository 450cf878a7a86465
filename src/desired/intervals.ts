import type { Interval } from './model.js';

/** Sorted, disjoint, overlapping or touching ones united; empty ones dropped. Idempotent and order-free. */
export function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const next of intervals.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || next.start > last.end) merged.push({ start: next.start, end: next.end });
    else if (next.end > last.end) merged[merged.length - 1] = { start: last.start, end: next.end };
  }
  return merged;
}

export function overlaps(a: Interval, b: Interval): boolean {
  return a.start < b.end && b.start < a.end;
}

/** True when every instant of `inner` lies in one of `outer`, which must be merged. */
export function covers(outer: readonly Interval[], inner: Interval): boolean {
  return outer.some((interval) => interval.start <= inner.start && inner.end <= interval.end);
}

export function intersect(a: Interval, b: Interval): Interval | null {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : null;
}
