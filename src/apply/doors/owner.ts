import type { ObservedDoors } from '../../plan/doors/observed.js';
import { ownerGroupName, ownerMark } from '../../plan/doors/owner.js';
import { TransientError } from '../../runtime/errors.js';
import type { AccessController } from '../../unifi/access-controller.js';

export interface OwnerDeps {
  readonly unifi: AccessController;
  readonly installationId: string;
  /** Called right before each write. @throws Stopping, StalePlan */
  readonly checkpoint: () => void;
}

/**
 * Makes the mark of this installation, where there is none. Of two that do so at once, UniFi takes one name only, and
 * what is read back decides. The mark is never changed afterwards.
 * @throws TransientError NotOwner when another installation was faster, and what UniFi answers
 */
export async function markOwner({ unifi, installationId, checkpoint }: OwnerDeps): Promise<void> {
  checkpoint();
  const failed = await unifi.createHolidayGroup({ name: ownerGroupName, description: installationId, holidays: [] }).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  const marks = (await unifi.listHolidayGroups()).filter(({ name }) => name === ownerGroupName);
  const held = await Promise.all(marks.map(({ id }) => unifi.getHolidayGroup(id)));
  if (held.some(({ description }) => description !== installationId)) {
    throw new TransientError(`another installation has marked this UniFi as its own ("${ownerGroupName}"); nothing is written`, { code: 'NotOwner' });
  }
  if (held.length > 0) return;
  if (failed !== null) throw failed.error;
  throw new TransientError(`the holiday group "${ownerGroupName}" is not there after it was made`, { code: 'ReadBackDiffers' });
}

/** Deletes the mark of another installation and makes ours. @throws what UniFi answers */
export async function takeOver(observed: ObservedDoors, deps: OwnerDeps): Promise<void> {
  const mark = ownerMark(observed, deps.installationId);
  if (mark.state === 'Ours') return;
  if (mark.state === 'Foreign') {
    deps.checkpoint();
    await deps.unifi.deleteHolidayGroup(mark.groupId);
  }
  await markOwner(deps);
}
