/** What one complete or partial reading of a source held. */
export interface Snapshot<Item> {
  readonly items: readonly Item[];
  /** Changes exactly when the items do. */
  readonly revision: string;
  /** Milliseconds since the epoch when the reading began. */
  readonly readAt: number;
  /** False: what is absent from `items` may still exist. */
  readonly complete: boolean;
  /** False: nothing but this reading says so yet; what it lacks is not to be taken for gone. Absent: it may be. */
  readonly settled?: boolean;
  /** What `items` holds although the reading lacked it. */
  readonly kept?: KeptItems;
}

/** Items that vanished too suddenly to be believed. */
export interface KeptItems {
  readonly count: number;
  /** Milliseconds since the epoch of the first reading without them. */
  readonly since: number;
  /** One sentence with what ends it. */
  readonly text: string;
}

export interface SourceFailure {
  readonly code: string;
  /** One sentence with the remedy; no secrets, no names. */
  readonly message: string;
  /** Milliseconds since the epoch of the first failure in this row. */
  readonly since: number;
}

export type SourceName = 'planningCenter' | 'civicrm';

export interface SourceState<Item> {
  /** The last good snapshot; a failed read keeps it and ages it. Null until the first. */
  readonly snapshot: Snapshot<Item> | null;
  /** Why the latest read failed; null when it succeeded or none has ended yet. */
  readonly failure: SourceFailure | null;
  /** Sentences about what the source can read but an operator should mend; never a reason to stop. */
  readonly warnings?: readonly string[];
}

export interface Source<Item> {
  readonly name: SourceName;
  /** Milliseconds between polls. */
  readonly pollInterval: number;
  state(): SourceState<Item>;
  /** Reads now; never rejects, a failure is part of the state. Concurrent calls share one reading. */
  poll(): Promise<SourceState<Item>>;
  /** Polls by itself until the returned function is called. */
  start(): () => void;
  onChange(listener: () => void): () => void;
}
