import type { Applied } from '../outcome.js';
import type { AuditBody, AuditedChange, Refusal } from './record.js';
import type { Trail } from './trail.js';

type Failure = Applied<unknown>['error'];

/** What the planes tell the audit trail. It holds up no change: what the disk does not take waits in memory and is told. */
export interface Audit {
  /** On record, each with its causes, before any of them is sent; what became of them has to follow. */
  begin(changes: readonly AuditedChange[]): Promise<BegunChanges>;
  /** All that is refused now by one plane: what is new is recorded, and what no longer is. Nothing of that: no write. */
  refuse(plane: Refusal['plane'], refusals: readonly Refusal[]): Promise<void>;
  ordered(orders: readonly Omit<Extract<AuditBody, { readonly type: 'Ordered' }>, 'type'>[]): Promise<void>;
  /** Why records wait in memory; null: all are on disk. */
  problem(): { readonly code: string; readonly message: string; readonly waiting: number } | null;
}

export interface BegunChanges {
  /** In the order of the changes; null: done. `unknown`: why nobody can say. Durable when it resolves. */
  end(outcomes: readonly Failure[] | { readonly unknown: string }): Promise<void>;
}

/** Records nothing: for whoever only looks. */
export const silentAudit: Audit = {
  begin: () => Promise.resolve({ end: () => Promise.resolve() }),
  refuse: () => Promise.resolve(),
  ordered: () => Promise.resolve(),
  problem: () => null,
};

/** @param revision of the resources, where it is known */
export function auditOn(trail: Trail, { process, revision }: { readonly process: string; readonly revision: () => Promise<string | null> }): Audit {
  let runs = 0;
  const nextRun = (plane: string): string => {
    runs += 1;
    return `${plane}/${process}-${runs}`;
  };

  return {
    async begin(changes) {
      const [some] = changes;
      if (some === undefined) return { end: () => Promise.resolve() };
      const reconcile = nextRun(some.plane);
      const known = await revision().catch(() => null);
      const first = await trail.append(changes.map((change): AuditBody => ({ type: 'Change', reconcile, ...(known === null ? {} : { revision: known }), ...change })));
      return {
        async end(outcomes) {
          if (first === null) return trail.flush();
          const failed = 'unknown' in outcomes ? [] : outcomes.flatMap((error, index) => (error === null ? [] : [{ seq: first + index, ...error }]));
          const unknown = 'unknown' in outcomes ? { unknown: outcomes.unknown } : {};
          await trail.conclude([{ type: 'Outcome', reconcile, first, last: first + changes.length - 1, failed, ...unknown }]);
        },
      };
    },

    async ordered(orders) {
      await trail.conclude(orders.map((order): AuditBody => ({ type: 'Ordered', ...order })));
    },
    problem: () => trail.problem(),

    async refuse(plane, refusals) {
      const { standing } = trail;
      const now = new Map(refusals.map((refusal) => [refusal.key, refusal]));
      const fresh = [...now.values()].filter(({ key }) => !standing.has(key));
      const lifted = [...standing].filter(([key]) => key.startsWith(`${plane}/`) && !now.has(key));
      if (fresh.length === 0 && lifted.length === 0) return trail.flush();
      const reconcile = nextRun(plane);
      const first = await trail.append([
        ...lifted.map(([key, of]): AuditBody => ({ type: 'Lifted', reconcile, of, key })),
        ...fresh.map((refusal): AuditBody => ({ type: 'Refused', reconcile, ...refusal })),
      ]);
      const began = fresh.flatMap(({ key }, index) => (first === null ? [] : [[key, first + lifted.length + index] as const]));
      await trail.conclude([], (before) => new Map([...[...before].filter(([key]) => !lifted.some(([gone]) => gone === key)), ...began]));
    },
  };
}

/**
 * Carries changes out on record. Work that throws leaves their outcome unknown.
 * @param outcomesOf in the order of `changes`; null: done
 */
export async function onRecord<Result>(
  audit: Audit,
  changes: readonly AuditedChange[],
  work: () => Promise<Result>,
  outcomesOf: (result: Result) => readonly Failure[],
): Promise<Result> {
  const begun = await audit.begin(changes);
  try {
    const result = await work();
    await begun.end(outcomesOf(result));
    return result;
  } catch (error) {
    await begun.end({ unknown: 'the run ended before it knew; the next reconcile looked at UniFi and went on from there' });
    throw error;
  }
}
