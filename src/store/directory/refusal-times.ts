import { type Problem, formatProblem } from '../../api/problem.js';
import { plain } from '../../runtime/text.js';
import { isRecord } from '../../runtime/record.js';

/** Since when: by the key of the document, its problems, and the status that was read beside it. */
export type Since = (key: string, problems: readonly Problem[], status: Readonly<Record<string, unknown>> | null, now: string) => string;

interface Refused {
  readonly fingerprint: string;
  readonly since: string;
}

/** When each refused version was first seen, from reading to reading and, through the status files, across restarts. */
export class RefusalTimes {
  #known: ReadonlyMap<string, Refused> = new Map();

  /** One reading; what it does not ask for is forgotten. */
  during<T>(reading: (since: Since) => T): T {
    const next = new Map<string, Refused>();
    const result = reading((key, problems, status, now) => {
      const fingerprint = fingerprintOf(problems);
      const known = this.#known.get(key);
      const since = known?.fingerprint === fingerprint ? known.since : (continuedSince(problems, status) ?? now);
      next.set(key, { fingerprint, since });
      return since;
    });
    this.#known = next;
    return result;
  }
}

/** The time that a status gives for the very same problems; null when it speaks of others or of none. */
export function continuedSince(problems: readonly Problem[], status: Readonly<Record<string, unknown>> | null): string | null {
  const refused = status?.['refused'];
  if (!isRecord(refused) || typeof refused['since'] !== 'string' || !Array.isArray(refused['problems'])) return null;
  const before = refused['problems'].filter(isRecord) as unknown as readonly Problem[];
  return fingerprintOf(before) === fingerprintOf(problems) ? refused['since'] : null;
}

function fingerprintOf(problems: readonly Problem[]): string {
  return problems.map((problem) => plain(formatProblem(problem))).join('\n');
}
