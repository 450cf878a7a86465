import type { SpecOf } from '../../api/resource.js';
import { addDays, type LocalTime } from '../calendar/local-time.js';
import type { Instant } from '../model.js';

export type Block = SpecOf<'TierMapping'>['blocked'][number];

/**
 * Blocks that hold at `now`, by contact. A person wrote the date, so the clock decides and not the age of the
 * membership data: an outage prolongs no block and shortens none.
 */
export function blocksInForce(blocked: readonly Block[], now: Instant, local: LocalTime): ReadonlyMap<number, Block> {
  const today = local.dateOf(now);
  return new Map(blocked.flatMap((block) => (block.until === undefined || today <= block.until ? [[block.contact, block] as const] : [])));
}

/** The next local midnight at which a block ends by itself; null when none does within a year. */
export function nextBlockEnd(blocked: readonly Block[], now: Instant, local: LocalTime): Instant | null {
  const today = local.dateOf(now);
  const ends = blocked.flatMap(({ until }) => (until !== undefined && today <= until && until <= addDays(today, 366) ? [until] : []));
  const [first] = ends.sort();
  return first === undefined ? null : local.startOf(addDays(first, 1));
}

/** `blocked in the TierMapping until 2026-12-31: Banned by the board` */
export function blockReason({ until, reason }: Block): string {
  return `blocked in the TierMapping${until === undefined ? '' : ` until ${until}, that date included`}${reason === undefined ? '' : `: ${reason}`}`;
}
