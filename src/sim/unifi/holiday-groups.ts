import { randomUuid } from '../kit/random.js';
import type { Body, Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, type Success } from './envelope.js';
import {
  asBody,
  controllerTimestamp,
  flagField,
  listField,
  parseTimestamp,
  requiredText,
  textField,
} from './fields.js';
import type { Holiday, HolidayGroup } from './model.js';

const day = 86_400_000;

export function holidayView(holiday: Holiday): Record<string, unknown> {
  return {
    id: holiday.id,
    name: holiday.name,
    description: holiday.description,
    repeat: holiday.repeat,
    is_template: holiday.is_template,
    start_time: controllerTimestamp(holiday.start),
    end_time: controllerTimestamp(holiday.end),
  };
}

function groupView(group: HolidayGroup): Record<string, unknown> {
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    is_default: group.is_default,
    template_name: group.template_name,
    holidays: group.holidays.map(holidayView),
  };
}

function findGroup(site: Site, call: Call): HolidayGroup {
  const group = site.state.holidayGroups.get(call.param('id'));
  if (group === undefined)
    throw new ApiError('CODE_ACCESS_POLICY_HOLIDAY_GROUP_NOT_FOUND', 'The holiday group does not exist.');
  return group;
}

function checkName(site: Site, name: string, own: string | undefined): void {
  for (const other of site.state.holidayGroups.values()) {
    if (other.name === name && other.id !== own) {
      throw new ApiError('CODE_ACCESS_POLICY_HOLIDAY_GROUP_NAME_EXIST', 'The holiday group name already exists.');
    }
  }
}

function readInstant(holiday: Body, name: string): number {
  const instant = parseTimestamp(requiredText(holiday, name));
  if (instant === undefined) throw invalid(`${name} is no RFC 3339 time.`);
  return instant;
}

function readHolidays(site: Site, body: Body, kept: readonly Holiday[]): readonly Holiday[] | undefined {
  const holidays = listField(body, 'holidays')?.map((item): Holiday => {
    const holiday = asBody(item, 'holidays');
    const id = textField(holiday, 'id');
    const known = kept.find((other) => other.id === id);
    if (id !== undefined && known === undefined) throw invalid('holidays: unknown id.');
    if (known !== undefined && holiday['start_time'] === undefined) return known;
    const start = readInstant(holiday, 'start_time');
    const end = readInstant(holiday, 'end_time');
    if (end < start) throw invalid('holidays: end_time is before start_time.');
    if (end - start > day && site.quirk('long-holiday') === 'error') throw invalid('holidays: a holiday is one day.');
    return {
      id: known?.id ?? randomUuid(() => site.random()),
      name: requiredText(holiday, 'name'),
      description: textField(holiday, 'description') ?? '',
      repeat: flagField(holiday, 'repeat') ?? false,
      is_template: flagField(holiday, 'is_template') ?? false,
      start,
      end,
    };
  });
  if (holidays !== undefined && new Set(holidays.map((holiday) => holiday.name)).size < holidays.length) {
    throw new ApiError('CODE_ACCESS_POLICY_HOLIDAY_NAME_EXIST', 'The holiday name already exists.');
  }
  return holidays;
}

async function create(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const name = requiredText(body, 'name');
  checkName(site, name, undefined);
  const group: HolidayGroup = {
    id: randomUuid(() => site.random()),
    name,
    description: textField(body, 'description') ?? '',
    is_default: false,
    template_name: '',
    holidays: readHolidays(site, body, []) ?? [],
  };
  site.state.holidayGroups.set(group.id, group);
  return { data: groupView(group) };
}

async function update(site: Site, call: Call): Promise<Success> {
  const group = findGroup(site, call);
  const body = await call.body();
  if (group.is_default)
    throw new ApiError('CODE_HOLIDAY_GROUP_CAN_NOT_EDIT', 'The default holiday group cannot be changed.');
  const name = requiredText(body, 'name');
  checkName(site, name, group.id);
  const changed = {
    ...group,
    name,
    description: textField(body, 'description') ?? group.description,
    holidays: readHolidays(site, body, group.holidays) ?? group.holidays,
  };
  site.state.holidayGroups.set(group.id, changed);
  return { data: groupView(changed) };
}

function remove(site: Site, call: Call): Success {
  const group = findGroup(site, call);
  const used = [...site.state.schedules.values()].some((schedule) => schedule.holiday_group_id === group.id);
  if (group.is_default || used) {
    throw new ApiError('CODE_ACCESS_POLICY_HOLIDAY_GROUP_CAN_NOT_DELETE', 'The holiday group is in use.');
  }
  site.state.holidayGroups.delete(group.id);
  return { data: 'success' };
}

export const holidayGroupEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/access_policies/holiday_groups',
    scope: 'view:policy',
    handle: (site) => ({
      data: [...site.state.holidayGroups.values()].map(({ id, name, description, is_default, holidays }) => ({
        id,
        name,
        description,
        is_default,
        count: holidays.length,
      })),
    }),
  },
  { method: 'POST', path: '/access_policies/holiday_groups', scope: 'edit:policy', handle: create },
  {
    method: 'GET',
    path: '/access_policies/holiday_groups/:id',
    scope: 'view:policy',
    handle: (site, call) => ({ data: groupView(findGroup(site, call)) }),
  },
  { method: 'PUT', path: '/access_policies/holiday_groups/:id', scope: 'edit:policy', handle: update },
  { method: 'DELETE', path: '/access_policies/holiday_groups/:id', scope: 'edit:policy', handle: remove },
];
