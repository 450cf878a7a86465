import { accessSync, constants, statfsSync } from 'node:fs';
import { formatProblem } from '../../api/problem.js';
import type { Configuration } from '../../runtime/config.js';
import { missingCredentials, type Credentials } from '../../runtime/credentials.js';
import { ConfigurationError, errorCode } from '../../runtime/errors.js';
import { lockHolder } from '../../runtime/lock.js';
import type { ClockCheckInputs } from '../../controller/clock-check.js';
import { validateFiles } from '../validation.js';
import { failed, ok, skipped, warning, type Check } from './check.js';

export interface MachineInputs {
  readonly configuration: Configuration;
  readonly credentials: Credentials;
  /** `v20.20.0` */
  readonly nodeVersion: string;
  readonly synchronised: ClockCheckInputs['synchronised'];
}

/** What can be told without asking anybody: this machine, its files, its clock. */
export async function machineChecks({ configuration, credentials, nodeVersion, synchronised }: MachineInputs): Promise<readonly Check[]> {
  return [
    nodeCheck(nodeVersion),
    clockCheckOf(synchronised()),
    ...credentialChecks(configuration, credentials),
    directoryCheck('stateDir', configuration.stateDir),
    directoryCheck('runtimeDir', configuration.runtimeDir),
    spaceCheck(configuration.stateDir),
    daemonCheck(configuration.runtimeDir),
    ...(await resourceChecks(configuration)),
  ];
}

/** Both the first that works, and what Raspberry Pi OS ships. */
const oldestNode = { major: 20, minor: 19 };

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const recent = major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor);
  return recent ? ok('machine.node', `Node ${version}`) : failed('machine.node', `Node ${version} is too old`, `install Node ${oldestNode.major}.${oldestNode.minor} or newer`);
}

function clockCheckOf(synchronised: boolean | null): Check {
  switch (synchronised) {
    case true:
      return ok('machine.clock', 'the system says that its clock is synchronised');
    case false:
      return failed('machine.clock', 'the system says that its clock is not synchronised; nothing is written until it is', 'check `timedatectl` and the network');
    case null:
      return warning('machine.clock', "the system cannot say whether its clock is right; UniFi's own time decides", 'enable systemd-timesyncd, or leave it so');
  }
}

function credentialChecks(configuration: Configuration, credentials: Credentials): readonly Check[] {
  const missing = missingCredentials(configuration, credentials);
  if (missing.length === 0) return [ok('machine.credentials', 'every credential that the configuration needs is there')];
  return missing.map((name) => failed('machine.credentials', `${name} is not set`, 'put it into the environment, or into a file of that name in $CREDENTIALS_DIRECTORY'));
}

function directoryCheck(setting: 'stateDir' | 'runtimeDir', directory: string): Check {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(`machine.${setting}`, `${directory} can be written`);
  } catch (error) {
    const code = errorCode(error);
    const remedy = code === 'ENOENT' ? 'it is made at the first start, by the user that runs sexton' : `run this as the user that runs sexton, or give it that directory`;
    return (code === 'ENOENT' ? warning : failed)(`machine.${setting}`, `${directory} cannot be written (${code})`, remedy);
  }
}

const leastSpace = 50 * 1024 * 1024;

function spaceCheck(directory: string): Check {
  try {
    const { bavail, bsize } = statfsSync(directory);
    const free = bavail * bsize;
    const shown = `${Math.floor(free / (1024 * 1024))} MiB are free for ${directory}`;
    return free >= leastSpace ? ok('machine.space', shown) : failed('machine.space', shown, 'free some space: a full card keeps nothing that is new');
  } catch {
    return skipped('machine.space', `${directory} is not there yet`);
  }
}

function daemonCheck(runtimeDir: string): Check {
  const holder = holderOf(runtimeDir);
  if (holder instanceof ConfigurationError) return failed('machine.daemon', holder.message);
  if (holder !== null) return ok('machine.daemon', `sexton runs as process ${holder}`);
  return warning('machine.daemon', 'sexton does not run', 'start it: `systemctl start sexton`, or `sexton run`');
}

function holderOf(runtimeDir: string): number | null | ConfigurationError {
  try {
    return lockHolder(runtimeDir);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

async function resourceChecks({ resources, site }: Configuration): Promise<readonly Check[]> {
  const report = await validateFiles([resources], site);
  if (report.problems.length > 0) return report.problems.map((problem) => failed('resources', formatProblem(problem), 'correct the file; the last accepted version stays in force until then'));
  if (report.resources === 0) return [warning('resources', `${resources} holds no resource`, 'begin with `sexton doctor --commission`, which proposes the door groups')];
  return [ok('resources', `${report.resources} in ${report.files} files are valid, references included`), ...report.warnings.map((problem) => warning('resources', formatProblem(problem)))];
}
