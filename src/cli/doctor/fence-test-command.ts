import { controllerOf, forgetFenceProof, openFenceProof } from '../../apply/doors/fence-proof.js';
import type { Resource } from '../../api/resource.js';
import { scheduleNameOf } from '../../plan/doors/group.js';
import type { Configuration } from '../../runtime/config.js';
import { errorMessage } from '../../runtime/errors.js';
import { isoSeconds } from '../../runtime/instant.js';
import { acquireLock } from '../../runtime/lock.js';
import { runtimePaths, statePaths } from '../../runtime/paths.js';
import { prepareDirectory } from '../../runtime/own-directory.js';
import { becomeStateOwner } from '../../runtime/state-owner.js';
import { tellDaemon } from '../after-writing.js';
import type { DoctorInstruments } from '../compose-doctor.js';
import { CommandError, UsageError, exit } from '../exit.js';
import type { Session } from '../session.js';
import { fenceRecord } from './fence-record.js';
import { testFence, type FenceVerdict } from './fence-test.js';

export interface FenceTestOrder {
  readonly configuration: Configuration;
  readonly instruments: DoctorInstruments;
  readonly door: string | undefined;
  readonly schedule: string | undefined;
  readonly groups: readonly Resource<'DoorGroup'>[];
}

/** A hub hears of a change within seconds; some firmware takes a minute or two. */
const patience = 180_000;

/** 0: hubs obey a holiday without hours, and the fence reads Verified; 1: they do not, or nothing was learned. */
export async function fenceTestCommand(session: Session, order: FenceTestOrder): Promise<number> {
  const { configuration, instruments, door, schedule, groups } = order;
  const { terminal, clock } = session;
  if (door === undefined || schedule === undefined) throw new UsageError('--fence-test needs --door DOOR and --schedule SCHEDULE, both spare: the door opens for a moment');
  if (configuration.mode === 'DryRun') throw new CommandError(exit.failed, 'mode is DryRun: nothing is written to UniFi, so the fence cannot be tested; set mode: Apply first');
  prepareDirectory(configuration.stateDir, 'stateDir');
  prepareDirectory(configuration.runtimeDir, 'runtimeDir');
  becomeStateOwner(configuration);
  const lock = acquireLock(configuration.runtimeDir, runtimePaths(configuration.runtimeDir).fenceTestLock);
  if ('heldBy' in lock) throw new CommandError(exit.locked, `process ${lock.heldBy} tests the fence already`);
  const paths = statePaths(configuration.stateDir);
  const inUse = new Set(groups.flatMap(({ metadata, spec }) => [scheduleNameOf(metadata.name, spec), ...spec.doors.flatMap(({ id, name }) => [id ?? '', name ?? ''])]));
  const signal = session.interrupted();
  try {
    const { unifi, local } = instruments;
    const verdict = await testFence({ unifi, local, door, schedule, inUse, patience, clock, signal, record: fenceRecord(paths.fenceTest), say: (line) => terminal.note(line) }).catch(
      (error: unknown): FenceVerdict => ({ verdict: 'Inconclusive', message: errorMessage(error) }),
    );
    if (verdict.verdict === 'Honoured') {
      await openFenceProof(paths.fence, { readOnly: false }).write({ verifiedAt: isoSeconds(clock.now()), schedule, door, controller: controllerOf(configuration.unifi) });
      terminal.out(`Verified: the door "${door}" closed on a holiday without hours; ${await tellDaemon(configuration, ['doors'])}\n`);
      return exit.ok;
    }
    terminal.out(`${verdict.verdict}: ${verdict.message}\n`);
    if (verdict.verdict === 'NotHonoured') {
      // What was seen earlier is not so any longer.
      await forgetFenceProof(paths.fence);
      await tellDaemon(configuration, ['doors']);
    }
    return signal.aborted ? exit.interrupted : exit.failed;
  } finally {
    lock.release();
  }
}
