import { systemClockSynchronised } from '../../controller/clock-check.js';
import { readCredentials, missingCredentials, type Credentials } from '../../runtime/credentials.js';
import { errorMessage } from '../../runtime/errors.js';
import type { Configuration } from '../../runtime/config.js';
import { lockHolder } from '../../runtime/lock.js';
import type { AlertingView } from '../../status/view.js';
import type { Resource } from '../../api/resource.js';
import { doctorInstruments, type DoctorInstruments } from '../compose-doctor.js';
import { requireConfiguration } from '../configuration.js';
import { checkText } from '../doctor/check-text.js';
import { failed, ok, skipped, type Check } from '../doctor/check.js';
import { commissioning } from '../doctor/commissioning.js';
import { fenceChecks } from '../doctor/fence-check.js';
import { fenceTestCommand } from '../doctor/fence-test-command.js';
import { declaredChecks } from '../doctor/declared-checks.js';
import { machineChecks } from '../doctor/machine-checks.js';
import { alertChecks } from '../doctor/telling-checks.js';
import { unifiChecks } from '../doctor/unifi-checks.js';
import { viewChecks } from '../doctor/view-checks.js';
import { UsageError, exit } from '../exit.js';
import type { Session } from '../session.js';

export interface DoctorOptions {
  readonly config?: string;
  readonly offline?: boolean;
  readonly commission?: boolean;
  readonly fenceTest?: boolean;
  readonly door?: string;
  readonly schedule?: string;
}

/** Looks at everything that Sexton needs, each with its remedy. 0: nothing is wrong; 1: something is. */
export async function doctorCommand(session: Session, options: DoctorOptions): Promise<number> {
  const configuration = requireConfiguration(session, options.config);
  const credentials = readCredentials(session.environment);
  if (options.fenceTest === true || options.commission === true) {
    if (missingCredentials({ ...configuration, planningCenter: null, civicrm: null, alerts: [] }, credentials).length > 0) throw new UsageError('UNIFI_API_TOKEN is not set');
    const instruments = doctorInstruments(configuration, credentials, session.clock);
    try {
      return options.commission === true ? await commission(session, configuration, instruments) : await fenceTestCommand(session, { configuration, instruments, door: options.door, schedule: options.schedule, groups: await doorGroups(session, configuration) });
    } finally {
      instruments.close();
    }
  }
  const checks: Check[] = [];
  const tell = (found: readonly Check[]): void => {
    for (const check of found) session.terminal.out(checkText(check, session.terminal));
    checks.push(...found);
  };
  tell([ok('configuration', 'valid')]);
  tell(await machineChecks({ configuration, credentials, nodeVersion: process.version, synchronised: systemClockSynchronised }));
  tell(alertChecks(configuration, await liveAlerting(session, configuration)));
  if (options.offline !== true) {
    tell(await askUnifi(session, configuration, credentials));
    tell(await fenceChecks(configuration));
    tell(await lookAtSite(session, configuration, credentials));
  }
  const wrong = checks.filter(({ state }) => state === 'Failed').length;
  const doubtful = checks.filter(({ state }) => state === 'Warning').length;
  session.terminal.note(wrong === 0 && doubtful === 0 ? 'nothing is wrong' : `${wrong} wrong, ${doubtful} to look at`);
  return wrong === 0 ? exit.ok : exit.failed;
}

/** What the daemon knows of its ways to tell people; null without one. */
async function liveAlerting({ readers }: Session, configuration: Configuration): Promise<AlertingView | null> {
  try {
    if (lockHolder(configuration.runtimeDir) === null) return null;
    const { view, from } = await readers.loadView({ configuration, now: null });
    return from === 'daemon' ? (view.status.alerting ?? null) : null;
  } catch {
    // What keeps it from being read is told where the directories are looked at.
    return null;
  }
}

async function askUnifi(session: Session, configuration: Configuration, credentials: Credentials): Promise<readonly Check[]> {
  if (credentials.UNIFI_API_TOKEN === undefined) return [skipped('unifi', 'without UNIFI_API_TOKEN nothing can be asked')];
  const instruments = doctorInstruments(configuration, credentials, session.clock);
  const { unifi, certificate } = instruments;
  try {
    const checks = await unifiChecks({ configuration: configuration.unifi, unifi, certificate, now: () => session.clock.now(), mayTryEdits: configuration.mode === 'Apply' });
    const seen = ['unifi.scope.view:space', 'unifi.scope.view:policy'].every((name) => checks.some((check) => check.name === name && check.state === 'Ok'));
    if (!seen) return checks;
    const [doors, schedules, groups] = await Promise.all([unifi.listDoors(), unifi.listSchedules(), doorGroups(session, configuration)]);
    return [...checks, ...declaredChecks({ doors, schedules, groups })];
  } catch (error) {
    return [failed('unifi', errorMessage(error), 'see that UniFi is well and reached from here, then look again')];
  } finally {
    instruments.close();
  }
}

async function lookAtSite({ readers }: Session, configuration: Configuration, credentials: Credentials): Promise<readonly Check[]> {
  if (missingCredentials(configuration, credentials).length > 0) return [skipped('site', 'without every credential it is not looked at as a whole')];
  try {
    return viewChecks((await readers.loadView({ configuration, now: null, fresh: true })).view, configuration);
  } catch (error) {
    return [failed('site', errorMessage(error), 'it cannot be looked at as a whole before that is mended')];
  }
}

async function commission(session: Session, configuration: Configuration, { unifi }: DoctorInstruments): Promise<number> {
  const [doors, schedules] = await Promise.all([unifi.listDoors(), unifi.listSchedules()]);
  const { proposal, steps } = commissioning({ doors, schedules, groups: await doorGroups(session, configuration) });
  session.terminal.out(proposal);
  session.terminal.note(`UniFi has ${doors.length} doors; ${proposal === '' ? 'each has its DoorGroup' : 'the groups above are for those that have none: save them in the resource directory'}`);
  for (const [index, step] of steps.entries()) session.terminal.note(`${index + 1}. ${step}`);
  return exit.ok;
}

async function doorGroups(session: Session, configuration: Configuration): Promise<readonly Resource<'DoorGroup'>[]> {
  const { resources } = await session.readers.loadResources(configuration);
  return resources.flatMap(({ accepted }) => (accepted?.kind === 'DoorGroup' ? [accepted] : []));
}
