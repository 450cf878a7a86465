import type { Booking } from '../desired/model.js';
import { isoInstant } from '../runtime/instant.js';
import { openStateFile, type StateFile } from '../runtime/state-file.js';
import type { Snapshot } from './source.js';

interface Kept {
  readonly revision: string;
  /** When these bookings were first read; they were confirmed later, but a confirmation is not worth a write. */
  readonly readAt: string;
  readonly items: readonly Booking[];
}

/** The last complete bookings on disk, so that a restart while the calendar is down closes nothing. Written when they change. */
export interface KeptSnapshot {
  load(): Promise<{ readonly snapshot: Snapshot<Booking> | null; readonly lost: string | null }>;
  keep(snapshot: Snapshot<Booking>): Promise<void>;
}

export function keptSnapshot(path: string, options: { readonly readOnly: boolean; readonly onDiskWrite: (what: string) => void }): KeptSnapshot {
  const file: StateFile<Kept> = openStateFile<Kept>({
    path,
    version: 1,
    what: 'the last bookings of Planning Center, read again at the next poll',
    label: 'bookings',
    readOnly: options.readOnly,
    onDiskWrite: options.onDiskWrite,
    decode: decodeKept,
  });
  let kept: string | null = null;
  return {
    async load() {
      const { value, lost } = await file.read();
      if (value === null) return { snapshot: null, lost };
      kept = value.revision;
      return { snapshot: { items: value.items, revision: value.revision, readAt: Date.parse(value.readAt), complete: true }, lost };
    },
    async keep({ items, revision, readAt, complete }) {
      if (!complete || revision === kept || options.readOnly) return;
      await file.write({ revision, readAt: isoInstant(readAt), items });
      kept = revision;
    },
  };
}

function decodeKept(value: Readonly<Record<string, unknown>>): Kept | null {
  const { revision, readAt, items } = value;
  if (typeof revision !== 'string' || typeof readAt !== 'string' || Number.isNaN(Date.parse(readAt)) || !Array.isArray(items)) return null;
  return items.every(isBooking) ? { revision, readAt, items } : null;
}

function isBooking(value: unknown): value is Booking {
  if (typeof value !== 'object' || value === null) return false;
  const { id, event, room, start, end, approval } = value as Partial<Record<keyof Booking, unknown>>;
  if (typeof event !== 'object' || event === null) return false;
  const times = event as Readonly<Record<string, unknown>>;
  const numbers = [start, end, times['startsAt'], times['endsAt'], times['publishedStartsAt'], times['publishedEndsAt']];
  const texts = [id, room, approval, times['id'], times['instanceId'], times['name']];
  return numbers.every((number) => typeof number === 'number') && texts.every((text) => typeof text === 'string');
}
