import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatProblem } from '../../api/problem.js';
import { createGit } from '../../gitops/git.js';
import { gitEnvironment, gitScrubber, type GitCredentials } from '../../gitops/git-environment.js';
import { requireReadable } from '../../gitops/judge-commit.js';
import type { PullResult } from '../../gitops/pull-order.js';
import { pull } from '../../gitops/pull.js';
import type { Configuration } from '../../runtime/config.js';
import type { GitOpsConfiguration } from '../../runtime/config-gitops.js';
import { readCredentials } from '../../runtime/credentials.js';
import { ConfigurationError, TransientError } from '../../runtime/errors.js';
import { acquireLock } from '../../runtime/lock.js';
import { gitOpsPaths, runtimePaths } from '../../runtime/paths.js';
import { prepareDirectory } from '../../runtime/own-directory.js';
import { tellDaemon } from '../after-writing.js';
import { requireConfiguration } from '../configuration.js';
import { CommandError, exit } from '../exit.js';
import { printValue } from '../print.js';
import { pullNotes, pullText } from '../pull-text.js';
import type { Session } from '../session.js';
import { validateFiles } from '../validation.js';
import { programVersion } from '../version.js';

export interface PullCommandOptions {
  readonly config?: string;
  readonly output?: 'json' | 'yaml';
  readonly allowForcePush?: boolean;
  readonly setAside?: boolean;
}

/** `pull`: exit 0 when switched or nothing is new, 1 when refused, 2 when it failed. */
export async function pullCommand(session: Session, options: PullCommandOptions): Promise<number> {
  const configuration = requireConfiguration(session, options.config);
  const { gitOps } = configuration;
  if (gitOps === null) {
    throw new ConfigurationError('gitOps is not configured: add `gitOps: { url: "ssh://git@git.example.org/church/doors.git" }`', { code: 'GitOpsOff' });
  }
  prepareDirectory(configuration.stateDir, 'stateDir');
  prepareDirectory(configuration.runtimeDir, 'runtimeDir');
  await requireOwner(configuration);
  const { runtimeDir } = configuration;
  const lock = acquireLock(runtimeDir, runtimePaths(runtimeDir).pullLock);
  if ('heldBy' in lock) throw new CommandError(exit.locked, `another \`sexton pull\` (pid ${lock.heldBy}) is at work; wait for its end`);
  try {
    let acts: string | null = null;
    const result = await pullNow(session, { configuration, gitOps, options }, async () => {
      acts = await tellDaemon(configuration, ['doors', 'members']);
    });
    await tell(session, { configuration, result, acts, output: options.output });
    return result.outcome === 'Refused' ? exit.failed : exit.ok;
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    if (error.code === 'Interrupted') throw new CommandError(exit.interrupted, 'interrupted; what was in force stays in force');
    throw new CommandError(exit.unable, `the pull failed, and what was in force stays in force: ${error.message}`);
  } finally {
    lock.release();
  }
}

interface Order {
  readonly configuration: Configuration;
  readonly gitOps: GitOpsConfiguration;
  readonly options: PullCommandOptions;
}

/** @param switched called when the new tree is in force, before the old one is tidied up */
async function pullNow(session: Session, { configuration, gitOps, options }: Order, switched: () => Promise<void>): Promise<PullResult> {
  const { resources, stateDir, runtimeDir, site } = configuration;
  const credentials = await gitCredentials(session, gitOps);
  const git = createGit({
    environment: gitEnvironment(gitOps, credentials, { repository: gitOpsPaths(stateDir).repository, environment: session.environment }),
    signal: session.interrupted(),
    scrub: gitScrubber(credentials),
  });
  return pull({
    resources,
    stateDir,
    runtimeDir,
    gitOps,
    git,
    now: () => session.clock.now(),
    validate: async (directory) => {
      const { problems, warnings } = await validateFiles([directory], site);
      const relative = ({ file, ...rest }: (typeof problems)[number]): (typeof problems)[number] => ({
        ...rest,
        file: file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : file,
        message: rest.message.replaceAll(`${directory}/`, ''),
      });
      return { problems: problems.map(relative), warnings: warnings.map(relative) };
    },
    program: programVersion(),
    allowForcePush: options.allowForcePush === true,
    setAside: options.setAside === true,
    onTrouble: (text) => {
      session.terminal.note(text);
    },
    onStep: (step) => (step === 'look back' ? switched() : Promise.resolve()),
  });
}

/** What root leaves in the state directory, the service could never replace. */
async function requireOwner({ stateDir }: Configuration): Promise<void> {
  const { uid } = await stat(stateDir);
  if (process.geteuid?.() !== 0 || uid === 0) return;
  throw new ConfigurationError(`stateDir ${stateDir} belongs to uid ${uid}: pull as that user (sudo -u), or start the service that pulls`, { code: 'Owner' });
}

async function gitCredentials({ environment }: Session, gitOps: GitOpsConfiguration): Promise<GitCredentials> {
  const { GIT_USERNAME: username = null, GIT_PASSWORD: password = null } = readCredentials(environment);
  for (const setting of ['sshKey', 'knownHosts', 'caFile'] as const) {
    const file = gitOps[setting];
    if (file !== null) await requireReadable(setting, file);
  }
  const directory = environment['CREDENTIALS_DIRECTORY'];
  const handedOut = directory === undefined || directory === '' ? null : join(directory, 'GIT_SSH_KEY');
  // A service manager that has no such credential may hand out an empty one.
  const sshKey = handedOut !== null && (await readFile(handedOut, 'latin1').catch(() => '')).trim() !== '' ? handedOut : null;
  return { username, password, sshKey };
}

interface Telling {
  readonly configuration: Configuration;
  readonly result: PullResult;
  readonly acts: string | null;
  readonly output: PullCommandOptions['output'];
}

async function tell({ terminal }: Session, { configuration, result, acts, output }: Telling): Promise<void> {
  if (output !== undefined) {
    await printValue(terminal, output, withoutSubjects(result));
    return;
  }
  const { timeZone } = configuration;
  if (result.outcome === 'Refused') terminal.out(result.refused.problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
  for (const note of pullNotes(result, timeZone)) terminal.note(note);
  terminal.out(pullText(result, { timeZone, acts, subjects: terminal.interactive }));
}

/** What people wrote into commits may name members, and this output ends up in journals. */
function withoutSubjects(result: PullResult): unknown {
  if (result.outcome !== 'Switched') return result;
  return { ...result, commits: result.commits.map(({ id, authoredAt }) => ({ id, authoredAt })) };
}
