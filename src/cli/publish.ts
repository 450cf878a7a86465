import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { appendEvents } from '../controller/event-log.js';
import type { Publisher } from '../controller/engine.js';
import { writeDurably } from '../runtime/durable-file.js';
import { escapeJson } from '../runtime/text.js';
import type { View } from '../status/view.js';
import type { ResourceStore } from '../store/resource-store.js';

/** A view as the daemon leaves it for other commands. */
export interface LiveView extends View {
  readonly pid: number;
  /** The newest poke whose planes have all run since. */
  readonly lastPoke: string | null;
}

export interface PublisherOptions {
  readonly store: () => ResourceStore;
  readonly livePath: string;
  readonly eventsPath: string;
  readonly lastPoke: () => string | null;
  readonly onDiskWrite: (what: string) => void;
}

/** Statuses beside the files, the view into the runtime directory, events into the state directory. */
export function diskPublisher(options: PublisherOptions): Publisher {
  let lastView = '';
  // One at a time: a file that is full is renamed once.
  let appending: Promise<unknown> = Promise.resolve();
  return {
    statuses: (updates, reading) => options.store().writeStatus(updates, reading.unreadable),
    async view(view) {
      const live: LiveView = { ...view, pid: process.pid, lastPoke: options.lastPoke() };
      const text = `${escapeJson(JSON.stringify(live))}\n`;
      if (text === lastView) return;
      await mkdir(dirname(options.livePath), { recursive: true });
      await writeDurably({ path: options.livePath, content: text, mode: 0o640 });
      lastView = text;
    },
    events(events) {
      const next = appending.then(() => appendEvents(options.eventsPath, events, options.onDiskWrite));
      appending = next.catch(() => undefined);
      return next;
    },
  };
}
