import { holdsFence, type Fence } from '../../desired/calendar/fence.js';
import { unusedFences, type FencePlan } from '../../plan/doors/fence.js';
import { TransientError, errorCode, errorMessage } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import type { AccessController, UnifiHoliday } from '../../unifi/access-controller.js';

export interface FenceDeps {
  readonly unifi: AccessController;
  /** Called right before each write. @throws Stopping, StalePlan */
  readonly checkpoint: () => void;
}

const nameExists = 'CODE_ACCESS_POLICY_HOLIDAY_GROUP_NAME_EXIST';

/**
 * Today's fence, made and read back: its id. One that is there already, or that a create without an answer left, is
 * used when it holds what it should. A UniFi that refuses the long entry gets a fence without it.
 * @throws TransientError FenceFailed, and what `checkpoint` throws
 */
export async function makeFence({ fence, spoilt }: Extract<FencePlan, { state: 'Missing' }>, deps: FenceDeps): Promise<string> {
  const failed = (error: unknown): TransientError =>
    new TransientError(`the holiday group "${fence.name}" could not be made: ${errorMessage(error)} (${errorCode(error)})`, { code: 'FenceFailed', cause: error });
  deps.checkpoint();
  if (spoilt !== null) await deps.unifi.deleteHolidayGroup(spoilt).catch((error: unknown) => Promise.reject(failed(error)));
  deps.checkpoint();
  const whole = await create(fence, [...fence.entries, fence.beyond], deps);
  if ('id' in whole) return whole.id;
  // Without an answer of UniFi's own there is no telling what it minds; the next run looks again.
  if (!errorCode(whole.error).startsWith('CODE_')) throw failed(whole.error);
  deps.checkpoint();
  const dated = await create(fence, fence.entries, deps);
  if ('id' in dated) return dated.id;
  throw failed(dated.error);
}

async function create(fence: Fence, holidays: readonly UnifiHoliday[], { unifi }: FenceDeps): Promise<{ readonly id: string } | { readonly error: unknown }> {
  try {
    let refused: unknown = null;
    const made = await unifi.createHolidayGroup({ name: fence.name, holidays }).catch(async (error: unknown) => {
      refused = error;
      return (await unifi.listHolidayGroups()).find(({ name }) => name === fence.name) ?? null;
    });
    if (made === null) return { error: refused };
    const held = await unifi.getHolidayGroup(made.id);
    if (held.name === fence.name && holdsFence(fence, held.holidays)) return { id: made.id };
    const code = refused !== null && errorCode(refused) === nameExists ? 'FenceDiffers' : 'ReadBackDiffers';
    return { error: new TransientError('it reads back otherwise than it was written', { code }) };
  } catch (error) {
    return { error };
  }
}

/**
 * Deletes our fences that no schedule holds, on a look taken now. What cannot be deleted closes nothing and is tried
 * again by the next run.
 */
export async function dropFences(
  keep: string | null,
  deps: FenceDeps & { readonly log: Logger; readonly onHolidayGroup: (name: string, error: null) => void },
): Promise<void> {
  const { unifi, checkpoint, log, onHolidayGroup } = deps;
  try {
    const [groups, schedules] = await Promise.all([unifi.listHolidayGroups(), unifi.listSchedules()]);
    for (const { id, name } of unusedFences(groups, schedules, keep)) {
      checkpoint();
      await unifi.deleteHolidayGroup(id);
      onHolidayGroup(name, null);
    }
  } catch (error) {
    log.warn('old fence not deleted', { code: errorCode(error), error: errorMessage(error) });
  }
}
