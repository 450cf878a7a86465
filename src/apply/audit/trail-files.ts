import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError, TransientError, errorCode, errorMessage } from '../../runtime/errors.js';

/** A file of the trail that is full: `audit-0000000042.jsonl` begins with record 42. */
export interface RotatedFile {
  readonly path: string;
  readonly firstSeq: number;
}

export function rotatedPath(auditPath: string, firstSeq: number): string {
  return join(dirname(auditPath), `${stem(auditPath)}-${String(firstSeq).padStart(10, '0')}.jsonl`);
}

/** Oldest first. */
export async function rotatedFiles(auditPath: string): Promise<readonly RotatedFile[]> {
  const directory = dirname(auditPath);
  const names = await readdir(directory).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw unreadable(directory, error);
  });
  const shape = new RegExp(`^${stem(auditPath)}-(\\d{10,})\\.jsonl$`);
  return names
    .flatMap((name) => {
      const digits = shape.exec(name)?.[1];
      return digits === undefined ? [] : [{ path: join(directory, name), firstSeq: Number(digits) }];
    })
    .sort((a, b) => a.firstSeq - b.firstSeq);
}

/** Null: there is none. @throws ConfigurationError when this user may not read it */
export async function bytesOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  const code = errorCode(error);
  const details = { code, cause: error };
  if (code === 'EACCES' || code === 'EPERM') return new ConfigurationError(`${path} cannot be read (${code}): give it to the user that runs sexton`, details);
  return new TransientError(`${path} cannot be read: ${errorMessage(error)}`, details);
}

function stem(auditPath: string): string {
  return basename(auditPath, '.jsonl');
}

/** Whole lines without their ends, and what stands after the last end of line: a power cut's half line. */
export function splitLines(bytes: Buffer): { readonly lines: readonly Buffer[]; readonly torn: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, torn: bytes.subarray(start) };
}
