import { createHash } from 'node:crypto';
import { isRecord } from '../../runtime/record.js';
import { escapeJson } from '../../runtime/text.js';

/** Why a change is made: the declaration, event or person behind it. Contacts by id, never by name. */
export interface AuditCause {
  readonly kind: string;
  /** `OfficeHours/weekdays`, `event/140@2026-11-21T18:00:00Z`, `TierMapping/tiers` */
  readonly ref: string;
  readonly text: string;
  /** Where the declaration stands, relative to the resource directory, and which version of it. */
  readonly file?: string;
  readonly generation?: number;
  /** Of a file that a command wrote: who gave the order, and why. */
  readonly by?: string;
  readonly reason?: string;
}

/** Who released a held plan. */
export interface Approver {
  /** As the command wrote it down. */
  readonly by: string;
  /** The user that owns the approval's file; null where the system has no such idea. */
  readonly uid: number | null;
  readonly at: string;
  readonly plan: string;
}

/** One change before it is sent to UniFi: what, why, and what stood there. No name, e-mail or whole card number. */
export interface AuditedChange {
  readonly plane: 'doors' | 'members';
  readonly verb: string;
  readonly object: { readonly kind: string; readonly id: string | null; readonly name: string };
  readonly contact?: number;
  readonly doorGroups?: readonly string[];
  readonly doors?: readonly { readonly id: string; readonly name: string }[];
  readonly before: unknown;
  readonly after: unknown;
  /** When doors open by this change; `causes` are places in the list of that name. */
  readonly windows?: readonly { readonly start: string; readonly end: string; readonly causes: readonly number[] }[];
  readonly causes: readonly AuditCause[];
  readonly approved?: Approver;
}

/** Something that was not done, for as long as it is not. `key` is the same as long as it is the same refusal. */
export interface Refusal {
  readonly key: string;
  readonly plane: 'doors' | 'members' | 'approvals';
  readonly reason: string;
  readonly object: { readonly kind: string; readonly name: string };
  readonly message: string;
  readonly contact?: number;
  readonly doorGroups?: readonly string[];
}

/** The place of a record in the chain. */
export interface Link {
  readonly seq: number;
  /** SHA-256 (hex) of the whole line, without its end. */
  readonly hash: string;
}

export type AuditBody =
  | ({ readonly type: 'Change'; readonly reconcile: string; readonly revision?: string } & AuditedChange)
  /** What became of the changes `first` to `last`; those that are not named are done. `unknown`: nobody saw. */
  | {
      readonly type: 'Outcome';
      readonly reconcile: string;
      readonly first: number;
      readonly last: number;
      readonly failed: readonly { readonly seq: number; readonly code: string; readonly message: string }[];
      readonly unknown?: string;
    }
  | ({ readonly type: 'Refused'; readonly reconcile: string } & Refusal)
  | { readonly type: 'Lifted'; readonly reconcile: string; readonly of: number; readonly key: string }
  /** What a person did by a command, taken over from the note that it left. */
  | {
      readonly type: 'Ordered';
      readonly order: string;
      readonly ref: string;
      readonly files: readonly string[];
      readonly by: string;
      readonly uid: number | null;
      readonly given: string;
      readonly reason?: string;
    }
  /** A line that a power cut left half written stands before; it is no record. */
  | { readonly type: 'Repaired'; readonly bytes: number; readonly sha256: string }
  /** The chain is broken here, and goes on. */
  | { readonly type: 'Resumed'; readonly expected: Link | null; readonly found: Link; readonly message: string }
  /** A file that was older than the retention was removed. */
  | { readonly type: 'Retired'; readonly file: string; readonly through: Link }
  /** The disk took no records for a while: `first` to `last` waited in memory, and `omitted` more were not kept. */
  | { readonly type: 'Delayed'; readonly since: string; readonly first: number; readonly last: number; readonly omitted: number; readonly code: string };

export type AuditRecord = AuditBody & {
  readonly seq: number;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** The hash of the record before; 64 zeros in the first. */
  readonly prev: string;
};

/** Before the first record. */
export const origin: Link = { seq: 0, hash: '0'.repeat(64) };

export function recordLine(body: AuditBody, { seq, at, prev }: Pick<AuditRecord, 'seq' | 'at' | 'prev'>): string {
  const { type, ...rest } = body;
  return escapeJson(JSON.stringify({ seq, at, type, ...rest, prev }));
}

export function lineHash(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex');
}

/** Null for anything that this program did not write as a record. A type of a later version is a record too. */
export function parseRecord(line: string): AuditRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    if (!isRecord(value)) return null;
    const { seq, at, type, prev } = value;
    const sound = Number.isSafeInteger(seq) && Number(seq) > 0 && typeof at === 'string' && typeof type === 'string' && typeof prev === 'string' && /^[0-9a-f]{64}$/.test(prev);
    return sound ? (value as unknown as AuditRecord) : null;
  } catch {
    return null;
  }
}
