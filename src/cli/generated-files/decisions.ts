import type { SpecOf } from '../../api/resource.js';
import type { Instant, Interval } from '../../desired/model.js';
import { mergeIntervals } from '../../desired/intervals.js';
import { isoInstant } from '../../runtime/instant.js';
import type { WindowView } from '../../status/view.js';
import { generatedName, type DecisionAction, type GeneratedName } from './file-name.js';
import type { GeneratedFile } from './generated-folder.js';

/** A generated Approve, Deny or Cancel, and the occurrence it is about. */
export interface Decision {
  readonly file: string;
  readonly eventId: string;
  readonly startsAt: Instant;
  readonly action: DecisionAction;
  readonly spec: SpecOf<'EventOverride'>;
}

const actions: Readonly<Record<string, DecisionAction>> = { Approve: 'approve', Deny: 'deny', Cancel: 'cancel' };

/** Decisions about single occurrences; whatever else stands in the folder is left out. */
export function decisionsIn(files: readonly GeneratedFile[]): readonly Decision[] {
  return files.flatMap(({ file, resource }): Decision[] => {
    if (resource.kind !== 'EventOverride') return [];
    const { match, action: word } = resource.spec;
    const action = actions[word];
    if (action === undefined || match.eventId === undefined || match.startsAt === undefined) return [];
    return [{ file, eventId: match.eventId, startsAt: Date.parse(match.startsAt), action, spec: resource.spec }];
  });
}

export interface NewDecision {
  readonly id: GeneratedName;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** @param approved what an approval releases; nothing for the others */
export function newDecision(action: DecisionAction, occurrence: { readonly id: string; readonly startsAt: Instant }, approved: readonly WindowView[]): NewDecision {
  const match = { eventId: occurrence.id, startsAt: isoInstant(occurrence.startsAt) };
  const word = { approve: 'Approve', deny: 'Deny', cancel: 'Cancel' }[action];
  return {
    id: generatedName(action, occurrence.id, occurrence.startsAt),
    spec: { match, action: word, ...(action === 'approve' ? { approvedWindows: approved } : {}) },
  };
}

/** Windows united per door group: what was approved before stays approved when more is asked for. */
export function unitedWindows(windows: readonly WindowView[]): readonly WindowView[] {
  const groups = [...new Set(windows.map(({ doorGroup }) => doorGroup))].sort();
  return groups.flatMap((doorGroup) => {
    const spans = windows.filter((window) => window.doorGroup === doorGroup).map(({ start, end }): Interval => ({ start: Date.parse(start), end: Date.parse(end) }));
    return mergeIntervals(spans).map(({ start, end }) => ({ doorGroup, start: isoInstant(start), end: isoInstant(end) }));
  });
}
