import { doorChangeView, holidayGroupView, memberChangeViews, openingViews, ruleChangeViews } from './change-view.js';
import type { DoorsReport, MembersReport, PlaneRun } from './report.js';
import type { PlanePlanView } from './view.js';

/** What the doors plane would change, or waits to. */
export function doorsPlan({ report, failure }: PlaneRun<DoorsReport>): PlanePlanView {
  const groups = report?.groups ?? [];
  const removed = report?.removed ?? [];
  const withheld = report?.withheld ?? false;
  const waiting = removed.filter(({ confirmed }) => !confirmed);
  return {
    plane: 'doors',
    hash: report?.openings.hash ?? null,
    changes: [
      ...openingViews(report?.openings),
      ...(report?.holidayGroups ?? []).map((change) => holidayGroupView(change, withheld)),
      ...[...removed.map(({ changes }) => changes), ...groups.map(({ plan }) => plan.changes)].flat().map((change) => doorChangeView(change, withheld)),
      ...(report?.rules ?? []).flatMap((outcome) => ruleChangeViews(outcome, withheld)),
      ...waiting.map(({ kind, name }) => ({
        verb: 'revoke',
        object: { kind, id: null, name },
        before: 'declared',
        after: null,
        held: 'its file is gone; counts only when a second reading at least 10 s later agrees',
      })),
    ],
    ...errorOf(failure, report),
  };
}

/** What the members plane would change, or holds. */
export function membersPlan({ report, failure }: PlaneRun<MembersReport>): PlanePlanView {
  const guarded = report?.result?.guarded;
  const source = report?.source.state;
  const unread = source?.failure != null && source.snapshot === null ? { code: source.failure.code, message: source.failure.message } : null;
  return {
    plane: 'members',
    hash: guarded?.hash ?? null,
    changes: memberChangeViews(guarded?.changes ?? [], report?.withheld ?? null),
    ...errorOf(failure ?? unread, report),
  };
}

function errorOf(failure: { readonly message: string } | null, report: unknown): { readonly error?: string } {
  if (failure !== null) return { error: failure.message };
  return report === null ? { error: 'not read yet' } : {};
}
