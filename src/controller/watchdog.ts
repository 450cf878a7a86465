import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/log.js';
import type { ServiceManager } from '../runtime/service-manager.js';
import type { Plane } from '../status/view.js';

export interface WatchdogOptions {
  readonly manager: ServiceManager;
  readonly clock: Clock;
  /** How long each plane lacks progress that is due, in ms. */
  readonly overdue: () => readonly { readonly plane: Plane; readonly ms: number }[];
  /** One line for `systemctl status`. */
  readonly summary: () => string;
  readonly log: Logger;
}

/** Often enough that one lost sign does not end the process. */
const signsPerPeriod = 4;
/** The first one is early: what there is to say after the first runs is worth knowing. */
const firstSign = 10_000;

/**
 * Says that the process is ready, then gives signs of life only while every plane gets on: one that hangs for a whole
 * watchdog period silences them, and the service manager starts the process anew. Answers how to stop.
 */
export function keepWatchdog({ manager, clock, overdue, summary, log }: WatchdogOptions): () => void {
  const { watchdog } = manager;
  const hanging = new Set<Plane>();
  let told = '';
  let cancel: () => void = () => undefined;

  /** The summary only when it is another. */
  function status(): readonly string[] {
    const line = summary();
    if (line === told) return [];
    told = line;
    return [`STATUS=${line}`];
  }

  function sign(limit: number): void {
    for (const { plane, ms } of overdue()) {
      if (ms <= limit) {
        hanging.delete(plane);
      } else if (!hanging.has(plane)) {
        hanging.add(plane);
        log.error('a plane hangs; the watchdog is no longer fed', { plane, seconds: Math.round(ms / 1000) });
      }
    }
    if (hanging.size === 0) void manager.tell(['WATCHDOG=1', ...status()]);
    cancel = clock.after(limit / signsPerPeriod, () => sign(limit));
  }

  void manager.tell(['READY=1', ...status()]);
  if (watchdog !== null) cancel = clock.after(Math.min(firstSign, watchdog / signsPerPeriod), () => sign(watchdog));
  return () => {
    cancel();
    void manager.tell(['STOPPING=1', 'STATUS=Finishing the change in flight.']);
  };
}
