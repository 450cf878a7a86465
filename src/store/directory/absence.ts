import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Real time between the two readings that make an absence count. */
const CONFIRM_MS = 10_000;
/** How soon to look again while git is at work. */
const GIT_MS = 5000;

export interface Absences {
  readonly confirmed: ReadonlySet<string>;
  /** Milliseconds until the next one can be confirmed; null: none is waiting. */
  readonly confirmIn: number | null;
}

/** Remembers since when each resource has been absent, from reading to reading. */
export class AbsenceWatch {
  #since: ReadonlyMap<string, number> = new Map();

  /** One reading. `monotonic`: milliseconds of real time. */
  observe(absent: readonly string[], { monotonic, gitBusy }: { readonly monotonic: number; readonly gitBusy: boolean }): Absences {
    this.#since = new Map(absent.map((key) => [key, this.#since.get(key) ?? monotonic]));
    const left = [...this.#since].map(([key, since]) => ({ key, ms: CONFIRM_MS - (monotonic - since) }));
    const confirmed = gitBusy ? [] : left.filter(({ ms }) => ms <= 0).map(({ key }) => key);
    const waiting = left.filter(({ key }) => !confirmed.includes(key)).map(({ ms }) => Math.max(Math.ceil(ms), gitBusy ? GIT_MS : 0));
    return { confirmed: new Set(confirmed), confirmIn: waiting.length === 0 ? null : Math.min(...waiting) };
  }

  /** The directory says nothing at all: what was seen missing before proves nothing either. */
  reset(): void {
    this.#since = new Map();
  }
}

/** True while git rewrites the work tree that holds `directory`. */
export async function isGitBusy(directory: string): Promise<boolean> {
  let at = await realpath(directory).catch(() => resolve(directory));
  for (;;) {
    const gitDirectory = await gitDirectoryOf(at);
    if (gitDirectory !== null) return exists(join(gitDirectory, 'index.lock'));
    if (dirname(at) === at) return false;
    at = dirname(at);
  }
}

/** `.git`, or where a worktree's or submodule's `.git` file points. */
async function gitDirectoryOf(directory: string): Promise<string | null> {
  const path = join(directory, '.git');
  const stats = await stat(path).catch(() => null);
  if (stats === null) return null;
  if (stats.isDirectory()) return path;
  const pointer = /^gitdir: (.+)$/m.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
  return pointer === undefined ? null : resolve(directory, pointer);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
