import { isRecord } from '../runtime/record.js';
import { plain } from '../runtime/text.js';

/** What a person did by a command that leaves no file of its own behind: `approvals/order-<stamp>.json`, for the audit trail. */
export interface Order {
  /** `restore`, `suspend`, `resume` */
  readonly order: string;
  /** `140@2026-11-21T18:00:00Z`, `OfficeHours/weekdays` */
  readonly ref: string;
  /** What was written or removed, relative to the resource directory. */
  readonly files: readonly string[];
  readonly by: string;
  readonly at: string;
  readonly reason?: string;
  /** The user that owns the note's file; null where the system has no such idea. */
  readonly uid: number | null;
}

const longest = 300;

/** Null for anything that no command wrote. */
export function parseOrder(text: string): Omit<Order, 'uid'> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value['version'] !== 1) return null;
  const { order, ref, files, by, at, reason } = value;
  if (![order, ref, by, at].every((each) => typeof each === 'string') || !Array.isArray(files) || !files.every((each) => typeof each === 'string')) return null;
  const short = (each: unknown): string => Array.from(plain(String(each))).slice(0, longest).join('');
  return {
    order: short(order),
    ref: short(ref),
    files: files.slice(0, 50).map(short),
    by: short(by),
    at: short(at),
    ...(typeof reason === 'string' ? { reason: short(reason) } : {}),
  };
}
