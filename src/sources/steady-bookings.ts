import { marksOf, readingsMissing, referenceAt, sameMarks, suddenLoss, withReading, type Loss, type Reference } from '../desired/calendar/sudden-loss.js';
import type { Booking, Instant, Interval } from '../desired/model.js';
import { errorMessage } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import { openStateFile, type OnStateTrouble } from '../runtime/state-file.js';
import { stateVersions } from '../runtime/state-versions.js';
import { decodeMemory, type BookingsMemory } from './bookings-memory.js';
import { successors } from './booking-successors.js';
import { revisionOf } from './revision.js';
import type { KeptItems, Snapshot } from './source.js';

export interface SteadyBookingsOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly onDiskWrite: (what: string) => void;
  readonly onTrouble?: OnStateTrouble | undefined;
  /** What a reading begun at this instant covers. */
  readonly rangeOf: (readAt: Instant) => Interval;
  /** True: an earlier process has opened doors, so a first reading means that what it knew is lost. */
  readonly programmed: () => boolean;
  /** Ids of bookings that waited for a person, as far as the audit trail knows: a lost file must not let them go. */
  readonly waited: ReadonlySet<string>;
  readonly log: Logger;
}

/** Between the readings and the doors: what vanishes suddenly stays for a while, and a restart forgets nothing. */
export interface SteadyBookings {
  /** What an earlier process left. Called once, first. @throws ConfigurationError when a newer program wrote it */
  load(): Promise<{ readonly snapshot: Snapshot<Booking> | null; readonly lost: string | null }>;
  /** What the doors go by after a reading; on disk before it is told, so that a crash begins no count anew. */
  settle(reading: Snapshot<Booking>): Promise<Snapshot<Booking>>;
  readonly openings: {
    /** Ids of bookings that came after the first reading, on dates covered before, and that no run has judged yet. */
    unjudged(): ReadonlySet<string>;
    /** Ids of bookings whose doors wait for a person. */
    waiting(): ReadonlySet<string>;
    /** A run has judged the bookings that it saw; of these, some wait. */
    judged(seen: ReadonlySet<string>, waiting: ReadonlySet<string>): Promise<void>;
  };
}

export function steadyBookings({ rangeOf, programmed, waited, log, ...options }: SteadyBookingsOptions): SteadyBookings {
  const file = openStateFile<BookingsMemory>({
    ...options,
    version: stateVersions.bookings,
    what: 'the last bookings of Planning Center, read again at the next poll',
    label: 'bookings',
    decode: (value, version) => decodeMemory(value, version, rangeOf),
  });
  let memory: BookingsMemory | null = null;
  // What a partial reading changed since: gone by, but not remembered over a restart.
  let effective: readonly Booking[] | null = null;
  let written: string | null = null;

  async function keep(next: BookingsMemory): Promise<void> {
    memory = next;
    const news = newsOf(next);
    if (options.readOnly || news === written) return;
    try {
      await file.write(next);
      written = news;
    } catch (error) {
      log.error('bookings not kept on disk', { error: errorMessage(error) });
      // A start without them keeps what UniFi holds; with older ones it would open what was cancelled since.
      if (written !== null) await file.discard().catch(() => undefined);
      written = null;
    }
  }

  function settled(): Pick<Snapshot<Booking>, 'settled' | 'kept'> {
    const unsettled = memory === null ? programmed() : !memory.settled;
    return { ...(unsettled ? { settled: false } : {}), ...(memory?.loss == null ? {} : { kept: keptItems(memory.loss) }) };
  }

  /** Without anything to compare with, two readings have to agree before what UniFi holds may go. */
  function isSettled(last: Reference | undefined, next: Reference): boolean {
    if (memory !== null && memory.settled) return true;
    return last === undefined ? !programmed() : sameMarks(last.bookings, next.bookings);
  }

  async function settle(reading: Snapshot<Booking>): Promise<Snapshot<Booking>> {
    const { readAt, complete } = reading;
    const range = rangeOf(readAt);
    const references = memory?.references ?? [];
    // While a loss is counted, what it is measured by stays, however old it grows.
    const reference = referenceAt(references, memory?.loss?.since ?? readAt);
    const { items, kept, loss, believed } = suddenLoss(
      { reference, effective: effective ?? [], reading: { items: reading.items, range, complete }, loss: memory?.loss ?? null },
      readAt,
    );
    if (memory?.loss == null && loss !== null) log.warn('bookings vanished suddenly', { vanished: loss.vanished.length, of: loss.of, kept: kept.length });
    const inherited = successors({ before: effective, items, covered: memory?.range ?? range, unjudged: memory?.unjudged ?? [], waiting: memory?.waiting ?? [] });
    const waiting = memory === null ? items.map(({ id }) => id).filter((id) => waited.has(id)).sort() : inherited.waiting;
    effective = items;
    if (complete) {
      const next = { seenAt: readAt, range, bookings: marksOf(reading.items) };
      const last = references.at(-1);
      await keep({
        items,
        readAt,
        range,
        settled: isSettled(last, next) || believed,
        references: believed ? [next] : loss === null ? withReading(references, next) : references,
        loss: loss === null ? null : { ...loss, kept: kept.length },
        ...inherited,
        waiting,
      });
    } else if (memory !== null) {
      memory = { ...memory, ...inherited, loss: loss === null ? null : { ...loss, kept: kept.length } };
    }
    const revision = kept.length === 0 ? reading.revision : revisionOf(items);
    return { ...reading, items, revision, ...settled() };
  }

  return {
    async load() {
      const { value, lost } = await file.read();
      memory = value;
      if (memory === null) return { snapshot: null, lost };
      written = newsOf(memory);
      effective = memory.items;
      const { items, readAt } = memory;
      return { snapshot: { items, revision: revisionOf(items), readAt, complete: true, ...settled() }, lost };
    },
    settle,
    openings: {
      unjudged: () => new Set(memory?.unjudged ?? []),
      waiting: () => new Set(memory?.waiting ?? waited),
      async judged(seen, waiting) {
        if (memory === null) return;
        const unseen = (ids: readonly string[]): string[] => ids.filter((id) => !seen.has(id));
        await keep({ ...memory, unjudged: unseen(memory.unjudged), waiting: [...new Set([...unseen(memory.waiting), ...waiting])].sort() });
      },
    },
  };
}

function keptItems(loss: Loss & { readonly kept: number }): KeptItems {
  const { since, vanished, of, kept } = loss;
  const missing = readingsMissing(loss);
  const text = `Planning Center suddenly lacks ${vanished.length} of ${of} coming bookings; the doors keep ${kept} until ${missing} more complete ${missing === 1 ? 'reading agrees' : 'readings agree'}.`;
  return { count: kept, since, text };
}

/** All of it but the moments at which it was confirmed. */
function newsOf(memory: BookingsMemory): string {
  const last = memory.references.length - 1;
  const references = memory.references.map((each, index) => (index === last ? { ...each, seenAt: 0 } : each));
  return JSON.stringify({ ...memory, readAt: 0, references });
}
