import { basename } from 'node:path';
import { lineHash, parseRecord, type AuditRecord } from './record.js';
import { bytesOf, rotatedFiles, splitLines } from './trail-files.js';

/** One line of the trail, in the order in which it was written. */
export interface TrailLine {
  /** Name of the file in the state directory. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Null: it is no record. */
  readonly record: AuditRecord | null;
  /** SHA-256 (hex) of its bytes. */
  readonly hash: string;
  /** True: it has no end, as a power cut or a write under way leaves it. */
  readonly torn: boolean;
}

/** Every line of every file of the trail, oldest first. @throws ConfigurationError when this user may not read it */
export async function* readTrail(auditPath: string): AsyncGenerator<TrailLine> {
  const rotated = await rotatedFiles(auditPath);
  // Read before the others: a file that fills up meanwhile must not be missed.
  const current = await bytesOf(auditPath);
  const later = (await rotatedFiles(auditPath)).filter(({ path }) => !rotated.some((each) => each.path === path));
  for (const { path } of later.length > 0 && current !== null ? rotated : [...rotated, ...later]) yield* linesOf(path, await bytesOf(path));
  yield* linesOf(auditPath, current);
}

function* linesOf(path: string, bytes: Buffer | null): Generator<TrailLine> {
  const { lines, torn } = splitLines(bytes ?? Buffer.alloc(0));
  const file = basename(path);
  for (const [index, line] of [...lines, ...(torn.length === 0 ? [] : [torn])].entries()) {
    yield { file, line: index + 1, record: parseRecord(line.toString('utf8')), hash: lineHash(line), torn: index >= lines.length };
  }
}
