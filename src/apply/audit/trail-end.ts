import { stat } from 'node:fs/promises';
import { putAside } from '../../runtime/state-file.js';
import { lineHash, origin, parseRecord, type AuditBody, type AuditRecord, type Link } from './record.js';
import { bytesOf, rotatedFiles, splitLines } from './trail-files.js';
import type { TrailHead } from './trail-head.js';

/** Where the trail that an earlier process left ends, and what has to be said about it before it goes on. */
export interface TrailEnd {
  readonly last: Link;
  /** Of `audit.jsonl`: its first record; null while it holds none. */
  readonly first: Pick<AuditRecord, 'seq' | 'at'> | null;
  readonly repairs: readonly AuditBody[];
  /** Sentences about what is lost. */
  readonly lost: readonly string[];
}

interface Placed {
  readonly record: AuditRecord;
  readonly hash: string;
}

/**
 * Reads the end of the trail. A half line at the very end is a power cut's, and no loss; records that `head` knows and
 * the files do not are. @param head null: there is none @param expected an earlier process has kept a trail here
 * @throws ConfigurationError when this user may not read it
 */
export async function findEnd(path: string, head: TrailHead | null, expected: boolean): Promise<TrailEnd> {
  const bytes = await wholeFile(path);
  const { lines, torn } = splitLines(bytes ?? Buffer.alloc(0));
  const current = withoutHalves(lines.flatMap(placed));
  const earlier = current.length === 0 || (head !== null && head.seq < (current[0]?.record.seq ?? 0)) ? await newestRotated(path) : [];
  const known = [...earlier, ...current];
  const newest = known.at(-1);
  const last: Link = newest === undefined ? origin : { seq: newest.record.seq, hash: newest.hash };
  const complaint = complaintOf(head, known, last, expected);
  const unusable = bytes !== null && bytes.length > 0 && current.length === 0;
  const repairs: AuditBody[] = [];
  if (torn.length > 0 && !unusable) repairs.push({ type: 'Repaired', bytes: torn.length, sha256: lineHash(torn) });
  if (complaint !== null) repairs.push({ type: 'Resumed', expected: head === null ? null : { seq: head.seq, hash: head.hash }, found: last, message: complaint });
  repairs.push(...interrupted(known));
  const aside = unusable ? `${path} is damaged and ${await putAside(path)}` : null;
  const what = complaint === null ? [] : [`${path}: ${complaint}; the trail goes on, and \`sexton audit verify\` shows the place.`];
  return {
    last: complaint === null || head === null || head.seq <= last.seq ? last : { ...last, seq: head.seq },
    first: current[0] === undefined ? null : { seq: current[0].record.seq, at: current[0].record.at },
    repairs,
    lost: [...(aside === null ? [] : [complaint === null ? `${aside}: it held no whole record; none is lost.` : `${aside}.`]), ...what],
  };
}

/** A half line can look whole once something was appended to it. */
function withoutHalves(all: readonly Placed[]): readonly Placed[] {
  const halves = new Set(all.flatMap(({ record }) => (record.type === 'Repaired' ? [record.sha256] : [])));
  return halves.size === 0 ? all : all.filter(({ hash }) => !halves.has(hash));
}

function placed(line: Buffer): readonly Placed[] {
  const record = parseRecord(line.toString('utf8'));
  return record === null ? [] : [{ record, hash: lineHash(line) }];
}

async function newestRotated(path: string): Promise<readonly Placed[]> {
  for (const { path: each } of [...(await rotatedFiles(path))].reverse()) {
    const found = splitLines((await bytesOf(each)) ?? Buffer.alloc(0)).lines.flatMap(placed);
    if (found.length > 0) return found;
  }
  return [];
}

/** What stands in the way of going on as if nothing had happened; null: nothing. */
function complaintOf(head: TrailHead | null, known: readonly Placed[], last: Link, expected: boolean): string | null {
  if (head === null && last.seq === 0) return expected ? 'the audit trail is missing, and audit-head.json with it: what was changed before is not on record' : null;
  if (head === null) return `audit-head.json is lost: whether records after ${last.seq} were cut off is not known`;
  if (head.seq > last.seq) {
    return last.seq === 0 ? `the audit trail is missing: records up to ${head.seq} are lost` : `records ${last.seq + 1} to ${head.seq} of the audit trail are lost`;
  }
  const kept = known.find(({ record }) => record.seq === head.seq);
  return kept === undefined || kept.hash === head.hash ? null : `record ${head.seq} of the audit trail is not the one that was written`;
}

/** Changes whose outcome nobody wrote down: the process ended in between. */
function interrupted(known: readonly Placed[]): AuditBody[] {
  const changes = new Map<string, number[]>();
  for (const { record } of known) {
    if (record.type === 'Change') changes.set(record.reconcile, [...(changes.get(record.reconcile) ?? []), record.seq]);
    if (record.type === 'Outcome') {
      const { first, last } = record;
      for (const [reconcile, seqs] of changes) changes.set(reconcile, seqs.filter((seq) => seq < first || seq > last));
    }
  }
  return [...changes].flatMap(([reconcile, seqs]): AuditBody[] => {
    const [first, last] = [seqs[0], seqs.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [{ type: 'Outcome', reconcile, first, last, failed: [], unknown: 'the process ended before it knew; the next reconcile looked at UniFi and went on from there' }];
  });
}

/** Null: there is none; a directory in its place is set aside. */
async function wholeFile(path: string): Promise<Buffer | null> {
  const isDirectory = await stat(path).then((found) => found.isDirectory(), () => false);
  if (!isDirectory) return bytesOf(path);
  await putAside(path);
  return null;
}
