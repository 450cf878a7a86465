import type { MemberChange, MemberVerb } from './changes.js';

export interface GuardedChange {
  readonly change: MemberChange;
  readonly operation: string;
  /** Why it waits; null: it may go. */
  readonly held: string | null;
  /** It waits for a person, who releases the operation; false also where it waits for another change. */
  readonly approvable: boolean;
  /** A person has released it. */
  readonly approved: boolean;
  /** Counts against the next 24 h once it goes: nobody approved it. */
  readonly counts: boolean;
}

export interface GuardedPlan {
  readonly changes: readonly GuardedChange[];
  /** Names the operations that an approval would release; null when nothing waits for one. */
  readonly hash: string | null;
  /** What waits for a person, by verb, with a sentence for each reason. */
  readonly braked: readonly { readonly verb: MemberVerb; readonly reason: string }[];
  /** Everything that is still to do, adds that were begun included. */
  readonly operations: readonly string[];
  /** A first provisioning that needs nobody's approval. */
  readonly bootstrap: boolean;
  /** Somebody is still to be added. */
  readonly provisioning: boolean;
  readonly activeCount: number;
}
