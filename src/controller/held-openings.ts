import type { Resource } from '../api/resource.js';
import type { Calendar } from '../desired/calendar/calendar.js';
import type { LocalTime } from '../desired/calendar/local-time.js';
import { newOpenings, suddenGain, type NewOpening } from '../desired/calendar/sudden-gain.js';
import type { Booking, Instant } from '../desired/model.js';
import { operationHash, planHash } from '../plan/plan-hash.js';
import { isoInstant } from '../runtime/instant.js';
import { specHash } from '../api/spec-hash.js';

/** Which bookings are new to the doors; remembered across restarts. */
export interface NewBookings {
  /** Ids that no run has judged yet. */
  unjudged(): ReadonlySet<string>;
  /** Ids whose doors wait for a person. */
  waiting(): ReadonlySet<string>;
  /** A run has judged the bookings that it saw; of these, some wait. */
  judged(seen: ReadonlySet<string>, waiting: ReadonlySet<string>): Promise<void>;
}

export interface HeldOpening extends NewOpening {
  readonly operation: string;
}

export interface HeldOpenings {
  /** Without what waits. */
  readonly calendar: Calendar;
  readonly held: readonly HeldOpening[];
  /** Names the operations that an approval would release; null when nothing waits. */
  readonly hash: string | null;
  /** Why they wait; empty when nothing does. */
  readonly reason: string;
  /** Ids of the new bookings that were judged. */
  readonly seen: ReadonlySet<string>;
  /** Those of them that wait. */
  readonly waiting: ReadonlySet<string>;
  /** What approvals let go, by operation. */
  readonly released: readonly HeldOpening[];
}

export interface HoldInputs {
  readonly bookings: readonly Booking[];
  /** The plane's calendar for these bookings. */
  readonly compute: (bookings: readonly Booking[]) => Calendar;
  readonly news: Pick<NewBookings, 'unjudged' | 'waiting'> | null;
  /** False on the first program, and when an operator has changed a resource since the last run. */
  readonly guarded: boolean;
  /** Operations that a person has released. */
  readonly approved: ReadonlySet<string>;
  /** Installation key of the operation hashes. */
  readonly key: string;
  readonly local: LocalTime;
}

/**
 * The calendar without the openings that wait for a person. Many new bookings at once wait together; once they do, only
 * an approval releases them. A booking goes when all that it opens is released.
 */
export function holdOpenings({ bookings, compute, news, ...inputs }: HoldInputs, now: Instant): HeldOpenings {
  const { approved, local, key } = inputs;
  const whole = compute(bookings);
  const isNew = new Set([...(news?.unjudged() ?? []), ...(news?.waiting() ?? [])]);
  const nothing: HeldOpenings = { calendar: whole, held: [], hash: null, reason: '', seen: isNew, waiting: new Set(), released: [] };
  if (isNew.size === 0) return nothing;

  const openings = newOpenings(whole.bookings, isNew, now);
  const gain = inputs.guarded ? suddenGain(openings, compute(bookings.filter(({ id }) => !isNew.has(id))).groups, local, now) : null;
  const before = news?.waiting() ?? new Set<string>();
  const asked = gain === null ? before : isNew;
  const operations = openings
    .filter((opening) => opening.bookings.some((id) => asked.has(id)))
    .map((opening): HeldOpening => ({ ...opening, operation: operationOf(opening, key) }));
  const held = operations.filter(({ operation }) => !approved.has(operation));
  const opening = new Set(openings.flatMap((each) => each.bookings));
  // What waits and opens nothing for now (its mapping is broken, say) is not forgotten for that.
  const idle = bookings.filter(({ id, event }) => before.has(id) && !opening.has(id) && event.endsAt > now).map(({ id }) => id);
  const waiting = new Set([...held.flatMap((each) => each.bookings), ...idle]);
  const released = operations.filter((each) => !each.bookings.some((id) => waiting.has(id)));
  if (held.length === 0) return { ...nothing, waiting, released };

  const still = operations.filter((opening) => opening.bookings.some((id) => waiting.has(id)));
  const hash = planHash(still.map(({ operation }) => operation));
  const windows = still.reduce((count, opening) => count + opening.windows.length, 0);
  const reason = `${windows} ${windows === 1 ? 'window' : 'windows'} of ${still.length} new ${still.length === 1 ? 'opening' : 'openings'} at once: waits for \`sexton approve plan/${hash}\``;
  const rest = compute(bookings.filter(({ id }) => !waiting.has(id)));
  return { calendar: withHeld(whole, rest, waiting, still, reason), held: still, hash, reason, seen: isNew, waiting, released };
}

/** Windows of the rest; everything else is told of all bookings. */
function withHeld(whole: Calendar, rest: Calendar, waiting: ReadonlySet<string>, held: readonly HeldOpening[], reason: string): Calendar {
  return {
    ...whole,
    groups: rest.groups.map((group) => ({
      ...group,
      held: [
        ...(whole.groups.find(({ doorGroup }) => doorGroup === group.doorGroup)?.held ?? []),
        ...held
          .filter(({ doorGroup }) => doorGroup === group.doorGroup)
          .flatMap(({ windows, eventId, startsAt, eventName }) =>
            windows.map((window) => ({
              ...window,
              reason: 'SuddenGain' as const,
              causes: [{ kind: 'event' as const, ref: `event/${eventId}@${isoInstant(startsAt)}`, text: eventName }],
            })),
          ),
      ].sort((a, b) => a.start - b.start),
    })),
    bookings: whole.bookings.map((outcome) => {
      if (!waiting.has(outcome.booking.id) || outcome.open.length === 0) return outcome;
      const why = outcome.state === 'Held' ? `${outcome.reason}; ${reason}` : reason;
      return { ...outcome, state: 'Held' as const, reason: why, open: [] };
    }),
  };
}

function operationOf({ doorGroup, eventId, startsAt, windows }: NewOpening, key: string): string {
  return operationHash(key, {
    verb: 'open',
    contact: null,
    ids: [doorGroup, eventId],
    before: null,
    after: { startsAt: isoInstant(startsAt), windows: windows.map(({ start, end }) => [isoInstant(start), isoInstant(end)]) },
  });
}

/** Changes exactly when a resource does that the doors go by. */
export function calendarHash(resources: readonly Resource[]): string {
  const specs = resources.filter(({ kind }) => kind !== 'TierMapping').map(({ kind, metadata, spec }) => `${kind}/${metadata.name} ${specHash(spec)}`);
  return planHash(specs);
}
