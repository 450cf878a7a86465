import { randomUuid } from '../kit/random.js';
import type { Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, type Success } from './envelope.js';
import { keptText, requiredText, textField, textListField } from './fields.js';
import type { User, UserGroup } from './model.js';
import { policyView } from './policies.js';

function findGroup(site: Site, call: Call): UserGroup {
  const group = site.state.userGroups.get(call.param('id'));
  if (group === undefined) throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The user group does not exist.');
  return group;
}

/** From the root down; a group that is its own ancestor ends the walk. */
function ancestors(site: Site, group: UserGroup): readonly UserGroup[] {
  const found: UserGroup[] = [];
  for (
    let up = site.state.userGroups.get(group.up_id);
    up !== undefined && !found.includes(up);
    up = site.state.userGroups.get(up.up_id)
  ) {
    found.unshift(up);
  }
  return found;
}

function groupView(site: Site, group: UserGroup): Record<string, unknown> {
  const up = ancestors(site, group);
  return {
    id: group.id,
    name: group.name,
    full_name: [...up, group].map(({ name }) => name).join(' / '),
    up_id: group.up_id,
    up_ids: up.map(({ id }) => id),
  };
}

function upId(site: Site, id: string | undefined): string | undefined {
  if (id !== undefined && id !== '' && !site.state.userGroups.has(id)) {
    throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The parent group does not exist.');
  }
  return id;
}

async function create(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const id = randomUuid(() => site.random());
  const name = requiredText(body, 'name');
  const up_id = upId(site, textField(body, 'up_id')) ?? '';
  site.state.userGroups.set(id, { id, name, up_id, users: [], access_policy_ids: [] });
  // No id: it is learned by listing again.
  return {};
}

async function update(site: Site, call: Call): Promise<Success> {
  const group = findGroup(site, call);
  const body = await call.body();
  const up_id = upId(site, textField(body, 'up_id')) ?? group.up_id;
  site.state.userGroups.set(group.id, { ...group, name: keptText(body, 'name') ?? group.name, up_id });
  return {};
}

async function changeUsers(site: Site, call: Call, add: boolean): Promise<Success> {
  const group = findGroup(site, call);
  const ids = await call.list();
  if (ids.some((id) => !site.state.users().has(id)))
    throw new ApiError('CODE_USER_ACCOUNT_NOT_EXIST', 'The user account does not exist.');
  const others = group.users.filter((id) => !ids.includes(id));
  site.state.userGroups.set(group.id, { ...group, users: add ? [...others, ...ids] : others });
  return {};
}

function members(site: Site, ids: readonly string[]): Success {
  const users = [...new Set(ids)]
    .map((id) => site.state.users().get(id))
    .filter((user): user is User => user !== undefined);
  return {
    data: users.map(({ id, first_name, last_name, user_email, status }) => ({
      id,
      first_name,
      last_name,
      full_name: `${first_name} ${last_name}`,
      user_email,
      status,
    })),
  };
}

function withSubgroups(site: Site, group: UserGroup): readonly string[] {
  const groups = [...site.state.userGroups.values()];
  return groups
    .filter((other) => other === group || ancestors(site, other).includes(group))
    .flatMap((other) => other.users);
}

async function setPolicies(site: Site, call: Call): Promise<Success> {
  const group = findGroup(site, call);
  const ids = textListField(await call.body(), 'access_policy_ids');
  if (ids === undefined) throw invalid('access_policy_ids is required.');
  if (ids.some((id) => !site.state.policies.has(id)))
    throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The access policy does not exist.');
  site.state.userGroups.set(group.id, { ...group, access_policy_ids: ids });
  return { data: null };
}

export const userGroupEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/user_groups',
    scope: 'view:user',
    handle: (site) => ({ data: [...site.state.userGroups.values()].map((group) => groupView(site, group)) }),
  },
  { method: 'POST', path: '/user_groups', scope: 'edit:user', handle: create },
  {
    method: 'GET',
    path: '/user_groups/:id',
    scope: 'view:user',
    handle: (site, call) => ({ data: groupView(site, findGroup(site, call)) }),
  },
  { method: 'PUT', path: '/user_groups/:id', scope: 'edit:user', handle: update },
  {
    method: 'DELETE',
    path: '/user_groups/:id',
    scope: 'edit:user',
    handle: (site, call) => {
      site.state.userGroups.delete(findGroup(site, call).id);
      return {};
    },
  },
  {
    method: 'POST',
    path: '/user_groups/:id/users',
    scope: 'edit:user',
    handle: (site, call) => changeUsers(site, call, true),
  },
  {
    method: 'POST',
    path: '/user_groups/:id/users/delete',
    scope: 'edit:user',
    handle: (site, call) => changeUsers(site, call, false),
  },
  {
    method: 'GET',
    path: '/user_groups/:id/users',
    scope: 'view:user',
    handle: (site, call) => members(site, findGroup(site, call).users),
  },
  {
    method: 'GET',
    path: '/user_groups/:id/users/all',
    scope: 'view:user',
    handle: (site, call) => members(site, withSubgroups(site, findGroup(site, call))),
  },
  { method: 'PUT', path: '/user_groups/:id/access_policies', scope: 'edit:user', handle: setPolicies },
  {
    method: 'GET',
    path: '/user_groups/:id/access_policies',
    scope: 'view:user',
    handle: (site, call) => ({
      data: findGroup(site, call).access_policy_ids.flatMap((id) => {
        const policy = site.state.policies.get(id);
        return policy === undefined ? [] : [policyView(policy)];
      }),
    }),
  },
];
