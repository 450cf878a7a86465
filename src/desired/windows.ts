import type { Interval } from './model.js';

/** Why a door stands open. `ref` names the object (`OfficeHours/weekdays`, `event/140@2026-11-21T18:00:00Z`), `text` is for people. */
export interface Cause {
  readonly kind: 'event' | 'hours' | 'opening' | 'override';
  readonly ref: string;
  readonly text: string;
}

export interface Window extends Interval {
  readonly causes: readonly Cause[];
}

/** Windows of one door group: sorted, disjoint; those that overlap or touch become one and keep every cause. */
export function mergeWindows(windows: readonly Window[]): Window[] {
  const merged: Window[] = [];
  for (const next of windows.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || next.start > last.end) {
      merged.push({ start: next.start, end: next.end, causes: uniqueCauses(next.causes) });
    } else {
      merged[merged.length - 1] = {
        start: last.start,
        end: Math.max(last.end, next.end),
        causes: uniqueCauses([...last.causes, ...next.causes]),
      };
    }
  }
  return merged;
}

function uniqueCauses(causes: readonly Cause[]): Cause[] {
  const byRef = new Map<string, Cause>();
  for (const cause of causes) byRef.set(`${cause.kind} ${cause.ref} ${cause.text}`, cause);
  // Sorted, so that the order in which windows came in shows nowhere.
  return [...byRef].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cause]) => cause);
}
