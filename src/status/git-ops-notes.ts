import type { GitOpsState } from '../gitops/state.js';
import type { Instant } from '../desired/model.js';

/** Pulls that failed to come, one or two, are no news. */
const missedPulls = 3;

/** Sentences about a commit that is refused, and about pulls that fail or do not come. */
export function gitOpsNotes(state: GitOpsState | null, now: Instant): readonly string[] {
  if (state === null) return [];
  const { refused, failed, fetchedAt, intervalSeconds } = state;
  const silent = fetchedAt === null ? null : now - Date.parse(fetchedAt);
  return [
    ...(refused === null ? [] : [`${refused.commit === null ? 'git-ops' : `commit ${refused.commit.slice(0, 12)}`} is refused since ${refused.since}: ${refused.message}; what was in force stays in force`]),
    ...(failed === null ? [] : [`pulls fail since ${failed.since}: ${failed.message}`]),
    ...(failed === null && silent !== null && silent > missedPulls * intervalSeconds * 1000 ? [`no pull has asked the repository since ${fetchedAt ?? ''}; is sexton-pull.timer running?`] : []),
  ];
}
