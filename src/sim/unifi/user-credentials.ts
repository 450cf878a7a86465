import type { Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, NoManZone, type Success } from './envelope.js';
import { flagField, requiredText, textListField } from './fields.js';
import { policyView } from './policies.js';
import { findUser, invite, visiblePolicies } from './users.js';

async function assignCard(site: Site, call: Call): Promise<Success> {
  const { state } = site;
  const user = findUser(site, call.param('id'));
  const body = await call.body();
  const card = state.cards.get(requiredText(body, 'token'));
  const force = flagField(body, 'force_add') ?? false;
  if (card === undefined) throw new ApiError('CODE_CREDS_NFC_CARD_INVALID', 'The NFC card is invalid.');
  if (user.status === 'DEACTIVATED' && site.quirk('bind-on-deactivated') === 'error') {
    throw new ApiError('CODE_OPERATION_FORBIDDEN', 'The user is deactivated.');
  }
  const { holder } = card;
  if (holder?.type === 'USER' && holder.id === user.id) return {};
  if (holder !== undefined) {
    if (!force) throw new ApiError('CODE_CREDS_NFC_HAS_BIND_USER', 'The NFC card is already assigned to another user.');
    const deactivated = holder.type === 'USER' && state.users().get(holder.id)?.status === 'DEACTIVATED';
    if (deactivated && site.quirk('force-from-deactivated') === 'error') {
      throw new ApiError('CODE_CREDS_DISABLE_TRANSFER_UID_USER_NFC', 'The NFC card cannot be transferred.');
    }
  }
  state.bindCard(card, user.id);
  return {};
}

async function unassignCard(site: Site, call: Call): Promise<Success> {
  const user = findUser(site, call.param('id'));
  const card = site.state.cards.get(requiredText(await call.body(), 'token'));
  if (user.status === 'DEACTIVATED') {
    const reading = site.quirk('unassign-on-deactivated');
    if (reading === 'not-found') throw new NoManZone();
    if (reading === 'error') throw new ApiError('CODE_OPERATION_FORBIDDEN', 'The user is deactivated.');
  }
  if (card?.holder?.type !== 'USER' || card.holder.id !== user.id) {
    throw new ApiError('CODE_NOT_EXISTS', 'The NFC card is not assigned to this user.');
  }
  site.state.releaseCard(card);
  return {};
}

async function setPolicies(site: Site, call: Call): Promise<Success> {
  const user = findUser(site, call.param('id'));
  const ids = textListField(await call.body(), 'access_policy_ids');
  if (ids === undefined) throw invalid('access_policy_ids is required.');
  const missing = ids.find((id) => !site.state.policies.has(id) && !user.access_policy_ids.includes(id));
  if (missing !== undefined) throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The access policy does not exist.');
  const granted = ids.some((id) => !user.access_policy_ids.includes(id));
  site.state.putUser({ ...user, access_policy_ids: [...new Set(ids)] });
  if (granted && user.user_email !== '') invite(site);
  return {};
}

function getPolicies(site: Site, call: Call): Success {
  const user = findUser(site, call.param('id'));
  const groups = [...site.state.userGroups.values()].filter((group) => group.users.includes(user.id));
  const all = [...visiblePolicies(site, user), ...groups.flatMap((group) => group.access_policy_ids)];
  const ids = call.query('only_user_policies') === 'true' ? user.access_policy_ids : [...new Set(all)];
  return {
    data: ids
      .map((id) => site.state.policies.get(id))
      .filter((policy) => policy !== undefined)
      .map(policyView),
  };
}

async function setPin(site: Site, call: Call): Promise<Success> {
  const user = findUser(site, call.param('id'));
  const pin = requiredText(await call.body(), 'pin_code');
  if (!/^\d{4,8}$/.test(pin))
    throw new ApiError('CODE_CREDS_PIN_CODE_CREDS_LENGTH_INVALID', 'The PIN code has 4 to 8 digits.');
  for (const other of site.state.users().values()) {
    if (other.pin === pin && other.id !== user.id) {
      throw new ApiError('CODE_CREDS_PIN_CODE_CREDS_ALREADY_EXIST', 'The PIN code already exists.');
    }
  }
  site.state.putUser({ ...user, pin });
  return {};
}

function removePin(site: Site, call: Call): Success {
  site.state.putUser({ ...findUser(site, call.param('id')), pin: '' });
  return {};
}

export const userCredentialEndpoints: readonly Endpoint[] = [
  { method: 'PUT', path: '/users/:id/nfc_cards', scope: 'edit:user', handle: assignCard },
  { method: 'PUT', path: '/users/:id/nfc_cards/delete', scope: 'edit:user', handle: unassignCard },
  { method: 'PUT', path: '/users/:id/access_policies', scope: 'edit:user', handle: setPolicies },
  { method: 'GET', path: '/users/:id/access_policies', scope: 'view:user', handle: getPolicies },
  { method: 'PUT', path: '/users/:id/pin_codes', scope: 'edit:user', handle: setPin },
  { method: 'DELETE', path: '/users/:id/pin_codes', scope: 'edit:user', handle: removePin },
];
