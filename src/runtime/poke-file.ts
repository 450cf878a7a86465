import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { writeDurably } from './durable-file.js';
import { errorCode } from './errors.js';

/** Bytes that are read, the last of them; whoever writes into more than that empties the file first. */
const longest = 16_384;

/**
 * Adds one line, so that of several who poke at once nobody's is lost. What stands there and is no plain file of one
 * name is replaced: no link is followed, it could lead root to anything.
 * @throws the file system's error
 */
export async function appendLine(path: string, line: string): Promise<void> {
  for (const flags of [0, constants.O_CREAT | constants.O_EXCL, 0]) if (await appendTo(path, line, flags)) return;
  await writeDurably({ path, content: `${line}\n`, mode: 0o644 });
}

async function appendTo(path: string, line: string, flags: number): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags, 0o644);
  } catch (error) {
    if (['ENOENT', 'EEXIST', 'ELOOP', 'ENXIO', 'EISDIR', 'EACCES', 'EPERM'].includes(errorCode(error))) return false;
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile() || found.nlink !== 1) return false;
    if (flags !== 0) await file.chmod(0o644);
    if (found.size > longest) await file.truncate(0);
    // Half a line that somebody else left must not swallow this one.
    await file.writeFile(`\n${line}\n`);
    return true;
  } finally {
    await file.close();
  }
}

export interface PokeFile {
  /** Differs once anything was written, even nothing. */
  readonly mark: string;
  readonly lines: readonly string[];
}

/** The newest lines, whatever somebody put there. Null: there is no such file, or it cannot be read. */
export async function readLines(path: string): Promise<PokeFile | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat({ bigint: true });
      if (!found.isFile()) return null;
      const { ino, size, mtimeNs } = found;
      const length = Math.min(Number(size), longest);
      // What was added since the mark was taken belongs to the next one.
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, Number(size) - length);
      return { mark: `${ino} ${size} ${mtimeNs}`, lines: buffer.toString('utf8', 0, bytesRead).split('\n').filter((line) => line !== '') };
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
