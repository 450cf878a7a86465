import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { ConfigurationError, errorCode } from './errors.js';
import { runtimePaths } from './paths.js';

export interface Lock {
  /** False once somebody took or removed the lock file: the process must end. */
  held(): boolean;
  release(): void;
}

interface Owner {
  readonly pid: number;
  /** Boot id and start time of the process; empty where /proc does not say. It tells a reused pid from the owner. */
  readonly started: string;
}

// Enough for every process that ever died inside the few instructions of a takeover; past it, nobody gets the lock.
const DEEPEST_TAKEOVER = 4;

/**
 * Takes the single-instance lock, also over a dead process's.
 * @param path of another lock in the runtime directory
 * @throws ConfigurationError when the runtime directory cannot be written
 */
export function acquireLock(runtimeDir: string, path = runtimePaths(runtimeDir).lock): Lock | { readonly heldBy: number } {
  try {
    const mine = JSON.stringify(ownerOf(process.pid));
    const heldBy = take(path, mine, 0);
    if (heldBy !== null) return { heldBy };
    const held = (): boolean => contentOf(path) === mine;
    return {
      held,
      release: () => {
        if (held()) rmSync(path, { force: true });
      },
    };
  } catch (error) {
    const code = errorCode(error);
    throw new ConfigurationError(`runtimeDir ${runtimeDir} cannot be written (${code}): create it and give it to the user that runs sexton`, {
      code,
      cause: error,
    });
  }
}

/** The pid of the living process that holds the lock; null when none does. @throws ConfigurationError when this user may not know */
export function lockHolder(runtimeDir: string, path = runtimePaths(runtimeDir).lock): number | null {
  try {
    const content = contentOf(path);
    return content === null ? null : livingOwner(content);
  } catch (error) {
    const code = errorCode(error);
    throw new ConfigurationError(`runtimeDir ${runtimeDir} cannot be read (${code}): run this with sudo, or as a member of group sexton`, { code, cause: error });
  }
}

/** Null when taken, else the pid in the way. */
function take(path: string, mine: string, depth: number): number | null {
  for (;;) {
    if (createExclusively(path, mine)) return null;
    const content = contentOf(path);
    if (content === null) continue;
    const living = livingOwner(content);
    if (living !== null) return living;
    if (depth === DEEPEST_TAKEOVER) throw Object.assign(new Error(`${path} is left over`), { code: 'StaleLock' });
    // Removing a dead owner's lock is itself done under a lock, or two takers could each remove the other's new one.
    const takeover = `${path}.takeover`;
    const ahead = take(takeover, mine, depth + 1);
    if (ahead !== null) return ahead;
    try {
      const still = contentOf(path);
      if (still !== null && livingOwner(still) === null) unlinkSync(path);
    } finally {
      rmSync(takeover, { force: true });
    }
  }
}

/** A link appears whole or not at all: nobody ever reads a half-written lock. */
function createExclusively(path: string, content: string): boolean {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o644 });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Null when the owner is dead, or the content is nobody's (a lock is written whole, so that it is debris). */
function livingOwner(content: string): number | null {
  let owner: unknown;
  try {
    owner = JSON.parse(content);
  } catch {
    return null;
  }
  if (typeof owner !== 'object' || owner === null || !('pid' in owner) || typeof owner.pid !== 'number') return null;
  const started = 'started' in owner ? owner.started : '';
  const { pid } = owner;
  return isAlive(pid) && ownerOf(pid).started === started ? pid : null;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  return processStat(pid)?.state !== 'Z';
}

function ownerOf(pid: number): Owner {
  const stat = processStat(pid);
  return { pid, started: stat === null ? '' : `${bootId()}/${stat.startTime}` };
}

function processStat(pid: number): { readonly state: string; readonly startTime: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses, which may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === undefined || startTime === undefined ? null : { state, startTime };
  } catch {
    return null;
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
