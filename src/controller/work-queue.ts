import { TerminalError, TransientError } from '../runtime/errors.js';
import type { Clock } from '../runtime/clock.js';

export interface WorkResult {
  /** Milliseconds until this key should run again by itself. */
  readonly requeueAfter?: number;
}

/** Numbers for metrics, as client-go names them. */
export interface QueueObserver {
  added(key: string): void;
  depth(key: string, depth: number): void;
  /** Seconds waited, before a run. */
  started(key: string, waited: number): void;
  /** Seconds worked. */
  finished(key: string, worked: number): void;
  retried(key: string): void;
}

export interface WorkQueue<Key extends string> {
  /** Queued already: one run. Running: one more run after. */
  add(key: Key): void;
  /** Milliseconds for which this key has been running without getting on, queued, or past its time; 0 while it rests or its time is to come. */
  overdue(key: Key): number;
  /** No new runs; resolves when the ones in flight have ended. */
  stop(): Promise<void>;
}

export interface WorkQueueOptions<Key extends string> {
  readonly clock: Clock;
  /** 0 ≤ n < 1, for jitter. */
  readonly random: () => number;
  /** @param gotOn called by a run that is long, each time it has got something done */
  readonly process: (key: Key, gotOn: () => void) => Promise<WorkResult>;
  readonly onError: (key: Key, error: unknown) => void;
  readonly observer: QueueObserver;
}

const firstBackoff = 1_000;
const longestBackoff = 300_000;

/** 1 s, 2 s, 4 s … 5 min, each up to a tenth longer, so that two planes do not march in step. */
export function backoffDelay(failures: number, random: number): number {
  const delay = Math.min(firstBackoff * 2 ** Math.min(failures - 1, 20), longestBackoff);
  return Math.round(Math.min(delay * (1 + random / 10), longestBackoff));
}

interface KeyState {
  /** Monotonic ms when it was queued; null when it is not. */
  queuedAt: number | null;
  running: Promise<void> | null;
  /** Monotonic ms when the run began, or last got something done; null when none is under way. */
  gotOnAt: number | null;
  /** Added while running. */
  dirty: boolean;
  failures: number;
  timer: { readonly at: number; readonly cancel: () => void } | null;
}

/** client-go's semantics for a handful of keys; different keys run side by side, one key never twice at once. */
export function createWorkQueue<Key extends string>(options: WorkQueueOptions<Key>): WorkQueue<Key> {
  const { clock, observer } = options;
  const states = new Map<Key, KeyState>();
  let stopped = false;

  function stateOf(key: Key): KeyState {
    const known = states.get(key);
    if (known !== undefined) return known;
    const state: KeyState = { queuedAt: null, running: null, gotOnAt: null, dirty: false, failures: 0, timer: null };
    states.set(key, state);
    return state;
  }

  function add(key: Key): void {
    if (stopped) return;
    observer.added(key);
    const state = stateOf(key);
    if (state.running !== null) state.dirty = true;
    else if (state.queuedAt === null) enqueue(key, state);
  }

  /** A pending timer stays until a run succeeds: should this one end in a terminal error, the next edge still comes. */
  function enqueue(key: Key, state: KeyState): void {
    state.queuedAt = clock.monotonic();
    observer.depth(key, 1);
    // A microtask, so that several pokes in a row are one run.
    queueMicrotask(() => {
      start(key, state);
    });
  }

  function start(key: Key, state: KeyState): void {
    if (stopped || state.queuedAt === null || state.running !== null) return;
    const startedAt = clock.monotonic();
    observer.started(key, (startedAt - state.queuedAt) / 1000);
    observer.depth(key, 0);
    state.queuedAt = null;
    state.gotOnAt = startedAt;
    state.running = work(key, state).finally(() => {
      state.running = null;
      state.gotOnAt = null;
      observer.finished(key, (clock.monotonic() - startedAt) / 1000);
      if (state.dirty && !stopped) {
        state.dirty = false;
        enqueue(key, state);
      }
    });
  }

  async function work(key: Key, state: KeyState): Promise<void> {
    try {
      const { requeueAfter } = await options.process(key, () => {
        state.gotOnAt = clock.monotonic();
      });
      state.failures = 0;
      // The plan is new, and so is the moment at which it can change by itself.
      state.timer?.cancel();
      state.timer = null;
      if (requeueAfter !== undefined) addAfter(key, state, requeueAfter);
    } catch (error) {
      options.onError(key, error);
      // A terminal error waits for its input to change; unknown ones are transient.
      if (error instanceof TerminalError) return;
      state.failures += 1;
      observer.retried(key);
      const asked = error instanceof TransientError ? (error.retryAfter ?? 0) : 0;
      addAfter(key, state, Math.max(asked, backoffDelay(state.failures, options.random())));
      // What failed must not hold up what is due by then.
      if (error instanceof TransientError && error.dueIn !== undefined) addAfter(key, state, Math.max(asked, error.dueIn));
    }
  }

  /** The earliest wins. */
  function addAfter(key: Key, state: KeyState, ms: number): void {
    if (stopped) return;
    const at = clock.monotonic() + ms;
    if (state.timer !== null && state.timer.at <= at) return;
    state.timer?.cancel();
    const cancel = clock.after(ms, () => {
      state.timer = null;
      add(key);
    });
    state.timer = { at, cancel };
  }

  function overdue(key: Key): number {
    const state = states.get(key);
    const since = state?.gotOnAt ?? state?.queuedAt ?? state?.timer?.at ?? Infinity;
    return Math.max(0, clock.monotonic() - since);
  }

  async function stop(): Promise<void> {
    stopped = true;
    for (const state of states.values()) {
      state.timer?.cancel();
      state.queuedAt = null;
    }
    await Promise.all([...states.values()].flatMap(({ running }) => running ?? []));
  }

  return { add, overdue, stop };
}
