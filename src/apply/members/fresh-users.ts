import type { Clock } from '../../runtime/clock.js';
import type { AccessReader } from '../../unifi/access-controller.js';

/** Milliseconds for which a list of all users says who is there. */
const maxAge = 5_000;

export interface FreshUsers {
  /** Whether any user carries this employee number, as UniFi has just said. @throws when it cannot be read */
  isTaken(employeeNumber: string): Promise<boolean>;
}

/** Read again right before users are created: another process, or a request whose answer was lost, may have made them. */
export function freshUsers(unifi: AccessReader, clock: Clock): FreshUsers {
  let listed: { readonly at: number; readonly numbers: Promise<ReadonlySet<string>> } | null = null;
  const numbers = async (): Promise<ReadonlySet<string>> => new Set((await unifi.listUsers()).map(({ employeeNumber }) => employeeNumber));
  return {
    async isTaken(employeeNumber) {
      if (listed === null || clock.monotonic() - listed.at > maxAge) listed = { at: clock.monotonic(), numbers: numbers() };
      return (await listed.numbers).has(employeeNumber);
    },
  };
}
