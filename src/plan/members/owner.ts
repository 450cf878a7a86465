import { identity } from '../../desired/members/identity.js';
import type { UnifiUser } from '../../unifi/access-controller.js';
import type { OwnershipHold } from '../doors/owner.js';

/** How many users of ours were active: a number, no people. Another template of employee numbers counts others. */
export interface ActiveUsers {
  readonly template: string;
  readonly count: number;
}

export function activeUsers(users: readonly UnifiUser[], template: string): ActiveUsers {
  const ids = identity(template);
  return { template, count: users.filter(({ status, employeeNumber }) => status === 'ACTIVE' && ids.contactOf(employeeNumber) !== null).length };
}

/**
 * Fewer than half of the users that this installation left active are there: another controller, or one set back to
 * older data. A single user that is gone says nothing.
 */
export function usersReplaced(remembered: ActiveUsers | null, now: ActiveUsers): OwnershipHold | null {
  if (remembered === null || remembered.template !== now.template || remembered.count < 2 || now.count * 2 >= remembered.count) return null;
  return {
    reason: 'ControllerReplaced',
    message: `ControllerReplaced: UniFi has ${now.count} active users of this installation where ${remembered.count} were; is it another controller, or one set back to older data? Nothing is written to users; to go on with it: \`sexton adopt controller\``,
  };
}
