import { createHash } from 'node:crypto';
import { formatProblem, type Problem } from '../api/problem.js';
import type { GitOpsState } from '../gitops/state.js';
import type { SiteTime } from '../runtime/site-time.js';
import type { TroubleView } from '../status/view.js';
import { holding, hour, minute, sentence, type Holding } from './alert.js';
import type { AlertFacts, Detect } from './facts.js';

/** A file is often saved more than once before it is right. */
const brokenFor = 10_000;
const emptyFor = 2 * minute;
const transportDead = minute;
const heartbeatDead = 30 * minute;
const pullFails = hour;

/** Files that are refused, and the directory itself. */
export const detectFiles: Detect = ({ reading }) => ({
  holding: reading === null ? [] : [...refusedFiles(reading), ...emptyDirectory(reading.suspended)],
  unknown: (key) => reading === null && (key.startsWith('refused/') || key === 'resources'),
});

function refusedFiles({ resources, unreadable }: NonNullable<AlertFacts['reading']>): Holding[] {
  const byFile = new Map<string, { readonly problems: readonly Problem[]; readonly since: number | null }>();
  for (const { file, refused } of resources) {
    if (refused === null) continue;
    const before = byFile.get(file);
    byFile.set(file, { problems: [...(before?.problems ?? []), ...refused.problems], since: before?.since ?? Date.parse(refused.since) });
  }
  for (const { file, problems } of unreadable) {
    const before = byFile.get(file);
    byFile.set(file, { problems: [...(before?.problems ?? []), ...problems], since: before?.since ?? null });
  }
  return [...byFile].map(([file, { problems, since }]) => {
    const lines = problems.map(formatProblem);
    const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
    return holding({
      key: `refused/${file}`,
      severity: 'Warning',
      subject: `Refused: ${file}`,
      what: `${sentence(`${lines[0] ?? file}${more}`)} What was in force before stays in force.`,
      todo: 'Mend the file, or take the last change back. The command lists everything that is wrong.',
      command: 'sexton validate',
      fact: createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12),
      since,
      patience: brokenFor,
      calm: 0,
    });
  });
}

function emptyDirectory(suspended: string | null): Holding[] {
  if (suspended === null) return [];
  return [
    holding({
      key: 'resources',
      severity: 'Critical',
      subject: 'The resource directory is empty or gone',
      what: `${sentence(suspended)} Nothing changes, for doors and for members.`,
      todo: 'Bring the directory back: is the disk mounted, is the checkout whole?',
      command: 'sexton validate',
      patience: emptyFor,
    }),
  ];
}

const troubles: Readonly<Record<TroubleView['reason'], Pick<Holding, 'subject' | 'todo' | 'severity' | 'reminded'>>> = {
  // Known only at the start, so it holds until the next one: there is nothing to remind of.
  StateLost: {
    severity: 'Critical',
    subject: 'A state file was lost',
    todo: 'No access was given, taken or reopened for it. Keep what was set aside, check the SD card and the power supply. The next start ends this alert.',
    reminded: false,
  },
  StateUnwritable: {
    severity: 'Critical',
    subject: 'A state file cannot be written',
    todo: 'Is the disk full or broken? Whoever loses access loses it; what has to be remembered first is not given.',
    reminded: true,
  },
  ApprovalRefused: { severity: 'Critical', subject: 'An order does not count', todo: 'Find out who left it there, then remove it. Nothing was released by it.', reminded: true },
  AuditUnwritable: { severity: 'Critical', subject: 'The audit trail cannot be written', todo: 'Is the disk full or broken? What is changed meanwhile is not on record.', reminded: true },
  EventsUnwritable: { severity: 'Warning', subject: 'Events cannot be written', todo: 'Is the disk full or broken?', reminded: true },
};

/** What is wrong with this installation itself. */
export const detectTroubles: Detect = ({ view, reported }) => ({
  holding: (view.status.troubles ?? []).map(({ key, reason, object, message, since }) =>
    holding({
      ...troubles[reason],
      key: `trouble/${key}`,
      subject: `${troubles[reason].subject}: ${object.slice(object.indexOf('/') + 1)}`,
      what: message,
      command: 'sexton status',
      since: Date.parse(since),
      calm: 0,
    }),
  ),
  // Whose approvals lie there is seen with the first run.
  unknown: (key) => reported.length === 0 && key.startsWith('trouble/') && !key.startsWith('trouble/state/'),
});

/** A commit that is refused, and pulls that fail or do not come. */
export const detectGitOps: Detect = ({ view, now, time }) => {
  const { gitOps } = view.status;
  const holdings = gitOps == null ? [] : [...refusedCommit(gitOps, time), ...pullFailing(gitOps, now)];
  return { holding: holdings, unknown: (key) => gitOps === undefined && (key === 'commit' || key === 'pull') };
};

function refusedCommit({ refused, revision }: GitOpsState, time: SiteTime): Holding[] {
  if (refused === null) return [];
  const { commit, authoredAt, reason, message, problems, since } = refused;
  const [first] = problems;
  const name = commit === null ? 'The branch' : `Commit ${commit.slice(0, 12)}`;
  const made = authoredAt === null ? '' : `, made ${time.full(authoredAt)},`;
  const where = first === undefined ? '' : ` ${sentence(`${formatProblem(first)}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`)}`;
  return [
    holding({
      key: 'commit',
      severity: 'Warning',
      subject: commit === null ? 'The branch is refused' : `Refused: commit ${commit.slice(0, 12)}`,
      what: `${name}${made} is refused (${reason}): ${sentence(message)}${where} ${revision === null ? 'Nothing' : `Commit ${revision.commit.slice(0, 12)}`} stays in force.`,
      todo: 'Mend it and push again, or take the commit back.',
      command: 'sexton pull',
      fact: `${commit ?? ''} ${reason}`,
      since: Date.parse(since),
      calm: 0,
    }),
  ];
}

function pullFailing({ failed, fetchedAt, intervalSeconds }: GitOpsState, now: number): Holding[] {
  const silentFor = fetchedAt === null ? 0 : now - Date.parse(fetchedAt);
  const silent = silentFor > Math.max(hour, 3 * intervalSeconds * 1000);
  if (failed === null && !silent) return [];
  return [
    holding({
      key: 'pull',
      severity: 'Warning',
      subject: failed === null ? 'The git repository is not pulled' : 'The git repository cannot be pulled',
      what: `${sentence(failed === null ? 'No pull has asked it for long' : failed.message)} What was pulled last stays in force.`,
      todo: failed === null ? 'Is sexton-pull.timer running? Pull once by hand.' : 'Check the network and the access to the repository, then pull once by hand.',
      command: 'sexton pull',
      since: failed === null ? null : Date.parse(failed.since),
      patience: failed === null ? 0 : pullFails,
    }),
  ];
}

/** Telling itself. One that has not been tried since the start is neither well nor dead. */
export const detectTransports: Detect = ({ transports, heartbeat }) => {
  const untried = new Set(transports.filter(({ lastSuccess, failingSince }) => lastSuccess === null && failingSince === null).map(({ name }) => `transport/${name}`));
  if (heartbeat !== null && heartbeat.lastSuccess === null && heartbeat.failingSince === null) untried.add('heartbeat');
  return {
    holding: [
      ...transports.flatMap(({ name, ok, error, failingSince }) =>
        ok
          ? []
          : [
              holding({
                key: `transport/${name}`,
                severity: 'Warning',
                subject: `Alerts do not go out by ${name}`,
                what: `${error ?? 'It failed'} It is tried again, and what waits is sent then.`,
                todo: 'Mend it, then send a test.',
                command: 'sexton alert test',
                since: failingSince === null ? null : Date.parse(failingSince),
                patience: transportDead,
              }),
            ],
      ),
      ...(heartbeat === null || heartbeat.ok
        ? []
        : [
            holding({
              key: 'heartbeat',
              severity: 'Warning',
              subject: 'The heartbeat does not get through',
              what: `${heartbeat.error ?? 'It failed'} The service that watches this Pi may report it as dead.`,
              todo: 'Check the address in the configuration, and the service.',
              command: 'sexton alert test',
              since: heartbeat.failingSince === null ? null : Date.parse(heartbeat.failingSince),
              patience: heartbeatDead,
            }),
          ]),
    ],
    unknown: (key) => untried.has(key),
  };
};
