import { compareText } from '../runtime/text.js';
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
  const merged: { start: number; end: number; causes: Cause[] }[] = [];
  for (const { start, end, causes } of windows.filter((window) => window.start < window.end).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || start > last.end) {
      merged.push({ start, end, causes: [...causes] });
    } else {
      last.end = Math.max(last.end, end);
      last.causes.push(...causes);
    }
  }
  return merged.map(({ start, end, causes }) => ({ start, end, causes: uniqueCauses(causes) }));
}

/** Sorted, so that the order in which windows came in shows nowhere. */
function uniqueCauses(causes: readonly Cause[]): readonly Cause[] {
  if (causes.length < 2) return causes;
  const sorted = [...causes].sort(byKindRefText);
  return sorted.filter((cause, index) => {
    const before = sorted[index - 1];
    return before === undefined || byKindRefText(before, cause) !== 0;
  });
}

function byKindRefText(a: Cause, b: Cause): number {
  return compareText(a.kind, b.kind) || compareText(a.ref, b.ref) || compareText(a.text, b.text);
}
