/** Wall clocks as Intl shows them: a second opinion that shares no code with what is tested. */

const minute = 60_000;

export interface WallClock {
  /** `2026-11-21T18:05` */
  readonly at: (instant: number) => string;
  /** The local date. */
  dateAt(instant: number): string;
  /** First instant at which the wall clock shows this date, looked for minute by minute. */
  startOf(date: string): number;
  /** Instants within [from, to) whose wall minute occurs twice, as [from, to). */
  repeated(from: number, to: number): readonly (readonly [number, number])[];
}

export function wallClock(zone: string): WallClock {
  const starts = new Map<string, number>();
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  // Asking Intl is slow, and properties ask for the same minutes again and again.
  const known = new Map<number, string>();
  const at = (instant: number): string => {
    const index = Math.floor(instant / minute);
    const before = known.get(index);
    if (before !== undefined) return before;
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    const shown = `${part['year'] ?? ''}-${part['month'] ?? ''}-${part['day'] ?? ''}T${part['hour'] ?? ''}:${part['minute'] ?? ''}`;
    known.set(index, shown);
    return shown;
  };
  /** Milliseconds that the wall clock is ahead of UTC, by its whole minutes. */
  const offset = (instant: number): number => Date.parse(`${at(instant)}:00Z`) - Math.floor(instant / minute) * minute;

  function transitions(from: number, to: number): { readonly at: number; readonly change: number }[] {
    const found: { readonly at: number; readonly change: number }[] = [];
    const hour = 60 * minute;
    for (let start = from; start < to; start += hour) {
      const change = offset(start + hour) - offset(start);
      if (change === 0) continue;
      let first = start;
      while (offset(first) === offset(start)) first += minute;
      found.push({ at: first, change });
    }
    return found;
  }

  return {
    at,
    dateAt: (instant) => at(instant).slice(0, 10),
    startOf(date) {
      const known = starts.get(date);
      if (known !== undefined) return known;
      const utc = Date.parse(`${date}T00:00:00Z`);
      let instant = utc - 15 * 60 * minute;
      while (at(instant).slice(0, 10) < date) instant += 15 * minute;
      starts.set(date, instant);
      return instant;
    },
    repeated: (from, to) =>
      transitions(from, to)
        .filter(({ change }) => change < 0)
        .map(({ at: moment, change }) => [moment + change, moment - change] as const),
  };
}
