/** ISO 8601 UTC with `Z`, without empty milliseconds: `2026-11-21T18:00:00Z`. */
export function isoInstant(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

/** Whole seconds, for times that were measured rather than declared. */
export function isoSeconds(instant: number): string {
  return isoInstant(Math.floor(instant / 1000) * 1000);
}
