import { origin, type Link } from './record.js';
import type { TrailLine } from './read-trail.js';

export interface Break {
  readonly file: string;
  /** 1-based; 0: the file as a whole. */
  readonly line: number;
  readonly message: string;
}

export interface Verification {
  readonly records: number;
  readonly files: number;
  /** ISO 8601 UTC of the first and last record; null without any. */
  readonly from: string | null;
  readonly to: string | null;
  /** Null: there is no record. */
  readonly head: Link | null;
  readonly breaks: readonly Break[];
  /** What is no break and still worth a sentence: a power cut's half line, a file gone by its age. */
  readonly notes: readonly string[];
  /** Whether one of the records has the hash that was asked for. */
  readonly holdsHash: boolean;
}

export interface VerifyInputs {
  /** Read twice: a half line is known as one only by a later record. */
  readonly lines: () => AsyncIterable<TrailLine>;
  /** What `audit-head.json` says; null: there is none, `undefined`: it cannot be used. */
  readonly head: Link | null | undefined;
  /** True: a controller has run here, which leaves a trail. */
  readonly expected: boolean;
  /** Of a record, noted earlier and elsewhere; null: none. */
  readonly noted: string | null;
  /** Names of the two files, for the report. */
  readonly names: { readonly trail: string; readonly head: string };
}

type Place = Pick<TrailLine, 'file' | 'line'>;

/**
 * Whether every record stands as it was written, after the one that was before it, up to the end that the head knows.
 * It proves that nothing was edited, inserted, left out or cut since, unless whoever did it also computed all later
 * records and the head anew; against that, compare a hash noted elsewhere.
 */
export async function verifyTrail({ lines, head, expected, noted, names }: VerifyInputs): Promise<Verification> {
  const breaks: Break[] = [];
  const notes: string[] = [];
  const files = new Set<string>();
  const halves = new Map<string, Place>();
  const repaired = await repairedLines(lines());
  const retired: Link[] = [];
  let begins: (Link & Place & { readonly prev: string }) | null = null;
  let last: (Link & Place) | null = null;
  let [records, from, to, headHash, holdsHash] = [0, null as string | null, null as string | null, null as string | null, false];
  const tell = ({ file, line }: Place, message: string): number => breaks.push({ file, line, message });

  for await (const { record, hash, torn, ...place } of lines()) {
    files.add(place.file);
    if (record === null || torn || repaired.has(hash)) {
      if (torn) notes.push(`${place.file}:${place.line}: the last line has no end; the next start of the controller marks it`);
      else halves.set(hash, place);
      continue;
    }
    const { seq, prev, at } = record;
    begins ??= { seq, hash, prev, ...place };
    if (record.type === 'Resumed') tell(place, record.message);
    else if (last !== null && prev !== last.hash) tell(seq === last.seq + 1 ? last : place, seq === last.seq + 1 ? `record ${last.seq} was changed after it was written: record ${seq} holds another hash of it` : gap(last.seq, seq));
    else if (last !== null && seq !== last.seq + 1) tell(place, gap(last.seq, seq));
    if (record.type === 'Retired') retired.push(record.through);
    if (record.type === 'Delayed') notes.push(`${place.file}:${place.line}: records ${record.first} to ${record.last} waited in memory since ${record.since} (${record.code})${record.omitted === 0 ? '' : `; ${record.omitted} more were not kept`}`);
    if (head?.seq === seq) headHash = hash;
    holdsHash ||= noted === hash;
    records += 1;
    from ??= at;
    to = at;
    last = { seq, hash, ...place };
  }

  for (const [hash, place] of halves) {
    if (repaired.has(hash)) notes.push(`${place.file}:${place.line}: a line that a power cut left half written; it is no record`);
    else tell(place, 'is no record: it was written over, or by somebody else');
  }
  if (begins !== null && !startsWell(begins, retired)) tell(begins, begins.seq === 1 ? 'the first record follows another one that is not there' : `records up to ${begins.seq - 1} are missing`);
  for (const { file, line, message } of endBreaks({ head, expected, names }, last, headHash)) tell({ file, line }, message);
  return {
    records,
    files: files.size,
    from,
    to,
    head: last === null ? null : { seq: last.seq, hash: last.hash },
    breaks: breaks.sort((a, b) => (a.file === b.file ? a.line - b.line : 0)),
    notes,
    holdsHash,
  };
}

async function repairedLines(lines: AsyncIterable<TrailLine>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const { record } of lines) if (record?.type === 'Repaired') found.add(record.sha256);
  return found;
}

function gap(before: number, seq: number): string {
  if (seq > before + 2) return `records ${before + 1} to ${seq - 1} are missing before it`;
  return seq === before + 2 ? `record ${before + 1} is missing before it` : `record ${seq} stands after record ${before}: lines were exchanged or repeated`;
}

/** The very first record, or the one after a file that went by its age. */
function startsWell({ seq, prev }: { readonly seq: number; readonly prev: string }, retired: readonly Link[]): boolean {
  if (seq === 1) return prev === origin.hash;
  return retired.some((through) => through.seq === seq - 1 && through.hash === prev);
}

function endBreaks({ head, expected, names }: Pick<VerifyInputs, 'head' | 'expected' | 'names'>, last: (Link & Place) | null, headHash: string | null): Break[] {
  const file = last?.file ?? names.trail;
  const line = last?.line ?? 0;
  if (head === undefined) return [{ file: names.head, line: 0, message: 'cannot be used: whether the end of the trail was cut off is not known; the next start of the controller makes it anew' }];
  if (head === null) {
    if (last === null) return expected ? [{ file: names.trail, line: 0, message: 'is missing, and audit-head.json with it: what was changed before is not on record' }] : [];
    return [{ file: names.head, line: 0, message: 'is missing: whether the end of the trail was cut off is not known; the next start of the controller makes it anew' }];
  }
  if (head.seq > (last?.seq ?? 0)) return [{ file, line, message: `the trail ends here, and records ${(last?.seq ?? 0) + 1} to ${head.seq} were written after it: its end was cut off` }];
  if (head.seq === 0 || headHash === null || headHash === head.hash) return [];
  return [{ file, line, message: `record ${head.seq} is not the one that was written: ${names.head} holds another hash of it` }];
}
