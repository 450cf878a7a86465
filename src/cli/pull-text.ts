import { formatProblem } from '../api/problem.js';
import type { PullResult } from '../gitops/pull-order.js';
import type { Revision } from '../gitops/state.js';
import { siteTime } from '../runtime/site-time.js';
import { plain } from '../runtime/text.js';

export interface PullWording {
  readonly timeZone: string;
  /** Who acts on it, and when. */
  readonly acts: string | null;
  /** Only where a person looks: what people wrote into commits may name others. */
  readonly subjects: boolean;
}

/** The first characters of a hash, as people exchange them. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 12);
}

/** The result, on stdout. */
export function pullText(result: PullResult, { timeZone, acts, subjects }: PullWording): string {
  const time = siteTime(timeZone);
  if (result.outcome === 'Refused') return '';
  const { revision } = result;
  if (result.outcome === 'NothingNew') return `nothing new: ${shortCommit(revision.commit)} of ${plain(revision.branch)} is in force, committed ${time.full(revision.authoredAt)}\n`;
  const { files, commits, previous } = result;
  const since = previous === null || previous.commit === revision.commit ? '' : `, after ${shortCommit(previous.commit)}`;
  const changed = [...files.added.map((path) => `+ ${path}`), ...files.changed.map((path) => `~ ${path}`), ...files.removed.map((path) => `- ${path}`)];
  return [
    `${shortCommit(revision.commit)} of ${plain(revision.branch)} is in force now, committed ${time.full(revision.authoredAt)}${since}; ${acts ?? ''}`,
    ...commits.map(({ id, authoredAt, subject }) => `  ${shortCommit(id)} ${time.full(authoredAt)}${subjects ? ` ${subject}` : ''}`),
    ...(changed.length === 0 ? ['no resource file differs'] : changed),
  ].map((line) => `${plain(line)}\n`).join('');
}

/** Everything else, on stderr. */
export function pullNotes(result: PullResult, timeZone: string): readonly string[] {
  switch (result.outcome) {
    case 'NothingNew':
      return result.edits.map(({ path, what }) => `${path} was ${what} on this machine, and is not as the commit has it: a newer commit is refused until it is`);
    case 'Switched':
      return [...result.warnings.map((warning) => `warning: ${formatProblem(warning)}`), ...result.aside.map((directory) => `what was replaced is kept in ${directory}`)];
    case 'Refused': {
      const { refused, revision, again } = result;
      const time = siteTime(timeZone);
      const what = refused.commit === null ? 'refused' : `commit ${shortCommit(refused.commit)}${refused.authoredAt === null ? '' : `, committed ${time.full(refused.authoredAt)},`} is refused`;
      return [`${what}: ${refused.message}${again ? ` (refused since ${time.full(refused.since)})` : ''}`, stays(revision)];
    }
  }
}

function stays(revision: Revision | null): string {
  return revision === null ? 'what was in force before stays in force' : `${shortCommit(revision.commit)} stays in force`;
}
