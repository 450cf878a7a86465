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

export function intersect(a: Interval, b: Interval): Interval | null {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : null;
}

/** The parts of `interval` that lie in one of `others`: sorted, disjoint. */
export function within(interval: Interval, others: readonly Interval[]): Interval[] {
  return mergeIntervals(others.flatMap((other) => intersect(interval, other) ?? []));
}

/** The parts of `interval` that lie in none of `others`: sorted, disjoint. */
export function without(interval: Interval, others: readonly Interval[]): Interval[] {
  let from = interval.start;
  const rest: Interval[] = [];
  for (const { start, end } of within(interval, others)) {
    if (from < start) rest.push({ start: from, end: start });
    from = end;
  }
  if (from < interval.end) rest.push({ start: from, end: interval.end });
  return rest;
}

export function isEmpty({ start, end }: Interval): boolean {
  return start >= end;
}
