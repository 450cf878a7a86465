import { mayOpen, placeOf } from '../desired/calendar/sudden-loss.js';
import type { Booking, Interval } from '../desired/model.js';

interface SuccessorInputs {
  /** Null: there was no reading before. */
  readonly before: readonly Booking[] | null;
  readonly items: readonly Booking[];
  /** What the reading before covered. */
  readonly covered: Interval;
  readonly unjudged: readonly string[];
  readonly waiting: readonly string[];
}

/**
 * Which of the items no run has judged, and which wait. A booking that was made anew, or moved, is judged as the one
 * that it replaces; one on a date that was not covered before is no news.
 */
export function successors({ before, items, covered, ...known }: SuccessorInputs): { readonly unjudged: readonly string[]; readonly waiting: readonly string[] } {
  if (before === null) return { unjudged: [], waiting: [] };
  const earlier = before.filter(mayOpen);
  const ids = new Set(earlier.map(({ id }) => id));
  const places = new Map(earlier.map((booking) => [placeOf(booking), booking.id]));
  const unjudged = new Set(known.unjudged);
  const waiting = new Set(known.waiting);
  const next = { unjudged: [] as string[], waiting: [] as string[] };
  for (const booking of items.filter(mayOpen)) {
    const replaced = ids.has(booking.id) ? booking.id : places.get(placeOf(booking));
    const isNew = replaced === undefined && booking.start < covered.end && booking.end > covered.start;
    if (isNew || (replaced !== undefined && unjudged.has(replaced))) next.unjudged.push(booking.id);
    if (replaced !== undefined && waiting.has(replaced)) next.waiting.push(booking.id);
  }
  return { unjudged: next.unjudged.sort(), waiting: next.waiting.sort() };
}
