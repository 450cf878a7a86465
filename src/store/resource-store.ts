import type { Problem } from '../api/problem.js';
import type { Kind, Resource, StatusOf } from '../api/resource.js';

export type AdmissionReason = 'Valid' | 'Invalid' | 'Duplicate' | 'Singleton';

export interface Refusal {
  /** ISO 8601 UTC: when this version was first seen refused. */
  readonly since: string;
  readonly reason: Exclude<AdmissionReason, 'Valid'>;
  readonly problems: readonly Problem[];
}

/** One document of the directory, or an accepted resource whose document is refused. */
export interface StoredResource<K extends Kind = Kind> {
  readonly kind: K;
  readonly name: string;
  /** Path relative to the resource directory, and the line of the document. */
  readonly file: string;
  readonly line: number;
  /** The version in force: the last accepted one. Null: never accepted, nothing is in force. `metadata.generation` is set. */
  readonly accepted: Resource<K> | null;
  /** SHA-256 (hex) of the accepted spec after defaulting; null when nothing is accepted. */
  readonly specHash: string | null;
  /** ISO 8601 UTC; null when nothing is accepted. */
  readonly acceptedAt: string | null;
  /** Why the document as it stands is not in force; null: it is. */
  readonly refused: Refusal | null;
  /** Accepted all the same; an operator should know (a likely YAML 1.1 boolean, say). */
  readonly warnings: readonly Problem[];
  /** What the status file said at this reading; null when it said nothing readable. */
  readonly status: StatusOf<K> | null;
}

/** Accepted earlier, its document gone. */
export interface AbsentResource {
  readonly kind: Kind;
  readonly name: string;
  /** The last accepted version: it says how to revoke. */
  readonly accepted: Resource;
  /** True: absent in two readings at least 10 s apart, git idle: revoke it, then `forget` it. False: still in force. */
  readonly confirmed: boolean;
}

export interface ResourceReading {
  /** Sorted by kind, then name, then file. */
  readonly resources: readonly StoredResource[];
  readonly absent: readonly AbsentResource[];
  /** Documents without readable kind and name, and files that cannot be read at all. */
  readonly unreadable: readonly { readonly file: string; readonly line: number; readonly problems: readonly Problem[] }[];
  /** Set when the directory is empty, gone or unreadable: both planes suspend. A sentence for a person. */
  readonly suspended: string | null;
  /** Milliseconds until an unconfirmed absence can be confirmed; null when there is none. */
  readonly confirmAbsenceIn: number | null;
  /** Where status files went that could not be written beside their files; absent while they stand there. */
  readonly statusElsewhere?: string;
}

export interface StatusUpdate {
  readonly kind: Kind;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly status: Readonly<Record<string, unknown>>;
}

export interface ResourceStore {
  /** A fresh reading of everything, admission applied. Watching only says when to call it again. */
  list(): Promise<ResourceReading>;
  onChange(listener: () => void): () => void;
  /** The whole set: status files whose content changes are written, files no longer named are removed. */
  writeStatus(updates: readonly StatusUpdate[], unreadable: ResourceReading['unreadable']): Promise<void>;
  /** After an absent resource was revoked: drops its accepted version. */
  forget(kind: Kind, name: string): Promise<void>;
  close(): Promise<void>;
}
