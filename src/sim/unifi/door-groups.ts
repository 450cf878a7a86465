import { randomUuid } from '../kit/random.js';
import type { Body, Call, Endpoint, Site } from './endpoint.js';
import { ApiError, type Success } from './envelope.js';
import { keptText, requiredText, textListField } from './fields.js';
import type { Door, DoorGroup } from './model.js';
import { buildingId } from './seed.js';

function doorResources(site: Site, ids: readonly string[]): readonly Record<string, unknown>[] {
  const doors = ids.map((id) => site.state.doors.get(id)).filter((door): door is Door => door !== undefined);
  return doors.map((door) => ({ id: door.id, type: 'door', name: door.name }));
}

/** Written as `group_name`, read as `name`. */
function groupView(site: Site, group: DoorGroup): Record<string, unknown> {
  return { id: group.id, name: group.name, type: 'access', resources: doorResources(site, group.doors) };
}

function findGroup(site: Site, call: Call): DoorGroup {
  const group = site.state.doorGroups.get(call.param('id'));
  if (group === undefined || group.id === buildingId)
    throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The door group does not exist.');
  return group;
}

function customGroups(site: Site): readonly DoorGroup[] {
  return [...site.state.doorGroups.values()].filter((group) => group.id !== buildingId);
}

function readDoors(site: Site, body: Body): readonly string[] | undefined {
  const ids = textListField(body, 'resources');
  if (ids?.some((id) => !site.state.doors.has(id)) === true)
    throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The door does not exist.');
  return ids;
}

function checkName(site: Site, name: string, own: string | undefined): void {
  if (customGroups(site).some((group) => group.name === name && group.id !== own)) {
    throw new ApiError('CODE_OPERATION_FORBIDDEN', 'The door group name already exists.');
  }
}

async function create(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const name = requiredText(body, 'group_name');
  checkName(site, name, undefined);
  const group = { id: randomUuid(() => site.random()), name, doors: readDoors(site, body) ?? [] };
  site.state.doorGroups.set(group.id, group);
  return { data: groupView(site, group) };
}

async function update(site: Site, call: Call): Promise<Success> {
  const group = findGroup(site, call);
  const body = await call.body();
  const name = keptText(body, 'group_name') ?? group.name;
  checkName(site, name, group.id);
  const changed = { ...group, name, doors: readDoors(site, body) ?? group.doors };
  site.state.doorGroups.set(group.id, changed);
  return { data: groupView(site, changed) };
}

function remove(site: Site, call: Call): Success {
  site.state.doorGroups.delete(findGroup(site, call).id);
  return { data: 'success' };
}

function topologyDoor(door: Door): Record<string, unknown> {
  return { id: door.id, name: door.name, type: 'door', is_bind_hub: door.is_bind_hub };
}

function topology(site: Site): Success {
  const { doors } = site.state;
  const floors = [...new Set([...doors.values()].map((door) => door.floor_id))].map((id) => ({
    id,
    name: '1F',
    type: 'floor',
    resources: [...doors.values()].filter((door) => door.floor_id === id).map(topologyDoor),
  }));
  const custom = customGroups(site).map((group) => ({
    id: group.id,
    name: group.name,
    type: 'access',
    resource_topologies: [
      {
        id: group.id,
        name: group.name,
        type: 'access',
        resources: group.doors.flatMap((id) => {
          const door = doors.get(id);
          return door === undefined ? [] : [topologyDoor(door)];
        }),
      },
    ],
  }));
  return { data: [{ id: buildingId, name: 'All Doors', type: 'building', resource_topologies: floors }, ...custom] };
}

export const doorGroupEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/door_groups/topology', scope: 'view:space', handle: topology },
  {
    method: 'GET',
    path: '/door_groups',
    scope: 'view:space',
    handle: (site) => ({ data: customGroups(site).map((group) => groupView(site, group)) }),
  },
  { method: 'POST', path: '/door_groups', scope: 'edit:space', handle: create },
  {
    method: 'GET',
    path: '/door_groups/:id',
    scope: 'view:space',
    handle: (site, call) => ({ data: groupView(site, findGroup(site, call)) }),
  },
  { method: 'PUT', path: '/door_groups/:id', scope: 'edit:space', handle: update },
  { method: 'DELETE', path: '/door_groups/:id', scope: 'edit:space', handle: remove },
];
