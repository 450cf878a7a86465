import type { Instant } from '../model.js';

/** A contact behind an active user of ours that complete readings lack, and that did not answer to its id either. */
export interface Absence {
  /** Milliseconds since the epoch: when the first reading without it was made. */
  readonly since: Instant;
  /** Two complete readings far enough apart agree: access ends, or waits for a person. */
  readonly due: boolean;
  /** It was one of many at once: only a person ends its access, also when the others are back or gone. */
  readonly held: boolean;
}

/** What a restart must not forget of an absence. */
export type RememberedAbsence = Pick<Absence, 'since' | 'held'>;

/** Between the two readings that have to agree. */
export const absenceInterval = 3_600_000;
/** So many at once look like a lost permission, not like people who left. */
const manyAtOnce = 3;

/**
 * The contacts of `missing` that `answered` lacks, with what is remembered of them; the others are forgotten.
 * @param readAt when the newest complete reading was made; readings, not clocks, have to agree
 */
export function absences(
  missing: readonly number[],
  answered: ReadonlySet<number>,
  remembered: ReadonlyMap<number, RememberedAbsence>,
  readAt: Instant,
): ReadonlyMap<number, Absence> {
  const gone = missing.filter((contact) => !answered.has(contact));
  const many = gone.length >= manyAtOnce;
  return new Map(
    gone.map((contact) => {
      const known = remembered.get(contact);
      const since = Math.min(known?.since ?? readAt, readAt);
      return [contact, { since, due: readAt - since >= absenceInterval, held: many || known?.held === true }];
    }),
  );
}
