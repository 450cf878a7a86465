/** ISO 8601 UTC with `Z`, without empty milliseconds: `2026-11-21T18:00:00Z`. */
export function isoInstant(instant: number): string {
  const text = new Date(instant).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}

/** Whole seconds, for times that were measured rather than declared. */
export function isoSeconds(instant: number): string {
  return isoInstant(Math.floor(instant / 1000) * 1000);
}
