type ClockState =
  | { readonly mode: 'real' }
  | { readonly mode: 'frozen'; readonly instant: number }
  | { readonly mode: 'running'; readonly instant: number; readonly since: number };

/** The time of a simulated world: real, frozen at an instant, or ticking from one. Milliseconds since the epoch. */
export class SimulatedClock {
  #state: ClockState = { mode: 'real' };

  get mode(): ClockState['mode'] {
    return this.#state.mode;
  }

  now(): number {
    const state = this.#state;
    if (state.mode === 'real') return Date.now();
    if (state.mode === 'frozen') return state.instant;
    return state.instant + Math.round(performance.now() - state.since);
  }

  freeze(instant: number): void {
    this.#state = { mode: 'frozen', instant };
  }

  run(instant: number): void {
    this.#state = { mode: 'running', instant, since: performance.now() };
  }

  real(): void {
    this.#state = { mode: 'real' };
  }
}

/** ISO 8601 with `Z` or an offset, to milliseconds; undefined for anything else: a time without a zone is ambiguous. */
export function parseInstant(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return undefined;
  const instant = Date.parse(text.toUpperCase());
  return Number.isNaN(instant) ? undefined : instant;
}

/** ISO 8601 UTC with `Z`, without a fraction when it is zero. */
export function formatInstant(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
