import type { Booking, Member } from '../desired/model.js';
import type { Clock } from '../runtime/clock.js';
import { ConfigurationError, errorCode, errorMessage } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import type { Source } from '../sources/source.js';
import type { Plane } from '../status/view.js';
import type { ResourceStore } from '../store/resource-store.js';
import type { Engine } from './engine.js';
import { watchPokes, type Poke } from './pokes.js';
import { createWorkQueue, type QueueObserver } from './work-queue.js';

export interface DaemonOptions {
  readonly engine: Engine;
  readonly store: ResourceStore;
  readonly bookings: Source<Booking> | null;
  readonly members: Source<Member> | null;
  readonly planes: readonly Plane[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: QueueObserver;
  readonly pokePath: string;
  /** A poke whose planes have all run since. */
  readonly onPokeDone: (id: string) => void;
  /** The configuration or environment no longer works: only a person can help. */
  readonly onFatal: (error: ConfigurationError) => void;
  readonly log: Logger;
}

export interface Daemon {
  /** Runs until stopped. */
  start(): Promise<void>;
  /** How long each plane has been without progress that is due, in ms: 0 while it rests, waits for its time, or retries in time. */
  overdue(): readonly { readonly plane: Plane; readonly ms: number }[];
  /** Finishes the change in flight. */
  stop(): Promise<void>;
}

/** How long the first run waits for a first reading of its source: a slow source must not keep the doors unlooked at. */
const firstReading = 10_000;
/** Ages move without a run. */
const refreshInterval = 15_000;

/** Triggers carry nothing, they only poke: file, source, boundary in time, resync, a person. */
export function createDaemon(options: DaemonOptions): Daemon {
  const { engine, clock, log, planes } = options;
  const pokes = new Set<{ readonly id: string; readonly waiting: Set<Plane> }>();
  const stops: (() => void)[] = [];
  /** Planes whose source has been read, or waited for: before that a run would see half of its world. */
  const started = new Set<Plane>();
  /** By when every plane has started. */
  let startBy = Infinity;

  const queue = createWorkQueue<Plane>({
    clock,
    random: options.random,
    observer: options.observer,
    process: async (plane, gotOn) => {
      const answered = [...pokes];
      try {
        return await engine.reconcile(plane, gotOn);
      } finally {
        for (const poke of answered) settle(poke, plane);
      }
    },
    onError: (plane, error) => {
      if (error instanceof ConfigurationError) options.onFatal(error);
      log.warn('reconcile failed', { plane, code: errorCode(error), error: errorMessage(error) });
    },
  });

  function settle(poke: { readonly id: string; readonly waiting: Set<Plane> }, plane: Plane): void {
    poke.waiting.delete(plane);
    // Told once: an older poke must not pass for the newest again.
    if (poke.waiting.size === 0 && pokes.has(poke)) finish(poke);
  }

  function finish(poke: { readonly id: string; readonly waiting: Set<Plane> }): void {
    pokes.delete(poke);
    options.onPokeDone(poke.id);
    void refresh();
  }

  async function refresh(): Promise<void> {
    try {
      await engine.refresh();
    } catch (error) {
      log.warn('status not published', { code: errorCode(error), error: errorMessage(error) });
    }
  }

  function onPoke({ id, planes: asked }: Poke): void {
    const wanted = asked.filter((plane) => planes.includes(plane));
    const poke = { id, waiting: new Set(wanted) };
    pokes.add(poke);
    if (wanted.length === 0) finish(poke);
    add(wanted);
  }

  /** A plane that has not started runs when it does. */
  function add(wanted: readonly Plane[]): void {
    for (const plane of wanted) if (started.has(plane)) queue.add(plane);
  }

  function keepFresh(): void {
    stops.push(clock.after(refreshInterval, () => void refresh().then(keepFresh)));
  }

  async function startPlane(plane: Plane, source: Source<unknown> | null): Promise<void> {
    if (source !== null) {
      stops.push(source.start());
      await Promise.race([source.poll(), new Promise<void>((resolve) => stops.push(clock.after(firstReading, resolve)))]);
      stops.push(source.onChange(() => {
        add([plane]);
        void refresh();
      }));
    }
    started.add(plane);
    add([plane]);
  }

  return {
    async start() {
      startBy = clock.monotonic() + firstReading;
      stops.push(options.store.onChange(() => {
        add(planes);
      }));
      stops.push(watchPokes(options.pokePath, onPoke));
      keepFresh();
      await Promise.all(planes.map((plane) => startPlane(plane, plane === 'doors' ? options.bookings : options.members)));
    },
    overdue: () =>
      planes.map((plane) => ({ plane, ms: started.has(plane) ? queue.overdue(plane) : Math.max(0, clock.monotonic() - startBy) })),
    async stop() {
      for (const stop of stops.splice(0)) stop();
      await queue.stop();
    },
  };
}
