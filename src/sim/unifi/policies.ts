import { randomUuid } from '../kit/random.js';
import type { Body, Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, page, type Success } from './envelope.js';
import { asBody, keptText, listField, requiredText } from './fields.js';
import type { Policy } from './model.js';

export function policyView(policy: Policy): Record<string, unknown> {
  return { id: policy.id, name: policy.name, resources: policy.resources, schedule_id: policy.schedule_id };
}

function findPolicy(site: Site, call: Call): Policy {
  const policy = site.state.policies.get(call.param('id'));
  if (policy === undefined) throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The access policy does not exist.');
  return policy;
}

const writeKeys = ['name', 'resource', 'schedule_id'];

function checkKeys(site: Site, body: Body): void {
  const unknown = Object.keys(body).find((key) => !writeKeys.includes(key));
  if (unknown !== undefined && site.quirk('policy-unknown-key') === 'error')
    throw invalid(`Unknown parameter ${unknown}.`);
}

/** Written as `resource`, read as `resources`. */
function readResources(site: Site, body: Body): Policy['resources'] | undefined {
  return listField(body, 'resource')?.map((item) => {
    const resource = asBody(item, 'resource');
    const type = requiredText(resource, 'type');
    const id = requiredText(resource, 'id');
    if (type !== 'door' && type !== 'door_group') throw invalid('resource.type must be door or door_group.');
    const known = type === 'door' ? site.state.doors.has(id) : site.state.doorGroups.has(id);
    if (!known) throw new ApiError('CODE_RESOURCE_NOT_FOUND', `The ${type} does not exist.`);
    return { type, id };
  });
}

function readSchedule(site: Site, body: Body): string | undefined {
  const id = keptText(body, 'schedule_id');
  if (id !== undefined && !site.state.schedules.has(id)) {
    throw new ApiError('CODE_ACCESS_POLICY_SCHEDULE_NOT_FOUND', 'The schedule does not exist.');
  }
  return id;
}

async function create(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  checkKeys(site, body);
  const schedule = readSchedule(site, body);
  if (schedule === undefined) throw invalid('schedule_id is required.');
  const policy: Policy = {
    id: randomUuid(() => site.random()),
    name: requiredText(body, 'name'),
    resources: readResources(site, body) ?? [],
    schedule_id: schedule,
    all_users: false,
  };
  site.state.policies.set(policy.id, policy);
  return { data: policyView(policy) };
}

async function update(site: Site, call: Call): Promise<Success> {
  const policy = findPolicy(site, call);
  const body = await call.body();
  checkKeys(site, body);
  const changed = {
    ...policy,
    name: keptText(body, 'name') ?? policy.name,
    resources: readResources(site, body) ?? policy.resources,
    schedule_id: readSchedule(site, body) ?? policy.schedule_id,
  };
  site.state.policies.set(policy.id, changed);
  return { data: policyView(changed) };
}

function remove(site: Site, call: Call): Success {
  const { state } = site;
  const policy = findPolicy(site, call);
  if (['Default Site Policy', 'Default Admin Policy'].includes(policy.name)) {
    throw new ApiError('CODE_OPERATION_FORBIDDEN', 'A default policy cannot be deleted.');
  }
  state.policies.delete(policy.id);
  const without = (ids: readonly string[]): readonly string[] => ids.filter((id) => id !== policy.id);
  for (const user of state.usersById()) {
    if (user.access_policy_ids.includes(policy.id))
      state.putUser({ ...user, access_policy_ids: without(user.access_policy_ids) });
  }
  for (const group of state.userGroups.values()) {
    state.userGroups.set(group.id, { ...group, access_policy_ids: without(group.access_policy_ids) });
  }
  return { data: 'success' };
}

export const policyEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/access_policies',
    scope: 'view:policy',
    handle: (site, call) => {
      const paged = call.query('page_num') !== undefined || call.query('page_size') !== undefined;
      const { rows, pagination } = page([...site.state.policies.values()], (name) => call.query(name), undefined);
      return { data: rows.map(policyView), ...(paged ? { pagination } : {}) };
    },
  },
  { method: 'POST', path: '/access_policies', scope: 'edit:policy', handle: create },
  {
    method: 'GET',
    path: '/access_policies/:id',
    scope: 'view:policy',
    handle: (site, call) => ({ data: policyView(findPolicy(site, call)) }),
  },
  { method: 'PUT', path: '/access_policies/:id', scope: 'edit:policy', handle: update },
  { method: 'DELETE', path: '/access_policies/:id', scope: 'edit:policy', handle: remove },
];
