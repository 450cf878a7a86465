import { randomUuid } from '../kit/random.js';
import type { Body, Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, type Success } from './envelope.js';
import { everyDay, keptText, readRanges, readWeek, requiredText, textField } from './fields.js';
import { holidayView } from './holiday-groups.js';
import { type Range, type Schedule, type Week, weekdays } from './model.js';

const mostRangesADay = 20;

function findSchedule(site: Site, call: Call): Schedule {
  const schedule = site.state.schedules.get(call.param('id'));
  if (schedule === undefined)
    throw new ApiError('CODE_ACCESS_POLICY_SCHEDULE_NOT_FOUND', 'The schedule does not exist.');
  return schedule;
}

/** Written as `week_schedule`, read as `weekly`. */
function scheduleView(site: Site, schedule: Schedule): Record<string, unknown> {
  const group = site.state.holidayGroups.get(schedule.holiday_group_id);
  return {
    id: schedule.id,
    name: schedule.name,
    is_default: schedule.is_default,
    type: 'access',
    holiday_group_id: schedule.holiday_group_id,
    holiday_group: group && {
      id: group.id,
      name: group.name,
      is_default: group.is_default,
      is_private: false,
      description: group.description,
      template_name: group.template_name,
      holidays: group.holidays.map(holidayView),
    },
    holiday_schedule: schedule.holiday_schedule,
    weekly: schedule.weekly,
  };
}

/** The list has no weekly part. */
function summary(schedule: Schedule): Record<string, unknown> {
  return {
    id: schedule.id,
    name: schedule.name,
    is_default: schedule.is_default,
    type: 'access',
    status: 1,
    holiday_group_id: schedule.holiday_group_id,
  };
}

function checkName(site: Site, name: string, own: string | undefined): void {
  for (const other of site.state.schedules.values()) {
    if (other.name === name && other.id !== own) {
      throw new ApiError('CODE_ACCESS_POLICY_SCHEDULE_NAME_EXIST', 'The schedule name already exists.');
    }
  }
}

function readWrittenWeek(body: Body): Week | undefined {
  const value = body['week_schedule'];
  if (value === undefined || value === null) return undefined;
  const week = readWeek(value, 'week_schedule');
  if (weekdays.some((day) => week[day].length > mostRangesADay))
    throw invalid(`A day has at most ${mostRangesADay} ranges.`);
  return week;
}

function readHolidaySchedule(body: Body): readonly Range[] | undefined {
  const value = body['holiday_schedule'];
  return value === undefined || value === null ? undefined : readRanges(value, 'holiday_schedule');
}

function readGroup(site: Site, body: Body): string | undefined {
  const id = textField(body, 'holiday_group_id');
  if (id === undefined || id === '') return undefined;
  if (!site.state.holidayGroups.has(id)) {
    throw new ApiError('CODE_ACCESS_POLICY_HOLIDAY_GROUP_NOT_FOUND', 'The holiday group does not exist.');
  }
  return id;
}

async function create(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const name = requiredText(body, 'name');
  checkName(site, name, undefined);
  const schedule: Schedule = {
    id: randomUuid(() => site.random()),
    name,
    is_default: false,
    // An absent week is access every day.
    weekly: readWrittenWeek(body) ?? everyDay(),
    holiday_group_id: readGroup(site, body) ?? site.state.defaultHolidayGroup(),
    holiday_schedule: readHolidaySchedule(body) ?? [],
  };
  site.state.schedules.set(schedule.id, schedule);
  return { data: scheduleView(site, schedule) };
}

async function update(site: Site, call: Call): Promise<Success> {
  const schedule = findSchedule(site, call);
  const body = await call.body();
  if (schedule.is_default) throw new ApiError('CODE_OPERATION_FORBIDDEN', 'The default schedule cannot be changed.');
  const name = keptText(body, 'name') ?? schedule.name;
  checkName(site, name, schedule.id);
  site.state.schedules.set(schedule.id, {
    ...schedule,
    name,
    weekly: readWrittenWeek(body) ?? schedule.weekly,
    holiday_group_id: readGroup(site, body) ?? schedule.holiday_group_id,
    holiday_schedule: readHolidaySchedule(body) ?? schedule.holiday_schedule,
  });
  return { data: {} };
}

function remove(site: Site, call: Call): Success {
  const { state } = site;
  const schedule = findSchedule(site, call);
  const used = [...state.policies.values()].some((policy) => policy.schedule_id === schedule.id);
  if (schedule.is_default || used || [...state.unlockSchedules.values()].includes(schedule.id)) {
    throw new ApiError('CODE_ACCESS_POLICY_SCHEDULE_CAN_NOT_DELETE', 'The schedule is in use.');
  }
  state.schedules.delete(schedule.id);
  return { data: 'success' };
}

export const scheduleEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/access_policies/schedules',
    scope: 'view:policy',
    handle: (site) => ({ data: [...site.state.schedules.values()].map(summary) }),
  },
  { method: 'POST', path: '/access_policies/schedules', scope: 'edit:policy', handle: create },
  {
    method: 'GET',
    path: '/access_policies/schedules/:id',
    scope: 'view:policy',
    handle: (site, call) => ({ data: scheduleView(site, findSchedule(site, call)) }),
  },
  { method: 'PUT', path: '/access_policies/schedules/:id', scope: 'edit:policy', handle: update },
  { method: 'DELETE', path: '/access_policies/schedules/:id', scope: 'edit:policy', handle: remove },
];
