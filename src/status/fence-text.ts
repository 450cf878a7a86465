import { fencedDates } from '../desired/calendar/fence.js';

/** Until when doors open by themselves, and for how long no more: `stay shut after 2026-12-04 for at least 60 days`. */
export function shutAfter(fencedUntil: string): string {
  return `stay shut after ${fencedUntil} for at least ${fencedDates} days`;
}
