import type { Remembered } from './group.js';
import type { ObservedDoors } from './observed.js';

/** The holiday group whose description says which installation may write. */
export const ownerGroupName = 'Sexton owner';

export type OwnerMark =
  | { readonly state: 'Ours' }
  | { readonly state: 'Absent' }
  | { readonly state: 'Foreign'; readonly groupId: string; readonly installation: string };

/** Why the plane writes nothing until a person releases it. */
export interface OwnershipHold {
  readonly reason: 'NotOwner' | 'ControllerReplaced';
  readonly message: string;
}

/** What tells whose controller this is. */
export type ObservedOwner = Pick<ObservedDoors, 'holidayGroups' | 'holidays' | 'schedules'>;

export function ownerMark({ holidayGroups, holidays }: ObservedOwner, installationId: string): OwnerMark {
  const marks = holidayGroups.filter(({ name }) => name === ownerGroupName);
  const foreign = marks.find(({ id }) => holidays.get(id)?.description !== installationId);
  if (foreign !== undefined) return { state: 'Foreign', groupId: foreign.id, installation: holidays.get(foreign.id)?.description ?? '' };
  return { state: marks.length === 0 ? 'Absent' : 'Ours' };
}

/** @param inventory what this installation remembers. Null: it may write. */
export function ownershipHold(observed: ObservedOwner, inventory: Remembered, installationId: string): OwnershipHold | null {
  const mark = ownerMark(observed, installationId);
  const release = 'to take it over: `sexton adopt controller`';
  if (isReplaced(observed, inventory, mark)) {
    return {
      reason: 'ControllerReplaced',
      message: `ControllerReplaced: UniFi has none of the schedules that this installation (${installationId}) wrote; is it another controller, or a reset one? Nothing is written; ${release}`,
    };
  }
  if (mark.state === 'Foreign') {
    const owner = mark.installation === '' ? 'no installation that is named' : `installation ${mark.installation}`;
    return {
      reason: 'NotOwner',
      message: `NotOwner: this UniFi belongs to ${owner} (holiday group "${ownerGroupName}"), and this is ${installationId}; nothing is written; stop the other one, then ${release}`,
    };
  }
  if (mark.state === 'Absent' && inventory.ownerSeen) {
    return {
      reason: 'NotOwner',
      message: `NotOwner: the holiday group "${ownerGroupName}" of this installation (${installationId}) is gone from UniFi; nothing is written; ${release}`,
    };
  }
  return null;
}

/** A single schedule that is gone beside our own mark was deleted by a person; that is told of its group alone. */
function isReplaced({ schedules }: ObservedOwner, { doorGroups }: Remembered, mark: OwnerMark): boolean {
  const ours = new Set(Object.values(doorGroups).flatMap(({ scheduleId }) => scheduleId ?? []));
  if (ours.size === 0 || schedules.some(({ id }) => ours.has(id))) return false;
  return ours.size > 1 || mark.state !== 'Ours';
}
