import { lstat } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import type { FSWatcher, watch } from 'chokidar';
import type { Clock } from '../../runtime/clock.js';
import { errorCode } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import { isResourceFile } from './file-names.js';

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
  let watched: string | null = null;
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
    const identity = await identityOf(directory);
    if (identity !== watched && !isStopped()) {
      const before = watched;
      watched = identity;
      await watcher?.close();
      // Loaded only here: commands that read once and end must not wait for it.
      const chokidar = await import('chokidar');
      watcher = identity === null || isStopped() ? null : start(chokidar.watch);
      if (before !== null || watcher === null) changed();
    }
    if (!isStopped()) cancelLook = clock.after(LOOK_MS, () => void look());
  }

  // The compiler believes that a variable tested once keeps its value across an await.
  function isStopped(): boolean {
    return stopped;
  }

  function start(open: typeof watch): FSWatcher {
    const opened = open(directory, {
      ignoreInitial: true,
      ignored: (path, stats) => isIgnored(relative(directory, path), stats?.isFile() === true),
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

async function identityOf(directory: string): Promise<string | null> {
  return lstat(directory, { bigint: true }).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => null,
  );
}
