import type { Clock } from '../runtime/clock.js';
import { errorCode, errorMessage, TerminalError, TransientError } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import { pollDelay } from './poll-delay.js';
import { mergeReading, type Reading } from './reading.js';
import type { Snapshot, Source, SourceFailure, SourceName, SourceState } from './source.js';

interface PolledSourceOptions<Item> {
  readonly name: SourceName;
  /** Milliseconds. */
  readonly pollInterval: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Rejects when nothing was learned; the last snapshot then stays. */
  readonly read: () => Promise<Reading<Item>>;
  /** The snapshot of an earlier process. */
  readonly initial?: Snapshot<Item>;
  readonly revisionOf: (items: readonly Item[]) => string;
  /** What is to be gone by after a reading, in the order of the readings. Default: the reading. */
  readonly settle?: (snapshot: Snapshot<Item>) => Promise<Snapshot<Item>>;
}

/** A source that reads on its own clock. Listeners hear of a new revision, of what is kept or settled now, and of a failure's begin and end, of nothing else. */
export function createPolledSource<Item>(options: PolledSourceOptions<Item>): Source<Item> {
  const { name, pollInterval, clock, log, read, revisionOf } = options;
  const settle = options.settle ?? ((snapshot) => Promise.resolve(snapshot));
  const listeners = new Set<() => void>();
  let state: SourceState<Item> = { snapshot: options.initial ?? null, failure: null };
  let underway: Promise<SourceState<Item>> | null = null;
  let failures = 0;
  let delay = pollInterval;

  function publish(next: SourceState<Item>): void {
    const changed =
      next.snapshot?.revision !== state.snapshot?.revision ||
      next.snapshot?.settled !== state.snapshot?.settled ||
      next.snapshot?.kept?.text !== state.snapshot?.kept?.text ||
      (next.failure === null) !== (state.failure === null);
    state = next;
    if (!changed) return;
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (error) {
        log.error('A source listener failed', { source: name, error: errorMessage(error) });
      }
    }
  }

  function failure(code: string, message: string): SourceFailure {
    if (state.failure?.code !== code) log.warn('Source could not be read whole', { source: name, code, reason: message });
    return { code, message, since: state.failure?.since ?? clock.now() };
  }

  async function readOnce(): Promise<SourceState<Item>> {
    const readAt = clock.now();
    try {
      const reading = await read();
      const { partial, warnings } = reading;
      const snapshot = await settle(mergeReading(state.snapshot, reading, readAt, revisionOf));
      failures = partial === undefined ? 0 : failures + 1;
      delay = pollDelay(pollInterval, { failures, mayPass: true, retryAfter: null });
      if (partial === undefined && state.failure !== null) log.info('Source is read whole again', { source: name });
      publish({
        snapshot,
        failure: partial === undefined ? null : failure(partial.code, partial.message),
        ...(warnings === undefined || warnings.length === 0 ? {} : { warnings }),
      });
    } catch (error) {
      failures += 1;
      const retryAfter = error instanceof TransientError ? (error.retryAfter ?? null) : null;
      delay = pollDelay(pollInterval, { failures, mayPass: !(error instanceof TerminalError), retryAfter });
      publish({ ...state, failure: failure(errorCode(error), errorMessage(error)) });
    }
    return state;
  }

  function poll(): Promise<SourceState<Item>> {
    underway ??= readOnce().finally(() => {
      underway = null;
    });
    return underway;
  }

  function start(): () => void {
    let stopped = false;
    let cancel: () => void = () => undefined;
    async function turn(): Promise<void> {
      await poll();
      if (!stopped) cancel = clock.after(delay, () => void turn());
    }
    void turn();
    return () => {
      stopped = true;
      cancel();
    };
  }

  return {
    name,
    pollInterval,
    state: () => state,
    poll,
    start,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
