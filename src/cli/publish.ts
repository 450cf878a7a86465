import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openEventLog } from '../controller/event-log.js';
import type { Publisher } from '../controller/engine.js';
import type { Troubles } from '../controller/troubles.js';
import { writeDurably } from '../runtime/durable-file.js';
import { escapeJson } from '../runtime/text.js';
import type { View } from '../status/view.js';
import type { ResourceStore } from '../store/resource-store.js';

/** A view as the daemon leaves it for other commands. */
export interface LiveView extends View {
  readonly pid: number;
  /** Ids of the newest pokes whose planes have all run since. */
  readonly pokes: readonly string[];
}

export interface PublisherOptions {
  readonly store: () => ResourceStore;
  readonly livePath: string;
  readonly eventsPath: string;
  readonly pokes: () => readonly string[];
  readonly onDiskWrite: (what: string) => void;
  readonly troubles: () => Troubles;
}

/** Statuses beside the files, the view into the runtime directory, events into the state directory. */
export function diskPublisher(options: PublisherOptions): Publisher {
  let lastView = '';
  const log = openEventLog({
    path: options.eventsPath,
    onDiskWrite: options.onDiskWrite,
    onLost: (message) => {
      options.troubles().lost('events.jsonl', message);
    },
    onTrouble: (message) => {
      options.troubles().keep('events', message === null ? [] : [{ key: 'events', reason: 'EventsUnwritable', object: 'State/events.jsonl', message }]);
    },
  });
  return {
    statuses: (updates, reading) => options.store().writeStatus(updates, reading.unreadable),
    async view(view) {
      const live: LiveView = { ...view, pid: process.pid, pokes: options.pokes() };
      const text = `${escapeJson(JSON.stringify(live))}\n`;
      if (text === lastView) return;
      await mkdir(dirname(options.livePath), { recursive: true });
      await writeDurably({ path: options.livePath, content: text, mode: 0o640 });
      lastView = text;
    },
    events: (events) => log.append(events),
  };
}
