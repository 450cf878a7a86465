import type { MemberChange } from '../../plan/members/changes.js';
import { failure, type Applied } from '../outcome.js';

/** What failed in this run, and which later steps of the same member wait for the next one because of it. */
export class Failures {
  readonly #byChange = new Map<MemberChange, unknown>();
  /** Contacts whose card did not get where it should be. */
  readonly #byContact = new Map<number, unknown>();

  record(change: MemberChange, error: unknown): void {
    this.#byChange.set(change, error);
    if (change.verb === 'card') this.#byContact.set(change.contact, error);
  }

  stops(change: MemberChange): boolean {
    return this.#cause(change) !== undefined;
  }

  of(change: MemberChange): Applied<MemberChange>['error'] {
    const error = this.#cause(change);
    return error === undefined ? null : failure(error);
  }

  /** Only what grants waits for a card that failed: a loss waits for nothing, and no door asks for a name. */
  #cause(change: MemberChange): unknown {
    const own = this.#byChange.get(change);
    if (own !== undefined || change.verb !== 'policy') return own;
    const takes = change.before.some((id) => !change.policies.includes(id));
    return takes ? undefined : this.#byContact.get(change.contact);
  }
}
