import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { end, environment, lineOf, sexton, type Scene } from './scene.js';

export interface Daemon {
  readonly child: ChildProcess;
  /** Resolves when both planes have run since. */
  reconcile(): Promise<void>;
  stop(): Promise<void>;
}

const patience = 60_000;

/** The real `sexton run`, its first runs done. */
export async function startDaemon(scene: Scene, more: readonly string[] = []): Promise<Daemon> {
  const child = spawn(process.execPath, [sexton, 'run', '--config', scene.configPath, ...more], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  await lineOf(child, (line) => line.includes('"started"'));
  const live = liveFile(scene);
  await until('the first runs', async () => /"planes":\[\{[^\]]*"ready":true[^\]]*"ready":true/.test(await live()), 20);
  let pokes = 0;
  return {
    child,
    async reconcile() {
      pokes += 1;
      const id = `bench-${pokes}`;
      // Written aside, so that nobody reads half of it.
      await writeFile(join(scene.runtimeDir, 'poke.next'), JSON.stringify({ id, planes: ['doors', 'members'] }));
      await rename(join(scene.runtimeDir, 'poke.next'), join(scene.runtimeDir, 'poke'));
      await until(`run ${pokes}`, async () => (await live()).includes(`"${id}"`), 10);
    },
    stop: () => end(child),
  };
}

/** Reads `live.json` again only when it is another file: with 5,000 members it is long. */
function liveFile({ runtimeDir }: Scene): () => Promise<string> {
  const path = join(runtimeDir, 'live.json');
  let known = 0;
  let text = '';
  return async () => {
    const inode = await stat(path).then(({ ino }) => ino, () => 0);
    if (inode === known) return text;
    text = await readFile(path, 'utf8');
    known = inode;
    return text;
  };
}

/** Looks every so many milliseconds. @throws after a minute, naming what did not happen */
export async function until(what: string, happened: () => Promise<boolean>, every: number): Promise<void> {
  const started = performance.now();
  while (!(await happened())) {
    if (performance.now() - started > patience) throw new Error(`${what} did not come within ${patience / 1000} s`);
    await pause(every);
  }
}

/** MiB of a process: now, and at most so far. Null where the system has no /proc. */
export async function memoryOf({ pid = 0 }: ChildProcess): Promise<{ readonly resident: number; readonly peak: number } | null> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
  return text === '' ? null : { resident: field('VmRSS'), peak: field('VmHWM') };
}
