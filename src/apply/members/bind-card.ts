import { maskedCard } from '../../desired/members/card.js';
import type { CardTarget } from '../../plan/members/changes.js';
import { errorCode, TerminalError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import type { AccessController } from '../../unifi/access-controller.js';

export const alreadyBound = 'CODE_CREDS_NFC_HAS_BIND_USER';

export interface BindDeps {
  readonly unifi: AccessController;
  readonly log: Logger;
  /** Contact of a user of ours that has no access in this plan; null for everybody else. */
  readonly contactWithoutAccess: (employeeNumber: string) => number | null;
}

/**
 * Binds a card. Refused because somebody holds it, the holder is read that moment: only a DEACTIVATED user of ours
 * without access in this plan loses it.
 * @throws TerminalError CardHeld naming the holder by id and status
 */
export async function bindCard(userId: string, target: CardTarget & { readonly token: string }, deps: BindDeps): Promise<void> {
  try {
    await deps.unifi.bindCard(userId, target.token);
    return;
  } catch (error) {
    if (errorCode(error) !== alreadyBound) throw error;
  }
  const card = maskedCard(target.number);
  const { holder } = await deps.unifi.getCard(target.token);
  if (holder === null) return deps.unifi.bindCard(userId, target.token);
  if (holder.id === userId) return;
  if (holder.type !== 'USER') throw held(card, `UniFi ${holder.type.toLowerCase()} ${holder.id}`);
  const user = await deps.unifi.getUser(holder.id);
  const contact = deps.contactWithoutAccess(user.employeeNumber);
  if (user.status !== 'DEACTIVATED' || contact === null) throw held(card, `UniFi user ${holder.id} (${user.status})`);
  deps.log.warn('reclaiming a card from a deactivated user', { contact, user: holder.id });
  try {
    await deps.unifi.bindCard(userId, target.token, { force: true });
  } catch {
    // Some firmware may refuse to force a card off a deactivated user: release it there, then bind.
    await deps.unifi.releaseCard(holder.id, target.token);
    await deps.unifi.bindCard(userId, target.token);
  }
}

function held(card: string, holder: string): TerminalError {
  return new TerminalError(`card ${card} is held by ${holder}, who keeps it; release it there`, { code: 'CardHeld' });
}
