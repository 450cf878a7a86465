import type { BookingOutcome } from './occurrence.js';
import type { OverrideDecision } from './overrides.js';
import type { RoomVerdict } from './room-mapping.js';

/** A door group that a mapping names for a booking and that the booking opens nowhere. */
export interface ShutDoor {
  readonly doorGroup: string;
  readonly reason: string;
}

/** Why a booking leaves doors of its room shut; what is held is no such door, it has a window that waits. */
export function shutDoors({ state, reason, windows }: BookingOutcome, verdicts: readonly RoomVerdict[], { adjustments }: OverrideDecision): readonly ShutDoor[] {
  const found = new Map<string, string>();
  for (const verdict of verdicts) {
    for (const { doorGroup } of verdict.named) {
      if (windows.some((window) => window.doorGroup === doorGroup)) continue;
      found.set(doorGroup, whyShut(doorGroup, verdict) ?? found.get(doorGroup) ?? '');
    }
  }
  const whole = state !== 'Open' && state !== 'Held' && reason !== '';
  return [...found].map(([doorGroup, why]) => {
    const adjusted = adjustments.get(doorGroup);
    const told = adjusted === undefined ? why : `EventOverride/${adjusted.override} leaves it shut`;
    return { doorGroup, reason: whole ? reason : told !== '' ? told : 'a closure of scope Everything, or SafeHours with outside: Clamp, leaves nothing of its window' };
  });
}

function whyShut(doorGroup: string, verdict: RoomVerdict): string | null {
  if (verdict.verdict === 'Unmapped') return null;
  if (verdict.verdict === 'Excluded') return verdict.reason;
  return verdict.openings.some((opening) => opening.doorGroup === doorGroup) ? null : verdict.reason;
}
