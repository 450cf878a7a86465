import { maskedCard } from '../../desired/members/card.js';
import type { CardTarget } from '../../plan/members/changes.js';
import { errorCode, TerminalError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import type { AccessController, UnifiCard, UnifiUser } from '../../unifi/access-controller.js';

export const alreadyBound = 'CODE_CREDS_NFC_HAS_BIND_USER';
export const cardHeld = 'CardHeld';

export interface BindDeps {
  readonly unifi: AccessController;
  readonly log: Logger;
  /** The contact of a user of ours; null of anybody else's. */
  readonly contactOf: (user: UnifiUser) => number | null;
  /** The contact behind a holder who has no access in this plan and may lose this card; null: the holder keeps it. */
  readonly mayLose: (user: UnifiUser, card: UnifiCard) => number | null;
}

/** UniFi has understood and refused, so that another way may be tried; anything else leaves open what happened. */
export function isRefusal(error: unknown): boolean {
  return /^CODE_|^NoManZone$/.test(errorCode(error));
}

/**
 * Binds a card. Refused because somebody holds it, the holder is read that moment: only a DEACTIVATED user of ours
 * without access in this plan loses it.
 * @throws TerminalError CardHeld naming the holder by id and status
 */
export async function bindCard(userId: string, target: CardTarget & { readonly token: string }, deps: BindDeps): Promise<void> {
  const { unifi, log } = deps;
  const { token } = target;
  try {
    await unifi.bindCard(userId, token);
    return;
  } catch (error) {
    if (errorCode(error) !== alreadyBound) throw error;
  }
  const card = await unifi.getCard(token);
  const { holder } = card;
  if (holder === null) return unifi.bindCard(userId, token);
  if (holder.id === userId) return;
  const masked = maskedCard(target.number);
  if (holder.type !== 'USER') throw held(masked, `UniFi ${holder.type.toLowerCase()} ${holder.id}`);
  const user = await unifi.getUser(holder.id);
  const contact = user.status === 'DEACTIVATED' ? deps.mayLose(user, card) : null;
  if (contact === null) {
    const owner = deps.contactOf(user);
    throw held(masked, owner === null ? `UniFi user ${holder.id} (${user.status})` : `contact ${owner} (${user.status})`);
  }
  log.warn('reclaiming a card from a deactivated user', { contact, user: holder.id });
  try {
    await unifi.bindCard(userId, token, { force: true });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Some firmware may refuse to force a card off a deactivated user: release it there, then bind.
    await unifi.releaseCard(holder.id, token);
    await unifi.bindCard(userId, token);
  }
}

function held(card: string, holder: string): TerminalError {
  return new TerminalError(`card ${card} is held by ${holder}, who keeps it; release it there`, { code: cardHeld });
}
