import { delay, type Clock } from '../runtime/clock.js';
import { errorCode, errorMessage, TerminalError, TransientError } from '../runtime/errors.js';
import { isoSeconds } from '../runtime/instant.js';
import type { Logger } from '../runtime/log.js';
import type { TransportView } from '../status/view.js';
import { severities, type Note } from './alert.js';
import type { Message } from './message.js';
import type { Transport } from './transport.js';

/** What one transport still has to tell. It fills and empties by itself; nobody ever waits for it. */
export interface Outbox {
  readonly name: string;
  /** The newest note of a key stands for the ones before. What is not urgent enough for this transport is not taken. */
  offer(notes: readonly Note[]): void;
  /** Keys of what has not gone out, for the memory. */
  waiting(): readonly string[];
  view(): TransportView;
  close(): void;
}

export interface OutboxOptions {
  readonly transport: Transport;
  readonly messageOf: (notes: readonly Note[]) => Message;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** After each attempt; `turned` when it failed for the first time, or worked again. */
  readonly onAttempt: (name: string, ok: boolean, turned: boolean) => void;
}

/** Milliseconds. */
const deadline = 60_000;
const firstWait = 10_000;
const longestWait = 15 * 60_000;
/** So many messages go at once; after that one a minute, with all that has come together meanwhile. */
const burst = 5;
const refill = 60_000;
const mostWaiting = 200;

export function createOutbox(options: OutboxOptions): Outbox {
  const { transport, clock, log } = options;
  const waiting = new Map<string, Note>();
  let state = { ok: true, failures: 0, lastSuccess: null as number | null, failingSince: null as number | null, error: null as string | null };
  let notBefore = 0;
  let credit = { left: burst, at: clock.monotonic() };
  let busy = false;
  let closed = false;
  let cancel: () => void = () => undefined;

  function accepts({ told }: Note): boolean {
    // That it is dead it need not tell itself.
    return told.key !== `transport/${transport.name}` && severities.indexOf(told.severity) >= severities.indexOf(transport.minSeverity);
  }

  function offer(notes: readonly Note[]): void {
    for (const note of notes.filter(accepts)) {
      const before = waiting.get(note.told.key);
      // It was never told what has changed since, or what is over: but what was and how it ended is worth knowing.
      const kind = before?.kind === 'Raised' && note.kind !== 'Resolved' ? 'Raised' : note.kind;
      waiting.delete(note.told.key);
      waiting.set(note.told.key, { ...note, kind });
    }
    for (const key of [...waiting.keys()].slice(0, Math.max(0, waiting.size - mostWaiting))) waiting.delete(key);
    pump();
  }

  function pump(): void {
    cancel();
    if (closed || busy || waiting.size === 0) return;
    const wait = Math.max(notBefore - clock.monotonic(), untilCredit());
    if (wait > 0) cancel = clock.after(wait, pump);
    else void send();
  }

  function untilCredit(): number {
    const now = clock.monotonic();
    const earned = Math.floor((now - credit.at) / refill);
    if (earned > 0) credit = { left: Math.min(burst, credit.left + earned), at: credit.at + earned * refill };
    return credit.left > 0 ? 0 : credit.at + refill - now;
  }

  async function send(): Promise<void> {
    busy = true;
    const batch = new Map(waiting);
    const { ok: before } = state;
    try {
      await inTime(transport.deliver(options.messageOf([...batch.values()])));
      // Only what went out: a newer note of the same key has come meanwhile.
      for (const [key, note] of batch) if (waiting.get(key) === note) waiting.delete(key);
      credit = { ...credit, left: credit.left - 1 };
      state = { ok: true, failures: 0, lastSuccess: clock.now(), failingSince: null, error: null };
    } catch (error) {
      const failures = state.failures + 1;
      const patience = error instanceof TerminalError ? longestWait : Math.min(longestWait, firstWait * 2 ** (failures - 1));
      notBefore = clock.monotonic() + Math.round(patience * (1 + options.random() / 4));
      state = { ...state, ok: false, failures, failingSince: state.failingSince ?? clock.now(), error: errorMessage(error) };
      log.warn('alert not delivered', { transport: transport.name, code: errorCode(error), error: errorMessage(error), waiting: waiting.size });
    } finally {
      busy = false;
    }
    if (closed) return;
    options.onAttempt(transport.name, state.ok, before !== state.ok);
    pump();
  }

  async function inTime(delivery: Promise<void>): Promise<void> {
    const over = new AbortController();
    const late = delay(clock, deadline, over.signal).then(() => {
      throw new TransientError(`${transport.name}: not accepted within ${deadline / 1000} s.`, { code: 'Timeout' });
    });
    try {
      await Promise.race([delivery, late]);
    } finally {
      late.catch(() => undefined);
      delivery.catch(() => undefined);
      over.abort();
    }
  }

  return {
    name: transport.name,
    offer,
    waiting: () => [...waiting.keys()],
    view: () => ({
      name: transport.name,
      type: transport.type,
      ok: state.ok,
      waiting: waiting.size,
      lastSuccess: state.lastSuccess === null ? null : isoSeconds(state.lastSuccess),
      failingSince: state.failingSince === null ? null : isoSeconds(state.failingSince),
      error: state.error,
    }),
    close() {
      closed = true;
      cancel();
      transport.close();
    },
  };
}
