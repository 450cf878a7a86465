import { realpath, stat } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import type { FSWatcher, watch } from 'chokidar';
import type { Clock } from '../../runtime/clock.js';
import { errorCode } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import { isResourceFile } from '../file-names.js';

export interface ChangeWatchOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A poke waits until nothing changed for this long, but never longer than ten times as long. */
  readonly settleMs: number;
  readonly poke: () => void;
}

/** How often to look whether the directory itself has appeared, gone or been replaced, which no watcher reports. */
const LOOK_MS = 1000;

/** Calls `poke` after resource files changed, in any way. Returns how to stop. */
export function watchChanges({ directory, clock, log, settleMs, poke }: ChangeWatchOptions): () => Promise<void> {
  let watcher: FSWatcher | null = null;
  let watched: Standing | null = null;
  let stopped = false;
  let cancelLook = (): void => undefined;
  let cancelPoke: (() => void) | null = null;
  let firstChange = 0;

  function changed(): void {
    if (stopped) return;
    if (cancelPoke === null) firstChange = clock.monotonic();
    cancelPoke?.();
    const patience = firstChange + 10 * settleMs - clock.monotonic();
    cancelPoke = clock.after(Math.max(0, Math.min(settleMs, patience)), () => {
      cancelPoke = null;
      poke();
    });
  }

  /** Starts over whenever another directory stands at the path than the one that is watched. */
  async function look(): Promise<void> {
    const standing = await standingAt(directory);
    if (standing?.identity !== watched?.identity && !isStopped()) {
      const before = watched;
      watched = standing;
      await watcher?.close();
      // Loaded only here: commands that read once and end must not wait for it.
      const chokidar = await import('chokidar');
      watcher = standing === null || isStopped() ? null : start(chokidar.watch, standing.path);
      if (before !== null || watcher === null) changed();
    }
    if (!isStopped()) cancelLook = clock.after(LOOK_MS, () => void look());
  }

  // The compiler believes that a variable tested once keeps its value across an await.
  function isStopped(): boolean {
    return stopped;
  }

  function start(open: typeof watch, root: string): FSWatcher {
    const opened = open(root, {
      ignoreInitial: true,
      ignored: (path, stats) => isIgnored(relative(root, path), stats?.isFile() === true),
    });
    opened.on('all', changed);
    // What happened between the last reading and this moment was seen by nobody.
    opened.on('ready', changed);
    let said = false;
    opened.on('error', (error) => {
      if (said) return;
      said = true;
      log.warn('resource directory is not watched completely', { code: errorCode(error), remedy: 'changes count at the next resync' });
    });
    return opened;
  }

  void look();
  return async () => {
    stopped = true;
    cancelLook();
    cancelPoke?.();
    await watcher?.close();
  };
}

function isIgnored(path: string, isFile: boolean): boolean {
  if (path === '' || path.startsWith('..')) return false;
  const name = basename(path);
  return name.startsWith('.') || name.endsWith('.status.yaml') || (isFile && !isResourceFile(name));
}

interface Standing {
  /** Real. */
  readonly path: string;
  readonly identity: string;
}

/** The directory that a path leads to, through links that a pull switches. */
async function standingAt(directory: string): Promise<Standing | null> {
  try {
    const path = await realpath(directory);
    const { dev, ino } = await stat(path, { bigint: true });
    return { path, identity: `${path} ${dev}:${ino}` };
  } catch {
    return null;
  }
}
