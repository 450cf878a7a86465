import { delay } from '../runtime/clock.js';
import { errorMessage } from '../runtime/errors.js';
import { exit } from './exit.js';
import type { Session } from './session.js';

export interface Following<T> {
  readonly session: Session;
  /** Everything there is now, by a key that stays the same. */
  readonly items: () => Promise<ReadonlyMap<string, T>>;
  /** What was printed already. */
  readonly first: ReadonlyMap<string, T>;
  readonly print: (item: T) => Promise<void> | void;
  /** Milliseconds between two looks; 1 s by default. */
  readonly every?: number;
  /** What makes an item another one; the whole of it by default. */
  readonly fingerprint?: (item: T) => string;
}

/** Prints what is new or different until ^C, then answers 130. A failed look is told once, and the next one follows. */
export async function follow<T>({ session, items, first, print, every = 1000, fingerprint = JSON.stringify }: Following<T>): Promise<number> {
  const signal = session.interrupted();
  const prints = (all: ReadonlyMap<string, T>): ReadonlyMap<string, string> => new Map([...all].map(([key, item]) => [key, fingerprint(item)]));
  let seen = prints(first);
  let trouble = '';
  for (;;) {
    await delay(session.clock, every, signal).catch(() => undefined);
    if (signal.aborted) return exit.interrupted;
    try {
      const now = await items();
      for (const [key, item] of now) if (seen.get(key) !== fingerprint(item)) await print(item);
      seen = prints(now);
      trouble = '';
    } catch (error) {
      const message = errorMessage(error);
      if (message !== trouble) session.terminal.note(message);
      trouble = message;
    }
  }
}
