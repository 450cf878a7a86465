import type { Booking, Member } from '../desired/model.js';
import { delay, type Clock } from '../runtime/clock.js';
import { ConfigurationError, errorCode, errorMessage } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import type { Source } from '../sources/source.js';
import type { Plane } from '../status/view.js';
import type { ResourceStore } from '../store/resource-store.js';
import type { Engine } from './engine.js';
import { watchPokes, type Poke, type PokeWatch } from './pokes.js';
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
const mostWaiting = 1_000;

interface WaitingPoke {
  readonly id: string;
  /** Planes of which no run has begun and ended since. */
  readonly waiting: Set<Plane>;
}

/** Triggers carry nothing, they only poke: file, source, boundary in time, resync, a person. */
export function createDaemon(options: DaemonOptions): Daemon {
  const { engine, clock, log, planes } = options;
  const pokes = new Set<WaitingPoke>();
  const stops: (() => void)[] = [];
  const ending = new AbortController();
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
        settle(answered, plane);
      }
    },
    onError: (plane, error) => {
      if (error instanceof ConfigurationError) options.onFatal(error);
      log.warn('reconcile failed', { plane, code: errorCode(error), error: errorMessage(error) });
    },
  });

  function settle(answered: readonly WaitingPoke[], plane: Plane): void {
    for (const { waiting } of answered) waiting.delete(plane);
    // Told once, in the order given.
    finish(answered.filter((poke) => poke.waiting.size === 0 && pokes.has(poke)));
  }

  function finish(over: readonly WaitingPoke[]): void {
    for (const poke of over) {
      pokes.delete(poke);
      options.onPokeDone(poke.id);
    }
    if (over.length > 0) void refresh();
  }

  async function refresh(): Promise<void> {
    try {
      await engine.refresh();
    } catch (error) {
      log.warn('status not published', { code: errorCode(error), error: errorMessage(error) });
    }
  }

  async function onPoke({ id, planes: asked, read }: Poke): Promise<void> {
    const wanted = asked.filter((plane) => planes.includes(plane));
    if (read) await Promise.all(wanted.map(readSource));
    if (id !== '') {
      const poke = { id, waiting: new Set(wanted) };
      pokes.add(poke);
      if (wanted.length === 0) finish([poke]);
      // Nobody waits for that long; without a bound, a run that hangs would gather them.
      for (const oldest of [...pokes].slice(0, -mostWaiting)) pokes.delete(oldest);
    }
    add(wanted);
  }

  /** Reads what was there when it was called; a reading that began earlier is not enough. Never rejects. */
  async function readSource(plane: Plane): Promise<void> {
    const source: Source<unknown> | null = plane === 'doors' ? options.bookings : options.members;
    if (source === null || !started.has(plane)) return;
    // How many readings say so is counted, at the source's own pace: asking often must not make it believed.
    if (isCounting(source)) return;
    const asked = clock.now();
    const reading = source.poll().then(async ({ snapshot }) => {
      if (snapshot !== null && snapshot.readAt < asked && !isCounting(source)) await source.poll();
    });
    await Promise.race([reading, rest(firstReading)]);
  }

  /** A plane that has not started runs when it does. */
  function add(wanted: readonly Plane[]): void {
    for (const plane of wanted) if (started.has(plane)) queue.add(plane);
  }

  async function keepFresh(pokes: PokeWatch): Promise<void> {
    for (;;) {
      await rest(refreshInterval);
      if (ending.signal.aborted) return;
      await pokes.look();
      await refresh();
    }
  }

  /** Until then, or until it is stopped. */
  function rest(ms: number): Promise<void> {
    return delay(clock, ms, ending.signal).catch(() => undefined);
  }

  async function startPlane(plane: Plane, source: Source<unknown> | null): Promise<void> {
    if (source !== null) {
      stops.push(source.start());
      await Promise.race([source.poll(), rest(firstReading)]);
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
      const pokeWatch = watchPokes(options.pokePath, (poke) => void onPoke(poke));
      stops.push(() => {
        pokeWatch.close();
      });
      void keepFresh(pokeWatch);
      await Promise.all(planes.map((plane) => startPlane(plane, plane === 'doors' ? options.bookings : options.members)));
    },
    overdue: () =>
      planes.map((plane) => ({ plane, ms: started.has(plane) ? queue.overdue(plane) : Math.max(0, clock.monotonic() - startBy) })),
    async stop() {
      ending.abort();
      for (const stop of stops.splice(0)) stop();
      await queue.stop();
    },
  };
}

/** Something vanished that further readings have to confirm. */
function isCounting(source: Source<unknown>): boolean {
  const { snapshot } = source.state();
  return snapshot?.kept !== undefined || snapshot?.settled === false;
}
