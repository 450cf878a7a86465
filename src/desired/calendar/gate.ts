import type { SpecOf } from '../../api/resource.js';
import { within, without } from '../intervals.js';
import type { BookedEvent, Interval } from '../model.js';
import { foldName } from './names.js';
import type { LocalTime } from './local-time.js';
import { safeRanges } from './safe-hours.js';

export type HoldReason = 'OutsideSafeHours' | 'MaxContinuous' | 'Changed';

export interface Gated {
  readonly open: readonly Interval[];
  readonly held: readonly (Interval & { readonly reason: HoldReason })[];
}

export interface GateQuestion {
  /** One event window after lead and lag, before merging. */
  readonly window: Interval;
  readonly event: BookedEvent;
  /** Milliseconds; of the door group. */
  readonly maxContinuous: number;
  /** What a person approved for this occurrence and door group: merged. */
  readonly approved: readonly Interval[];
}

/** Step 5: which part of an event's window may open without asking, and which part waits for a person. */
export type Gate = (question: GateQuestion) => Gated;

export function safeHoursGate(spec: SpecOf<'SafeHours'> | null, local: LocalTime): Gate {
  const ranges = safeRanges(spec, local);
  const preApproved = new Set((spec?.preApproved ?? []).map(foldName));
  const clamp = spec?.outside === 'Clamp';

  return ({ window, event, maxContinuous, approved }) => {
    const ungated = preApproved.has(foldName(event.name));
    const safe = ungated ? [window] : within(window, ranges(window));
    // Inside only if every minute is: both ends safe with a night between them is not.
    const inside = safe.length === 1 && safe[0]?.start === window.start && safe[0].end === window.end;
    const long = (piece: Interval): boolean => piece.end - piece.start > maxContinuous;
    if (inside && !long(window)) return { open: [window], held: [] };

    const released = within(window, approved);
    if (released.length > 0) {
      // Released is what a person saw; anything beyond is asked again.
      const rest = without(window, approved);
      const askable = inside || !clamp ? rest : rest.flatMap((piece) => within(piece, safe));
      return { open: released, held: askable.map((piece) => ({ ...piece, reason: 'Changed' as const })) };
    }
    if (!inside && !clamp) return { open: [], held: [{ ...window, reason: 'OutsideSafeHours' }] };
    return {
      open: safe.filter((piece) => !long(piece)),
      held: safe.filter(long).map((piece) => ({ ...piece, reason: 'MaxContinuous' as const })),
    };
  };
}
