import { holdsFence, isFence, type Fence } from '../../desired/calendar/fence.js';
import type { HolidayGroupSummary, ObservedDoors } from './observed.js';

/** What today's fence is, and what has to be done before a schedule can hold it. */
export type FencePlan =
  /** The configuration wants none; `standard` is UniFi's own group without holidays. */
  | { readonly state: 'Off'; readonly standard: HolidayGroupSummary | null }
  | { readonly state: 'Held'; readonly id: string; readonly fence: Fence; readonly standard: HolidayGroupSummary | null }
  /** `spoilt`: a group of that name which holds something else and which nothing uses. */
  | { readonly state: 'Missing'; readonly fence: Fence; readonly spoilt: string | null; readonly standard: HolidayGroupSummary | null }
  | { readonly state: 'Failed'; readonly message: string; readonly standard: HolidayGroupSummary | null };

/** `fence` null: the configuration says `fence: Off`. `failed`: why it could not be made a moment ago. */
export function planFence(fence: Fence | null, observed: ObservedDoors, failed: string | null = null): FencePlan {
  const standard = observed.holidayGroups.find(({ isDefault }) => isDefault) ?? null;
  if (fence === null) return { state: 'Off', standard };
  const existing = observed.holidayGroups.find(({ name }) => name === fence.name);
  if (existing === undefined && failed !== null) return { state: 'Failed', message: failed, standard };
  if (existing === undefined) return { state: 'Missing', fence, spoilt: null, standard };
  const { id } = existing;
  if (holdsFence(fence, observed.holidays.get(id)?.holidays ?? [])) return { state: 'Held', id, fence, standard };
  const references = referencedGroups(observed.schedules);
  if (references?.has(id) === false) return { state: 'Missing', fence, spoilt: id, standard };
  const message = `the holiday group "${fence.name}" does not hold what Sexton wrote; delete it in UniFi, or wait for tomorrow's`;
  return { state: 'Failed', message, standard };
}

/** Ids of holiday groups that schedules hold; null when one does not say, and then nothing may be deleted. */
export function referencedGroups(schedules: ObservedDoors['schedules']): ReadonlySet<string> | null {
  // A default schedule cannot be given a group of ours.
  if (schedules.some(({ holidayGroupId, isDefault }) => holidayGroupId === '' && !isDefault)) return null;
  return new Set(schedules.map(({ holidayGroupId }) => holidayGroupId));
}

/** Fences of ours that no schedule holds any longer; `keep` is the name of today's while somebody may want it. */
export function unusedFences(
  groups: readonly HolidayGroupSummary[],
  schedules: ObservedDoors['schedules'],
  keep: string | null,
): readonly HolidayGroupSummary[] {
  const references = referencedGroups(schedules);
  if (references === null) return [];
  return groups.filter(({ id, name, isDefault }) => isFence(name) && !isDefault && name !== keep && !references.has(id));
}
