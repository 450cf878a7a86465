import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readLines } from '../runtime/poke-file.js';
import type { Plane } from '../status/view.js';

/** A line of the poke file, as commands write it. */
export interface Poke {
  /** Under which `live.json` tells that it was answered; empty: nobody waits. */
  readonly id: string;
  readonly planes: readonly Plane[];
  /** The sources are read first. */
  readonly read: boolean;
}

export interface PokeWatch {
  /** For an event that the system did not tell of. */
  look(): Promise<void>;
  close(): void;
}

/**
 * Tells of each new line, once. Anything else that happens to the file (garbage, `touch`, lines gone before they were
 * seen) pokes both planes: whoever may write there may have asked for them.
 */
export function watchPokes(path: string, onPoke: (poke: Poke) => void): PokeWatch {
  let mark: string | null = null;
  let known: ReadonlySet<string> = new Set();
  let looking = Promise.resolve();

  async function lookOnce(): Promise<void> {
    const found = await readLines(path);
    if (found === null || found.mark === mark) return;
    const lines = new Set(found.lines);
    const fresh = [...lines].filter((line) => !known.has(line));
    const gone = [...known].some((line) => !lines.has(line));
    // The file that a start finds empty is no poke.
    const touched = fresh.length === 0 && mark !== null;
    [mark, known] = [found.mark, lines];
    const pokes = fresh.map(parsePoke);
    for (const poke of pokes) if (poke !== null) onPoke(poke);
    if (gone || touched || pokes.includes(null)) onPoke({ id: '', planes: ['doors', 'members'], read: false });
  }

  const look = (): Promise<void> => (looking = looking.then(lookOnce));
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(dirname(path), (_event, name) => {
      if (name === basename(path)) void look();
    });
    watcher.on('error', () => undefined);
    watcher.unref();
  } catch {
    // Without a watch, pokes are found at the next look.
  }
  // Written before there was a watch.
  void look();
  return { look, close: () => watcher?.close() };
}

/** Null: no command wrote that. */
function parsePoke(line: string): Poke | null {
  try {
    const value = JSON.parse(line) as Partial<Record<keyof Poke, unknown>> | null;
    const { id, planes, read } = value ?? {};
    if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id) || !Array.isArray(planes)) return null;
    const known = planes.filter((plane): plane is Plane => plane === 'doors' || plane === 'members');
    return known.length === 0 ? null : { id, planes: known, read: read === true };
  } catch {
    return null;
  }
}
