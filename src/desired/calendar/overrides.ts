import type { SpecOf } from '../../api/resource.js';
import { compareText } from '../../runtime/text.js';
import { mergeIntervals } from '../intervals.js';
import type { BookedEvent, Interval } from '../model.js';
import { foldName } from './names.js';
import type { LocalTime } from './local-time.js';
import type { Declared } from './site.js';

type Spec = SpecOf<'EventOverride'>;
type Override = Declared<Spec>;
type AdjustedGroup = NonNullable<Spec['doorGroups']>[number];

/** The one Adjust that shapes a door group for an event. */
export interface Adjustment {
  readonly override: string;
  readonly entry: AdjustedGroup;
  /** A suspended Adjust keeps the doors it names closed: suspending never opens. */
  readonly suspended: boolean;
}

/** What overrides say about one occurrence: shape and decision are two contests. */
export interface OverrideDecision {
  readonly cancel: string | null;
  readonly deny: string | null;
  /** By door group. */
  readonly adjustments: ReadonlyMap<string, Adjustment>;
  /** By door group, merged; `refs` of the overrides that approved. */
  readonly approved: ReadonlyMap<string, readonly Interval[]>;
  readonly approvals: readonly string[];
  /** Adjusts that match and lost a door group to a more specific one. */
  readonly overridden: readonly { readonly override: string; readonly doorGroup: string; readonly by: string }[];
  /** Every override that matches, by name. */
  readonly matched: readonly string[];
}

export type Decide = (event: BookedEvent) => OverrideDecision;

/** Names are folded once, not once an event. */
export function overrideDecider(overrides: readonly Override[], local: LocalTime): Decide {
  const matchers = [...overrides].sort(bySpecificity).map((override) => ({ override, matches: eventMatcher(override.spec.match, local) }));
  return (event) => {
    if (matchers.length === 0) return undecided;
    const name = foldName(event.name);
    const matching = matchers.filter(({ matches }) => matches(event, name)).map(({ override }) => override);
    return matching.length === 0 ? undecided : decide(matching);
  };
}

const undecided: OverrideDecision = { cancel: null, deny: null, adjustments: new Map(), approved: new Map(), approvals: [], overridden: [], matched: [] };

/** @param matching the most specific first */
function decide(matching: readonly Override[]): OverrideDecision {
  const named = (action: Spec['action']): readonly Override[] => matching.filter(({ spec }) => spec.action === action);
  const adjustments = new Map<string, Adjustment>();
  const overridden: { override: string; doorGroup: string; by: string }[] = [];
  for (const { name, spec, suspended } of named('Adjust')) {
    for (const entry of spec.doorGroups ?? []) {
      const winner = adjustments.get(entry.name);
      if (winner === undefined) adjustments.set(entry.name, { override: name, entry, suspended });
      else overridden.push({ override: name, doorGroup: entry.name, by: winner.override });
    }
  }
  // A suspended Approve does not count; Deny and Cancel still do: suspending never opens.
  const approvals = named('Approve').filter(({ suspended }) => !suspended);
  const windows = approvals.flatMap(({ spec }) => spec.approvedWindows ?? []);
  const approved = new Map<string, readonly Interval[]>();
  for (const group of new Set(windows.map(({ doorGroup }) => doorGroup))) {
    const intervals = windows.filter(({ doorGroup }) => doorGroup === group);
    approved.set(group, mergeIntervals(intervals.map(({ start, end }) => ({ start: Date.parse(start), end: Date.parse(end) }))));
  }
  return {
    cancel: named('Cancel')[0]?.name ?? null,
    deny: named('Deny')[0]?.name ?? null,
    adjustments,
    approved,
    approvals: approvals.map(({ name }) => name),
    overridden,
    matched: matching.map(({ name }) => name),
  };
}

/** startsAt, date, eventId, eventName, eventNameContains; then priority, the higher first; then name. */
function bySpecificity(a: Override, b: Override): number {
  const rank = ({ match }: Spec): string =>
    [match.startsAt, match.date, match.eventId, match.eventName, match.eventNameContains].map((field) => (field === undefined ? '0' : '1')).join('');
  return compareText(rank(b.spec), rank(a.spec)) || b.spec.priority - a.spec.priority || compareText(a.name, b.name);
}

/** Every given field must agree. */
function eventMatcher(match: Spec['match'], local: LocalTime): (event: BookedEvent, foldedName: string) => boolean {
  const name = match.eventName === undefined ? null : foldName(match.eventName);
  const part = match.eventNameContains === undefined ? null : foldName(match.eventNameContains);
  const startsAt = match.startsAt === undefined ? null : Date.parse(match.startsAt);
  return (event, foldedName) => {
    if (match.eventId !== undefined && match.eventId !== event.id) return false;
    if (name !== null && name !== foldedName) return false;
    if (part !== null && !foldedName.includes(part)) return false;
    // Setup or public start: operators know the one that their calendar shows them.
    const starts = [event.startsAt, event.publishedStartsAt];
    if (startsAt !== null && !starts.includes(startsAt)) return false;
    return match.date === undefined || starts.some((start) => local.dateOf(start) === match.date);
  };
}
