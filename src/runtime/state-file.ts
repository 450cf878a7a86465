import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { writeDurably } from './durable-file.js';
import { ConfigurationError, TransientError, errorCode, errorMessage } from './errors.js';

/** Why the disk does not take the file at `path`, as a sentence; null once it holds what it should. */
export type OnStateTrouble = (path: string, problem: string | null) => void;

export interface StateFileOptions<T extends object> {
  readonly path: string;
  /** Of the format this program writes; a file with a higher one is refused. */
  readonly version: number;
  /** What a person loses with this file, for the report: `the accepted version of DoorGroup/front-lobby`. */
  readonly what: string;
  /** The value behind `version`, checked; null when its shape is wrong. Older versions are converted here. */
  readonly decode: (value: Readonly<Record<string, unknown>>, version: number) => T | null;
  /** Called once per write that reached the disk, with the file's short name, for `sexton_disk_writes_total{what}`. */
  readonly onDiskWrite?: ((what: string) => void) | undefined;
  readonly onTrouble?: OnStateTrouble | undefined;
  /** The label for `onDiskWrite`, without names of objects: `accepted`, `inventory`. */
  readonly label: string;
  /** Permission bits; 0600 unless something else is needed. */
  readonly mode?: number;
  /** True: nothing is set aside and `write` throws. */
  readonly readOnly?: boolean | undefined;
}

interface StateReading<T> {
  /** Null: there is no (usable) file. */
  readonly value: T | null;
  /** A sentence for an alert when the file was there and could not be used. A missing file is for the caller to judge. */
  readonly lost: string | null;
}

/** One JSON object on disk, with its `version`, replaced whole and only when its content differs. */
export interface StateFile<T extends object> {
  /** @throws ConfigurationError when written by a newer program, or not readable by this user */
  read(): Promise<StateReading<T>>;
  /**
   * True: it differed and is on the disk (fsync) now. Concurrent calls are written in their order.
   * @throws TransientError, the old content untouched: a disk that fails under a running program is nobody's configuration
   */
  write(value: T): Promise<boolean>;
  /** What stands there must not be read again: it is removed or, where it cannot be, emptied. @throws TransientError */
  discard(): Promise<void>;
}

export function openStateFile<T extends object>(options: StateFileOptions<T>): StateFile<T> {
  // What the disk holds, as far as this process knows; undefined until read or written.
  let onDisk: string | null | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let inTrouble = false;

  function inTurn<R>(step: () => Promise<R>): Promise<R> {
    const run = last.then(step, step);
    last = run.catch(() => undefined);
    return run;
  }

  async function read(): Promise<StateReading<T>> {
    const content = await contentOf(options.path);
    onDisk = content.text;
    if (content.text === null && !content.unusable) return { value: null, lost: null };
    const decoded = content.text === null ? null : decode(content.text, options);
    if (decoded !== null) return { value: decoded, lost: null };
    onDisk = null;
    const where = options.readOnly === true ? 'was left as it is' : await putAside(options.path);
    return { value: null, lost: `${options.path} is damaged and ${where}: ${options.what} is lost.` };
  }

  async function write(value: T): Promise<boolean> {
    if (options.readOnly === true) throw new Error(`${options.path}: opened for reading only`);
    const text = `${JSON.stringify({ version: options.version, ...value }, null, 2)}\n`;
    try {
      onDisk ??= (await contentOf(options.path)).text;
      const differs = text !== onDisk;
      if (differs) await writeDurably({ path: options.path, content: text, mode: options.mode ?? 0o600 });
      onDisk = text;
      if (differs) options.onDiskWrite?.(options.label);
      trouble(null);
      return differs;
    } catch (error) {
      onDisk = undefined;
      const failure = writeFailure(options.path, error);
      trouble(failure.message);
      throw failure;
    }
  }

  async function discard(): Promise<void> {
    if (options.readOnly === true) throw new Error(`${options.path}: opened for reading only`);
    onDisk = undefined;
    try {
      // A link is removed, and never followed.
      await rm(options.path, { force: true }).catch((error: unknown) => emptyFile(options.path, error));
    } catch (error) {
      const failure = writeFailure(options.path, error);
      trouble(failure.message);
      throw failure;
    }
    options.onDiskWrite?.(options.label);
  }

  function trouble(problem: string | null): void {
    if (problem === null && !inTrouble) return;
    inTrouble = problem !== null;
    options.onTrouble?.(options.path, problem);
  }

  return { read: () => inTurn(read), write: (value) => inTurn(() => write(value)), discard: () => inTurn(discard) };
}

async function contentOf(path: string): Promise<{ readonly text: string | null; readonly unusable: boolean }> {
  try {
    return { text: await readFile(path, 'utf8'), unusable: false };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return { text: null, unusable: false };
    if (code === 'EISDIR') return { text: null, unusable: true };
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOTDIR') {
      throw new ConfigurationError(`${path} cannot be read (${code}): give it to the user that runs sexton`, { code, cause: error });
    }
    throw new TransientError(`${path} cannot be read: ${errorMessage(error)}`, { code, cause: error });
  }
}

function decode<T extends object>(text: string, options: StateFileOptions<T>): T | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { version, ...rest } = value as Readonly<Record<string, unknown>>;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return null;
  if (version > options.version) {
    throw new ConfigurationError(
      `${options.path} was written by a newer sexton (version ${version}, this one knows ${options.version}): run that one, or restore an older state directory`,
      { code: 'StateTooNew' },
    );
  }
  return options.decode(rest, version);
}

/** Renames a file that cannot be used to `*.bad`, beside others of that name. Answers where it went. */
async function setAside(path: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const aside = attempt === 1 ? `${path}.bad` : `${path}.${attempt}.bad`;
    const taken = await stat(aside).then(
      () => true,
      () => false,
    );
    if (taken) continue;
    try {
      await rename(path, aside);
    } catch (error) {
      throw writeFailure(path, error);
    }
    return aside;
  }
}

/** @throws what kept it from being removed */
async function emptyFile(path: string, cause: unknown): Promise<void> {
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await file.truncate();
      await file.sync();
    } finally {
      await file.close();
    }
  } catch {
    throw cause;
  }
}

/** As `setAside`, in words. What cannot even be renamed stays until something is written in its place. @throws never */
export async function putAside(path: string): Promise<string> {
  try {
    return `was set aside as ${await setAside(path)}`;
  } catch (error) {
    return `could not be set aside (${errorCode(error)})`;
  }
}

/** Only a person can help; a disk that is full or failing may take it later. */
const forbidden: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR']);

function writeFailure(path: string, error: unknown): TransientError {
  const code = errorCode(error);
  return new TransientError(`${path} cannot be written (${code}): ${remedies[code] ?? 'look whether its disk is failing'}`, { code, cause: error });
}

const remedies: Readonly<Partial<Record<string, string>>> = {
  ENOSPC: 'free space on its disk',
  EDQUOT: 'free space on its disk',
  EACCES: 'give it and its directory to the user that runs sexton',
  EPERM: 'give it and its directory to the user that runs sexton',
  EROFS: 'its disk is read-only: look whether it is failing',
  ENOENT: 'put its directory back',
  ENOTDIR: 'put its directory back',
};

/**
 * Writes what a program begins with. Answers why a disk that is full or failing does not take it now: it may, with the
 * first change. Null: it is there. @throws ConfigurationError where only a person can help, since nothing has begun yet
 */
export async function writeFirst<T extends object>(file: StateFile<T>, value: T): Promise<Error | null> {
  try {
    await file.write(value);
    return null;
  } catch (error) {
    const code = errorCode(error);
    if (forbidden.has(code)) throw new ConfigurationError(errorMessage(error), { code, cause: error });
    return error instanceof Error ? error : new Error(errorMessage(error));
  }
}
