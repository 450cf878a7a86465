import type { Instant } from '../../desired/model.js';
import { isAboutDoor } from './filter.js';
import type { AuditItem } from './items.js';

/** Why a door stood open, as far as Sexton had a hand in it. */
export interface OpenBecause {
  readonly doorGroups: readonly string[];
  readonly window: AuditItem['windows'][number];
  /** The record that was in force then, and the one that put the window there first. */
  readonly inForce: AuditItem;
  readonly first: AuditItem;
}

export interface Explanation {
  readonly open: readonly OpenBecause[];
  /** What was refused about it then. */
  readonly refusals: readonly AuditItem[];
  /** Changes whose outcome nobody knows, made before. */
  readonly unsure: readonly AuditItem[];
}

/** The closing minute is held to its end. */
const closingMinute = 60_000;

/** @param door name or id of a door or door group */
export function explain(items: readonly AuditItem[], door: string, at: Instant): Explanation {
  const about = items.filter((item) => Date.parse(item.at) <= at && isAboutDoor(item, door));
  const done = about.filter(({ type, outcome }) => type === 'Change' && (outcome === 'Done' || outcome === 'Unknown'));
  const open = [...byTarget(done).values()].flatMap((history): OpenBecause[] => {
    const inForce = history.at(-1);
    const window = inForce === undefined ? undefined : covering(inForce, at);
    if (inForce === undefined || window === undefined) return [];
    let first = inForce;
    for (const item of [...history].reverse()) {
      if (covering(item, at) === undefined) break;
      first = item;
    }
    return [{ doorGroups: inForce.doorGroups, window, inForce, first }];
  });
  return {
    open,
    refusals: about.filter(({ type, until }) => type === 'Refusal' && (until === null || Date.parse(until) > at)),
    unsure: done.filter(({ outcome }) => outcome === 'Unknown'),
  };
}

/** Programs and revocations of each schedule and lock rule, in their order. */
function byTarget(done: readonly AuditItem[]): ReadonlyMap<string, readonly AuditItem[]> {
  const found = new Map<string, AuditItem[]>();
  for (const item of done) {
    const { kind, id, name } = item.object;
    if (kind !== 'Schedule' && kind !== 'LockRule') continue;
    // A schedule has no id before it is made.
    const key = kind === 'LockRule' ? `${kind} ${id ?? name}` : `${kind} ${name}`;
    found.set(key, [...(found.get(key) ?? []), item]);
  }
  return found;
}

function covering({ windows, object }: AuditItem, at: Instant): AuditItem['windows'][number] | undefined {
  const late = object.kind === 'Schedule' ? closingMinute : 0;
  return windows.find(({ start, end }) => Math.floor(Date.parse(start) / 60_000) * 60_000 <= at && at < Date.parse(end) + late);
}
