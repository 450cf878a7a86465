import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Plane } from '../status/view.js';

export interface Poke {
  readonly id: string;
  readonly planes: readonly Plane[];
}

/** Calls `onPoke` for each new content of the poke file; a half-written or foreign one is a poke for both planes. */
export function watchPokes(path: string, onPoke: (poke: Poke) => void): () => void {
  let last = '';
  const look = async (): Promise<void> => {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text === '' || text === last) return;
    last = text;
    onPoke(parsePoke(text));
  };
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(dirname(path), (_event, name) => {
      if (name === basename(path)) void look();
    });
    watcher.on('error', () => undefined);
    watcher.unref();
  } catch {
    // Without a watch, pokes are found at the next resync only; nothing depends on them.
  }
  return () => watcher?.close();
}

function parsePoke(text: string): Poke {
  try {
    const { id, planes } = JSON.parse(text) as { id?: unknown; planes?: unknown };
    const known = Array.isArray(planes) ? planes.filter((plane): plane is Plane => plane === 'doors' || plane === 'members') : [];
    return { id: typeof id === 'string' ? id : '', planes: known.length === 0 ? ['doors', 'members'] : known };
  } catch {
    return { id: '', planes: ['doors', 'members'] };
  }
}
