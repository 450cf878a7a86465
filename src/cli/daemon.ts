import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { actingGroup } from '../runtime/acting-group.js';
import { ConfigurationError, errorCode } from '../runtime/errors.js';
import { writeDurably } from '../runtime/durable-file.js';
import { writeInPlace } from '../runtime/shared-place.js';
import { runtimePaths } from '../runtime/paths.js';
import type { Plane, PlaneView, View } from '../status/view.js';

/** `live.json`: the view, and who wrote it. */
export interface LiveFile extends View {
  readonly pid: number;
  /** The id of the newest poke whose run is over. */
  readonly lastPoke: string | null;
}

/**
 * Asks the daemon for a run. Answers the id that `live.json` will name when it is over.
 * @throws ConfigurationError when the runtime directory cannot be written
 */
export async function poke(runtimeDir: string, planes: readonly Plane[]): Promise<string> {
  const id = randomUUID();
  try {
    const path = runtimePaths(runtimeDir).poke;
    const content = `${JSON.stringify({ id, planes })}\n`;
    // A member of the group may write into the file and not beside it, where the lock stands.
    if (!(await writeInPlace(path, content))) await writeDurably({ path, content, mode: 0o644 });
  } catch (error) {
    const code = errorCode(error);
    throw new ConfigurationError(`runtimeDir ${runtimeDir} cannot be written (${code}): join the group ${actingGroup}, or use sudo`, { code, cause: error });
  }
  return id;
}

/** How the run that `id` asked for went; null while it is not over. */
export async function pokeResult(runtimeDir: string, id: string): Promise<readonly PlaneView[] | null> {
  try {
    const live = JSON.parse(await readFile(runtimePaths(runtimeDir).live, 'utf8')) as Partial<LiveFile> | null;
    return live?.lastPoke === id ? (live.status?.planes ?? []) : null;
  } catch {
    // Not there yet; it is replaced whole, so that half of it is never seen.
    return null;
  }
}
