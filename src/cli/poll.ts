import { delay } from '../runtime/clock.js';
import type { Session } from './session.js';

/** Looks until there is something, in real time. */
export async function poll<T extends object>(
  session: Session,
  { timeout, every }: { readonly timeout: number; readonly every: number },
  look: () => Promise<T | null>,
): Promise<T | 'timeout' | 'interrupted'> {
  const { clock } = session;
  const signal = session.interrupted();
  const start = clock.monotonic();
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    const left = timeout - (clock.monotonic() - start);
    if (left <= 0) return 'timeout';
    await delay(clock, Math.min(every, left), signal).catch(() => undefined);
    if (signal.aborted) return 'interrupted';
  }
}
