import { randomUuid } from '../kit/random.js';
import type { Body, Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, page, type Success } from './envelope.js';
import { keptText, requiredText, textField, wholeField } from './fields.js';
import { type User, userStatuses } from './model.js';
import { policyView } from './policies.js';

/** @throws ApiError */
export function findUser(site: Site, id: string): User {
  const user = site.state.users().get(id);
  if (user === undefined) throw new ApiError('CODE_USER_ACCOUNT_NOT_EXIST', 'The user account does not exist.');
  return user;
}

/** Direct policies, and those set in the UI to apply to everybody. */
export function visiblePolicies(site: Site, user: User): readonly string[] {
  const everybody = [...site.state.policies.values()].filter((policy) => policy.all_users).map((policy) => policy.id);
  return [...everybody.filter((id) => !user.access_policy_ids.includes(id)), ...user.access_policy_ids];
}

function userView(site: Site, user: User, expand: boolean): Record<string, unknown> {
  const policyIds = visiblePolicies(site, user);
  const policies = policyIds.map((id) => site.state.policies.get(id)).filter((policy) => policy !== undefined);
  return {
    id: user.id,
    first_name: user.first_name,
    last_name: user.last_name,
    full_name: `${user.first_name} ${user.last_name}`,
    alias: '',
    user_email: user.user_email,
    email: user.email,
    email_status: user.email === '' ? 'UNVERIFIED' : 'VERIFIED',
    phone: user.phone,
    employee_number: user.employee_number,
    onboard_time: user.onboard_time,
    username: '',
    avatar_relative_path: '',
    status: user.status,
    nfc_cards: user.cards.map((token) => {
      const card = site.state.cards.get(token);
      return { id: card?.display_id ?? '', token, type: card?.card_type ?? 'ua_card' };
    }),
    license_plates: [],
    pin_code: user.pin === '' ? null : { token: `pin-${user.id}` },
    touch_pass: null,
    access_policy_ids: policyIds,
    ...(expand ? { access_policies: policies.map(policyView) } : {}),
  };
}

function expandsPolicies(call: Call): boolean {
  return call.queries('expand').includes('access_policy');
}

/** @throws ApiError */
function readEmail(site: Site, body: Body, own: string | undefined): string | undefined {
  if (body['email'] !== undefined) throw invalid('email is not a parameter.');
  if (body['profile'] !== undefined) throw new ApiError('CODE_SYSTEM_ERROR', 'Server system error.');
  const email = textField(body, 'user_email');
  if (email === undefined || email === '') return email;
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
    throw new ApiError('CODE_USER_EMAIL_ERROR', 'The email format is invalid.');
  const holder = site.state.emailHolder(email);
  if (holder !== undefined && holder !== own)
    throw new ApiError('CODE_ADMIN_EMAIL_EXIST', 'The email address already exists.');
  return email;
}

/** An address makes the controller write to its owner; no setting of the API prevents it. */
export function invite(site: Site): void {
  if (site.quirk('email-invites') === 'count') site.state.emailInvites += 1;
}

async function create(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const email = readEmail(site, body, undefined) ?? '';
  const user: User = {
    id: randomUuid(() => site.random()),
    first_name: requiredText(body, 'first_name'),
    last_name: requiredText(body, 'last_name'),
    user_email: email,
    email: '',
    employee_number: textField(body, 'employee_number') ?? '',
    phone: '',
    onboard_time: wholeField(body, 'onboard_time') ?? Math.floor(site.now() / 1_000),
    status: 'ACTIVE',
    access_policy_ids: [],
    cards: [],
    pin: '',
  };
  site.state.putUser(user);
  if (email !== '') invite(site);
  return { data: { first_name: user.first_name, id: user.id, last_name: user.last_name, user_email: email } };
}

async function update(site: Site, call: Call): Promise<Success> {
  const user = findUser(site, call.param('id'));
  const body = await call.body();
  const status = textField(body, 'status');
  const known = userStatuses.find((word) => word === status && word !== 'PENDING');
  if (status !== undefined && known === undefined) throw invalid('status must be ACTIVE or DEACTIVATED.');
  const email = readEmail(site, body, user.id) ?? user.user_email;
  site.state.putUser({
    ...user,
    first_name: keptText(body, 'first_name') ?? user.first_name,
    last_name: keptText(body, 'last_name') ?? user.last_name,
    user_email: email,
    employee_number: textField(body, 'employee_number') ?? user.employee_number,
    onboard_time: wholeField(body, 'onboard_time') ?? user.onboard_time,
    status: known ?? user.status,
  });
  if (email !== '' && email !== user.user_email) invite(site);
  return { data: null };
}

function remove(site: Site, call: Call): Success {
  const user = findUser(site, call.param('id'));
  if (user.status !== 'DEACTIVATED' && site.quirk('delete-active-user') === 'error') {
    throw new ApiError('CODE_SYSTEM_ERROR', 'Server system error.');
  }
  for (const token of user.cards) {
    const card = site.state.cards.get(token);
    if (card !== undefined) site.state.releaseCard(card);
  }
  site.state.deleteUser(user);
  return {};
}

function inOrder(site: Site): readonly User[] {
  const users = site.state.usersById();
  if (site.quirk('users-order') !== 'random') return users;
  return users
    .map((user) => ({ user, rank: site.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ user }) => user);
}

export function pageOf<T>(site: Site, call: Call, rows: readonly T[]): ReturnType<typeof page<T>> {
  const size = Number(site.quirk('default-page-size'));
  return page(rows, (name) => call.query(name), Number.isNaN(size) ? undefined : size);
}

function list(site: Site, call: Call): Success {
  const { rows, pagination } = pageOf(site, call, inOrder(site));
  return { data: rows.map((user) => userView(site, user, expandsPolicies(call))), pagination };
}

function search(site: Site, call: Call): Success {
  const keyword = (call.query('keyword') ?? '').toLowerCase();
  const ids = call.queries('user_id');
  const statuses = call.queries('status').map((status) => status.toUpperCase());
  const onlyAdmin = call.query('only_admin') === 'true';
  const found = inOrder(site).filter(
    (user) =>
      !onlyAdmin &&
      (ids.length === 0 || ids.includes(user.id)) &&
      (statuses.length === 0 || statuses.includes(user.status)) &&
      [`${user.first_name} ${user.last_name}`, user.user_email, user.email, user.employee_number].some((text) =>
        text.toLowerCase().includes(keyword),
      ),
  );
  const { rows, pagination } = pageOf(site, call, found);
  return { data: rows.map((user) => userView(site, user, expandsPolicies(call))), pagination };
}

export const userEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/users', scope: 'view:user', handle: list },
  { method: 'GET', path: '/users/search', scope: 'view:user', handle: search },
  {
    method: 'GET',
    path: '/users/:id',
    scope: 'view:user',
    handle: (site, call) => ({ data: userView(site, findUser(site, call.param('id')), expandsPolicies(call)) }),
  },
  { method: 'POST', path: '/users', scope: 'edit:user', handle: create },
  { method: 'PUT', path: '/users/:id', scope: 'edit:user', handle: update },
  { method: 'DELETE', path: '/users/:id', scope: 'edit:user', handle: remove },
];
