import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface DurableWrite {
  readonly path: string;
  readonly content: string;
  /** Permission bits, whatever the umask says. */
  readonly mode: number;
}

/**
 * Replaces a file so that a reader, a crash or a power cut sees the old content or the new one, never a part.
 * A link at `path` is replaced, not followed. The temporary file is a dot-entry, which the resource watcher skips.
 * (write-file-atomic ignores a short write, as on a full card, and renames the truncated file into place; it also
 * follows links and leaves the directory entry unsynced. So this is our own.)
 * @throws the file system's error, the old content untouched
 */
export async function writeDurably({ path, content, mode }: DurableWrite): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(content, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes renames and removals in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } catch {
    // Some file systems (network shares) cannot sync a directory; the rename itself happened.
  } finally {
    await handle.close();
  }
}
