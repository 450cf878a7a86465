import type { Problem } from '../api/problem.js';

/** Why the newest commit, or the branch, is not what is served. */
export type RefusalReason =
  | 'BranchMissing'
  | 'HistoryRewritten'
  | 'SignatureMissing'
  | 'SignatureInvalid'
  | 'PathMissing'
  | 'TooLarge'
  | 'Unservable'
  | 'Empty'
  | 'LocalEdits'
  | 'Invalid';

/** A commit that is served. Instants are ISO 8601 UTC. */
export interface Revision {
  /** The full hash. */
  readonly commit: string;
  readonly branch: string;
  /** When its author made it. */
  readonly authoredAt: string;
  /** When a pull put it in place. */
  readonly pulledAt: string;
}

export interface RefusedRevision {
  /** Null: it is the branch that is refused. */
  readonly commit: string | null;
  readonly authoredAt: string | null;
  /** The first pull that refused this; it stays while the refusal does, so that it is told once. */
  readonly since: string;
  readonly reason: RefusalReason;
  /** What is wrong and what to do, without names of people. */
  readonly message: string;
  /** Files as the repository has them. */
  readonly problems: readonly Problem[];
}

/** How git-ops stands: what `status`, `/metrics` and alerts tell. */
export interface GitOpsState {
  /** Null: no pull has switched yet. */
  readonly revision: Revision | null;
  /** Null: the newest commit that was seen is served. */
  readonly refused: RefusedRevision | null;
  /** The last time the repository answered; null: not since this machine started. */
  readonly fetchedAt: string | null;
  /** Null: the last pull reached its end. */
  readonly failed: { readonly since: string; readonly code: string; readonly message: string } | null;
  /** How often pulls are expected. */
  readonly intervalSeconds: number;
}
