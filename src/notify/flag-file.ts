import { rm } from 'node:fs/promises';
import { writeDurably } from '../runtime/durable-file.js';
import { isoSeconds } from '../runtime/instant.js';
import type { AlertRecord } from './transitions.js';
import type { Wording } from './message.js';

/** A file in the runtime directory that is there exactly while something holds: for people, and for any monitoring. */
export interface FlagFile {
  /** Replaces the file when its text changes; removes it when nothing holds. @throws the file system's error */
  show(records: readonly AlertRecord[]): Promise<void>;
}

export function createFlagFile(path: string, wording: Wording): FlagFile {
  let shown: string | null = null;
  return {
    async show(records) {
      const text = records.map((record) => blockOf(record, wording)).join('\n');
      if (text === shown) return;
      // An earlier process may have left one.
      if (text === '') await rm(path, { force: true });
      else await writeDurably({ path, content: text, mode: 0o644 });
      shown = text;
    },
  };
}

function blockOf({ told, since }: AlertRecord, { site, time, timeZone }: Wording): string {
  const { severity, subject, what, todo, command } = told;
  const lines = [`${severity.toUpperCase()} ${site}: ${subject}`, what, `Since ${time.full(isoSeconds(since))} (${timeZone}).`, todo, ...(command === null ? [] : [`  ${command}`])];
  return lines.map((line) => `${line}\n`).join('');
}
