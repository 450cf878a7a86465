import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Poke } from '../controller/pokes.js';
import { actingGroup } from '../runtime/acting-group.js';
import { ConfigurationError, errorCode } from '../runtime/errors.js';
import { appendLine, readLines } from '../runtime/poke-file.js';
import { runtimePaths } from '../runtime/paths.js';
import type { Plane, PlaneView } from '../status/view.js';
import type { LiveView } from './publish.js';

export interface PokeOptions {
  /** Have the sources read first. */
  readonly read?: boolean;
}

/** A poke that was given, and what came of it. */
export interface GivenPoke {
  /** How the runs went that began after it; null while they are not over. */
  answer(): Promise<readonly PlaneView[] | null>;
}

/**
 * Asks the daemon for a run.
 * @throws ConfigurationError when the runtime directory cannot be written
 */
export async function poke(runtimeDir: string, planes: readonly Plane[], { read = false }: PokeOptions = {}): Promise<GivenPoke> {
  const { poke: path, live } = runtimePaths(runtimeDir);
  const id = randomUUID();
  const line = JSON.stringify({ id, planes, read } satisfies Poke);
  const give = async (): Promise<void> => {
    try {
      await appendLine(path, line);
    } catch (error) {
      const code = errorCode(error);
      throw new ConfigurationError(`runtimeDir ${runtimeDir} cannot be written (${code}): join the group ${actingGroup}, or use sudo`, { code, cause: error });
    }
  };
  await give();
  return {
    async answer() {
      const view = await readLive(live);
      if (view?.pokes?.includes(id) === true) return view.status?.planes ?? [];
      // Somebody emptied or replaced the file, maybe before the daemon looked.
      if ((await readLines(path))?.lines.includes(line) !== true) await give();
      return null;
    },
  };
}

async function readLive(path: string): Promise<Partial<LiveView> | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Partial<LiveView> | null;
  } catch {
    // Not there yet; it is replaced whole, so that half of it is never seen.
    return null;
  }
}
