import type { Audit } from '../apply/audit/audit.js';
import type { RuleMemories } from '../apply/doors/rule-memory.js';
import type { BudgetBook } from '../apply/members/budget-file.js';
import type { Ledger } from '../apply/ledger.js';
import type { LocalTime } from '../desired/calendar/local-time.js';
import type { Booking, Instant, Member } from '../desired/model.js';
import type { Resource } from '../api/resource.js';
import type { Clock } from '../runtime/clock.js';
import { TransientError } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import type { Source } from '../sources/source.js';
import type { ResourceReading, ResourceStore } from '../store/resource-store.js';
import type { AccessController } from '../unifi/access-controller.js';
import type { Approvals } from './approvals.js';
import type { ClockCheck } from './clock-check.js';
import type { NewBookings } from './held-openings.js';
import type { Troubles } from './troubles.js';
import type { DoorWatch } from './watch-doors.js';

/** Everything that a reconcile works with; composed once, where the program starts. */
export interface PlaneDeps {
  readonly clock: Clock;
  readonly local: LocalTime;
  readonly horizon: number;
  /** Local dates after today whose standing hours are looked at; 14 by default. */
  readonly daysAhead?: number;
  readonly activeStatuses: readonly string[];
  readonly store: ResourceStore;
  readonly unifi: AccessController;
  readonly bookings: Source<Booking> | null;
  /** Null without a calendar. */
  readonly newBookings: NewBookings | null;
  readonly members: Source<Member> | null;
  /** Asks the membership database for contacts by id, deleted ones too. Null: it cannot be asked. */
  readonly contacts: ((ids: readonly number[]) => Promise<readonly Member[]>) | null;
  readonly ledger: Ledger;
  readonly rules: RuleMemories;
  readonly watch: DoorWatch;
  readonly approvals: Approvals;
  /** What the members plane changed in the last 24 h. */
  readonly budget: BudgetBook;
  readonly audit: Audit;
  readonly troubles: Troubles;
  /** Names this installation to others that share the UniFi. */
  readonly installationId: string;
  readonly fence: 'On' | 'Off';
  /** Of the operation hashes. */
  readonly installationKey: string;
  /** True: plans are made and nothing is written, whatever the port would allow. */
  readonly dryRun: boolean;
  readonly clockCheck: ClockCheck;
  readonly stopping: () => boolean;
  readonly log: Logger;
}

/** A plan older than this is observed again before its next write. */
const planLifetime = 60_000;

/** Called between two writes. @throws TransientError Stopping, StalePlan */
export function checkpoint({ clock, stopping }: PlaneDeps): () => void {
  const observedAt = clock.monotonic();
  return () => {
    if (stopping()) throw new TransientError('sexton is stopping; the next start goes on from here', { code: 'Stopping' });
    if (clock.monotonic() - observedAt > planLifetime) {
      throw new TransientError('the plan is older than 60 s; it is made again from a fresh look', { code: 'StalePlan' });
    }
  };
}

/** Every step, whatever becomes of the ones before it. What the first that failed threw; null: none. */
export async function tryAll(...steps: readonly (() => Promise<unknown>)[]): Promise<{ readonly error: unknown } | null> {
  let first: { readonly error: unknown } | null = null;
  for (const step of steps) {
    await step().catch((error: unknown) => {
      first ??= { error };
    });
  }
  return first;
}

/** Accepted resources that count: also those whose file is missing in one reading only. */
export function inForce(reading: ResourceReading): Resource[] {
  return [
    ...reading.resources.flatMap(({ accepted }) => (accepted === null ? [] : [accepted])),
    ...reading.absent.filter(({ confirmed }) => !confirmed).map(({ accepted }) => accepted),
  ];
}

/** Milliseconds until the first of these instants that is still to come; undefined when there is none. */
export function untilNext(instants: readonly Instant[], now: Instant): number | undefined {
  const coming = instants.filter((instant) => instant > now);
  return coming.length === 0 ? undefined : Math.min(...coming) - now;
}
