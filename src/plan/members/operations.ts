import type { Operation } from '../plan-hash.js';
import type { MemberChange } from './changes.js';

/**
 * What a person approves: how the contact stands in the end. What a change does on the way is left out, so that one that
 * was broken off half way, or made a user and so its id, is still the operation that was approved and counted.
 */
export function operationOf(change: MemberChange): Operation {
  const { verb, contact, userId } = change;
  switch (change.verb) {
    case 'add':
      return { verb, contact, ids: [], before: null, after: [change.name, change.employeeNumber, change.policies, change.number, ...(change.email === null ? [] : [change.email])] };
    case 'deactivate':
      return { verb, contact, ids: [userId], before: null, after: null };
    case 'rename':
      return { verb, contact, ids: [userId], before: change.before, after: change.email === null ? change.name : [change.name, change.email] };
    case 'policy':
      return { verb, contact, ids: [userId], before: change.before, after: change.policies };
    case 'card':
      return { verb, contact, ids: [userId], before: null, after: change.number };
  }
}
