import { appendFile, open, rename, stat, type FileHandle } from 'node:fs/promises';
import { errorCode, errorMessage } from '../runtime/errors.js';
import { putAside } from '../runtime/state-file.js';
import { escapeJson } from '../runtime/text.js';
import type { ControllerEvent } from '../status/events.js';

export interface EventLogOptions {
  readonly path: string;
  readonly onDiskWrite: (what: string) => void;
  /** What stood there could not be used and was put aside. */
  readonly onLost: (text: string) => void;
  /** Events wait in memory; null: they are on disk again. */
  readonly onTrouble: (text: string | null) => void;
}

/** `events.jsonl`: one JSON object a line; a full file becomes `.1`, and the one before it is dropped. */
export interface EventLog {
  /** What the disk does not take waits for the next call, the newest few hundred of it. @throws never */
  append(events: readonly ControllerEvent[]): Promise<void>;
}

const largest = 1_048_576;
const mostWaiting = 500;
/** Whether a file is ours shows in its end. */
const lookedAt = 65_536;

export function openEventLog({ path, onDiskWrite, onLost, onTrouble }: EventLogOptions): EventLog {
  let waiting: readonly ControllerEvent[] = [];
  let inTrouble = false;
  /** A file that is not ours is noticed at once, not when something happens. */
  let lookedAtOnce = false;
  // One at a time: a file that is full is renamed once.
  let turn: Promise<unknown> = Promise.resolve();

  async function append(events: readonly ControllerEvent[]): Promise<void> {
    waiting = [...waiting, ...events].slice(-mostWaiting);
    if (waiting.length === 0 && lookedAtOnce) return;
    try {
      const { size, prefix, unusable } = await lookAt(path);
      lookedAtOnce = true;
      if (unusable) onLost(`${path} is damaged and ${await putAside(path)}: what happened before stands only there.`);
      if (waiting.length === 0) return;
      // One that cannot be renamed grows on: an event that is not written is worse.
      if (!unusable && size > largest) await rename(path, `${path}.1`).catch(() => undefined);
      await appendFile(path, `${prefix}${waiting.map((event) => `${escapeJson(JSON.stringify(event))}\n`).join('')}`, { mode: 0o640 });
      waiting = [];
      onDiskWrite('events');
      if (inTrouble) onTrouble(null);
      inTrouble = false;
    } catch (error) {
      inTrouble = true;
      onTrouble(`${path} cannot be written (${errorCode(error)}: ${errorMessage(error)}): ${waiting.length} events wait in memory; free space on its disk, or give the file to the user that runs sexton`);
    }
  }

  return {
    append(events) {
      const next = turn.then(() => append(events));
      turn = next;
      return next;
    },
  };
}

/** A half line at the end, of a power cut or of a full disk, gets its end; a file without one whole line is not ours. */
async function lookAt(path: string): Promise<{ readonly size: number; readonly prefix: string; readonly unusable: boolean }> {
  const found = await stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (found === null || found.size === 0) return { size: 0, prefix: '', unusable: found?.isDirectory() === true };
  if (!found.isFile()) return { size: 0, prefix: '', unusable: true };
  const end = await endOf(path, found.size);
  const halfLine = !end.endsWith('\n');
  const usable = end.split('\n').some(isObject) || found.size > end.length;
  return { size: found.size, prefix: usable && halfLine ? '\n' : '', unusable: !usable };
}

async function endOf(path: string, size: number): Promise<string> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'r');
    const length = Math.min(size, lookedAt);
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    return buffer.toString('latin1');
  } finally {
    await file?.close();
  }
}

function isObject(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object' && line !== 'null';
  } catch {
    return false;
  }
}
