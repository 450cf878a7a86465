import { controllerOf, openFenceProof } from '../../apply/doors/fence-proof.js';
import type { Configuration } from '../../runtime/config.js';
import { errorMessage } from '../../runtime/errors.js';
import { lockHolder } from '../../runtime/lock.js';
import { runtimePaths, statePaths } from '../../runtime/paths.js';
import { failed, ok, warning, type Check } from './check.js';
import { fenceRecord } from './fence-record.js';

const again = 'sexton doctor --fence-test --door DOOR --schedule SCHEDULE, both spare';

/** Whether doors would shut should Sexton die, and whether a test of it is still in the middle. */
export async function fenceChecks({ fence, stateDir, runtimeDir, unifi }: Configuration): Promise<readonly Check[]> {
  const paths = statePaths(stateDir);
  const left = await fenceRecord(paths.fenceTest).read();
  return [...(left === null || isTested(runtimeDir) ? [] : [brokenOff(left === 'Unreadable' ? 'a spare schedule' : `the schedule "${left.name}"`)]), await proofCheck()];

  async function proofCheck(): Promise<Check> {
    if (fence === 'Off') return warning('fence', 'fence: Off: should Sexton die, doors repeat their week', 'say `fence: On`');
    const { value: proof, lost } = await openFenceProof(paths.fence, { readOnly: true })
      .read()
      .catch((error: unknown) => ({ value: null, lost: errorMessage(error) }));
    if (proof === null) return warning('fence', lost ?? 'Unverified: nobody has seen yet that a hub here obeys a holiday without hours', again);
    if (proof.controller !== controllerOf(unifi)) return warning('fence', 'Unverified: it was tested on a UniFi with another certificate or address', again);
    return ok('fence', `Verified ${proof.verifiedAt} with the door "${proof.door}"`);
  }
}

function isTested(runtimeDir: string): boolean {
  try {
    return lockHolder(runtimeDir, runtimePaths(runtimeDir).fenceTestLock) !== null;
  } catch {
    return false;
  }
}

function brokenOff(what: string): Check {
  return failed('fence.test', `a fence test was broken off: ${what} is not as it was, and may open its door for some minutes each week`, 'run the fence test again: it puts the schedule back first');
}
