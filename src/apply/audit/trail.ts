import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../runtime/clock.js';
import { syncDirectory } from '../../runtime/durable-file.js';
import { errorCode, errorMessage } from '../../runtime/errors.js';
import { isoInstant } from '../../runtime/instant.js';
import { lineHash, origin, recordLine, type AuditBody, type Link } from './record.js';
import { bytesOf, rotatedFiles, rotatedPath, splitLines } from './trail-files.js';
import { findEnd } from './trail-end.js';
import { openTrailHead } from './trail-head.js';

export interface TrailOptions {
  /** `audit.jsonl`; full files stand beside it. */
  readonly path: string;
  readonly headPath: string;
  /** Of the controller's world; it times the records. */
  readonly clock: Clock;
  /** Measures how old a file is: an imagined clock must not throw the trail away. */
  readonly realClock: Clock;
  /** Milliseconds for which records are kept, at least. */
  readonly keep: number;
  /** True: an earlier process has kept a trail here, so that none at all is a loss. */
  readonly expected?: boolean;
  readonly onDiskWrite: (what: string) => void;
  /** Bytes at which a file is full. */
  readonly fileSize?: number;
}

/** The chain of records on disk: appended, never changed. One process writes it, the one that holds the lock. */
export interface Trail {
  /** Records that began the refusals which stand, by key. */
  readonly standing: ReadonlyMap<string, number>;
  /**
   * Appends records in this order, with one fsync. Resolves also when the disk does not take them: they then wait in
   * memory and go before the next ones. The sequence number of the first; null when memory is full too.
   */
  append(bodies: readonly AuditBody[]): Promise<number | null>;
  /** As `append`, and makes the head say so: for records with which something ends. `update` says what stands after. */
  conclude(bodies: readonly AuditBody[], update?: (standing: ReadonlyMap<string, number>) => ReadonlyMap<string, number>): Promise<number | null>;
  /** Tries again what the disk did not take. Nothing waiting: no write. */
  flush(): Promise<void>;
  /** Why records wait in memory; null: all are on disk. */
  problem(): { readonly code: string; readonly message: string; readonly waiting: number } | null;
}

const fullFile = 1_048_576;
/** A quiet site's file is full after this long, or nothing in it would ever be old enough to go. */
const fileAge = 31 * 86_400_000;
/** Together with `audit.jsonl`; more go before their time, so that the trail never fills the disk. */
const mostFiles = 64;
/** Waiting in memory. */
const mostWaiting = 2_000;

/**
 * Opens the trail where an earlier process left it: a half line is marked, changes without an outcome are told, a cut or
 * changed end is recorded as a break. Nothing of all this: nothing is written.
 * @throws ConfigurationError when a newer program wrote it, or this user may not read it
 */
export async function openTrail(options: TrailOptions): Promise<{ readonly trail: Trail; readonly lost: readonly string[] }> {
  const { path, clock, realClock, keep, onDiskWrite, fileSize = fullFile, expected = false } = options;
  const headFile = openTrailHead(options.headPath, { readOnly: false, onDiskWrite });
  const { value: head, lost: lostHead } = await headFile.read();
  const end = await findEnd(path, head, expected);
  let last: Link = end.last;
  /** Of the current file. */
  let first: { readonly seq: number; readonly at: string } | null = end.first;
  let standing: ReadonlyMap<string, number> = new Map(Object.entries(head?.standing ?? {}));
  let waiting: { readonly text: string; readonly seq: number; readonly at: string }[] = [];
  /** `first`: the record that the disk has not taken; null: it has all of them, and not the head. */
  let trouble: { readonly code: string; readonly message: string; readonly since: string; readonly first: number | null } | null = null;
  let omitted = 0;
  let headDue = false;
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<R>(step: () => Promise<R>): Promise<R> {
    const run = turn.then(step, step);
    turn = run.catch(() => undefined);
    return run;
  }

  function chain(body: AuditBody): number {
    const [seq, at] = [last.seq + 1, isoInstant(clock.now())];
    const text = recordLine(body, { seq, at, prev: last.hash });
    last = { seq, hash: lineHash(text) };
    waiting.push({ text, seq, at });
    return seq;
  }

  async function add(bodies: readonly AuditBody[], concluding: boolean, update?: Parameters<Trail['conclude']>[1]): Promise<number | null> {
    if (update !== undefined) standing = update(standing);
    headDue ||= concluding;
    if (waiting.length + bodies.length > mostWaiting && trouble !== null) {
      omitted += bodies.length;
      await flush();
      return null;
    }
    const [seq] = bodies.map(chain);
    await flush();
    return seq ?? null;
  }

  async function flush(): Promise<void> {
    try {
      if (waiting.length > 0) {
        if (trouble !== null && trouble.first !== null) {
          const { code, since, first: from } = trouble;
          const behind = { first: from, last: last.seq, omitted };
          await write();
          trouble = null;
          omitted = 0;
          chain({ type: 'Delayed', since, ...behind, code });
        }
        await write();
      }
      if (headDue) {
        await headFile.write({ ...last, standing: Object.fromEntries(standing) });
        headDue = false;
      }
      trouble = null;
    } catch (error) {
      const behind = trouble?.first ?? waiting[0]?.seq ?? null;
      trouble = { since: trouble?.since ?? isoInstant(clock.now()), first: behind, code: errorCode(error), message: errorMessage(error) };
    }
  }

  /** All that waits, in one append; a file that is full gives way first. */
  async function write(): Promise<void> {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    const bytes = waiting.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0);
    const expired = await rotate(size, bytes);
    const batch = waiting;
    await appendLines(path, batch.map(({ text }) => text));
    waiting = waiting.slice(batch.length);
    first ??= batch[0] ?? null;
    onDiskWrite('audit');
    for (const each of expired) await rm(each, { force: true });
  }

  /** Files that may go once their going is on record. */
  async function rotate(size: number, coming: number): Promise<readonly string[]> {
    if (size === 0 || first === null) return [];
    const old = clock.now() - Date.parse(first.at) > fileAge;
    if (!old && size + coming <= fileSize) return [];
    try {
      await rename(path, rotatedPath(path, first.seq));
    } catch {
      // It grows on until it can be renamed: a record that is not written is worse than a long file.
      return [];
    }
    first = null;
    const all = await rotatedFiles(path);
    const gone: string[] = [];
    for (const [index, file] of all.entries()) {
      const { mtimeMs } = await stat(file.path);
      // By both clocks: one that is years ahead for a moment must not throw the trail away.
      const now = Math.min(realClock.now(), clock.now());
      if (now - mtimeMs <= keep && all.length - index < mostFiles) break;
      const lines = splitLines((await bytesOf(file.path)) ?? Buffer.alloc(0)).lines;
      const through = { seq: (all[index + 1]?.firstSeq ?? waiting[0]?.seq ?? 1) - 1, hash: lineHash(lines.at(-1) ?? Buffer.alloc(0)) };
      chain({ type: 'Retired', file: basename(file.path), through });
      gone.push(file.path);
    }
    return gone;
  }

  if (head === null && last.seq === origin.seq && end.repairs.length === 0) headDue = true;
  if (end.repairs.length > 0 || headDue) await inTurn(() => add(end.repairs, true));
  return {
    trail: {
      get standing() {
        return standing;
      },
      append: (bodies) => inTurn(() => add(bodies, false)),
      conclude: (bodies, update) => inTurn(() => add(bodies, true, update)),
      flush: () => inTurn(flush),
      problem: () => (trouble === null ? null : { code: trouble.code, message: trouble.message, waiting: waiting.length + omitted }),
    },
    lost: [...(lostHead === null ? [] : [lostHead]), ...end.lost],
  };
}

/** @throws the file system's error, the file as it was or, at worst, with a half line that the next append ends */
async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a+', 0o640);
  let size = 0;
  try {
    ({ size } = await file.stat());
    const { buffer } = size === 0 ? { buffer: null } : await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
    const halfLine = buffer !== null && buffer[0] !== 0x0a;
    try {
      await file.appendFile(`${halfLine ? '\n' : ''}${lines.map((line) => `${line}\n`).join('')}`);
      await file.datasync();
    } catch (error) {
      // What a full disk took of the first lines goes again: they are written whole, later.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
  if (size === 0) await syncDirectory(dirname(path));
}
