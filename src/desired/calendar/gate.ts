import type { SpecOf } from '../../api/resource.js';
import { mergeIntervals, within, without } from '../intervals.js';
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
    // Of the event's own window, not of what Clamp leaves of it: narrower safe hours never release what was held.
    const long = window.end - window.start > maxContinuous;
    const asked = (pieces: readonly Interval[], reason: HoldReason): Gated['held'] =>
      // Released is what a person saw; anything beyond is asked again.
      pieces.flatMap((piece) => without(piece, approved)).map((piece) => ({ ...piece, reason: approved.length > 0 ? 'Changed' : reason }));

    const ungated = preApproved.size > 0 && preApproved.has(foldName(event.name));
    const safeTimes = ungated ? [window] : ranges(window);
    // Inside only if every minute is: both ends safe with a night between them is not.
    const inside = safeTimes.some(({ start, end }) => start <= window.start && window.end <= end);
    if (inside && !long) return { open: [window], held: [] };

    const safe = within(window, safeTimes);
    const released = approved.length === 0 ? [] : within(window, approved);
    if (!inside && !clamp) return { open: released, held: asked([window], 'OutsideSafeHours') };
    if (long) return { open: released, held: asked(safe, 'MaxContinuous') };
    return { open: mergeIntervals([...released, ...safe]), held: [] };
  };
}
