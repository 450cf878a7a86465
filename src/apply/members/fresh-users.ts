import type { Clock } from '../../runtime/clock.js';
import type { AccessReader } from '../../unifi/access-controller.js';

/** A list of all users says who is there for this many milliseconds, or this many times as long as it took to read. */
const maxAge = 5_000;
const timesAsLong = 5;

export interface FreshUsers {
  /** Whether any user carries this employee number, as UniFi has just said. @throws when it cannot be read */
  isTaken(employeeNumber: string): Promise<boolean>;
}

/** Read again right before users are created: another process, or a request whose answer was lost, may have made them. */
export function freshUsers(unifi: AccessReader, clock: Clock): FreshUsers {
  let listed: { readonly numbers: Promise<ReadonlySet<string>>; until: number } | null = null;

  function list(): Promise<ReadonlySet<string>> {
    const started = clock.monotonic();
    const next = {
      until: Infinity,
      numbers: unifi.listUsers().then((users) => {
        const ended = clock.monotonic();
        next.until = ended + Math.max(maxAge, timesAsLong * (ended - started));
        return new Set(users.map(({ employeeNumber }) => employeeNumber));
      }),
    };
    listed = next;
    // A list that could not be read stands in nobody else's way.
    next.numbers.catch(() => {
      next.until = 0;
    });
    return next.numbers;
  }

  return {
    isTaken: async (employeeNumber) => {
      const numbers = listed === null || clock.monotonic() > listed.until ? list() : listed.numbers;
      return (await numbers).has(employeeNumber);
    },
  };
}
