import { IANAZone } from 'luxon';
import { randomHex, randomUuid } from '../kit/random.js';
import {
  seedChoice,
  seedFlag,
  seedList,
  seedNumber,
  seedPath,
  type SeedRecord,
  seedRecord,
  seedText,
  seedTextOr,
} from '../kit/seed-values.js';
import { SeedError } from '../kit/simulator.js';
import { everyDay, parseTimestamp, readRanges, readWeek } from './fields.js';
import type { Holiday, LockRule } from './model.js';
import * as keys from './seed-keys.js';
import { readCards, readUsers } from './seed-people.js';
import { asSeed, known, rows, type SeedReader, texts } from './seed-reader.js';
import { ControllerState } from './state.js';

/** The group of all doors, which every controller has. */
export const buildingId = '9bee6e0e-108d-4c52-9107-76f2c7dea4f1';
const noHolidaysId = 'e12535a8-bdee-4b4b-a79d-13a200d5e19b';
const alwaysAccessId = '0a16d325-d901-42b8-b9f9-3b8f04db2382';
const floorId = '23c0d3fa-3ed5-4b3b-8f4e-53e9a2b2f1aa';

function readDoors({ state, random }: SeedReader, seed: SeedRecord): void {
  for (const [row, path] of rows(seed, 'doors', keys.door)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    const name = seedText(row['name'], `${path}.name`);
    const position = row['door_position_status'];
    state.doors.set(id, {
      id,
      name,
      full_name: seedTextOr(row['full_name'], `${path}.full_name`, `UNVR - 1F - ${name}`),
      floor_id: seedTextOr(row['floor_id'], `${path}.floor_id`, floorId),
      is_bind_hub: seedFlag(row['is_bind_hub'], `${path}.is_bind_hub`, true),
      is_online: seedFlag(row['is_online'], `${path}.is_online`, true),
      supports_lock_rule: seedFlag(row['supports_lock_rule'], `${path}.supports_lock_rule`, true),
      door_position_status: position === null ? null : seedTextOr(position, `${path}.door_position_status`, 'close'),
    });
  }
  for (const [row, path] of rows(seed, 'door_groups', keys.doorGroup)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    const doors = texts(row['resources'], `${path}.resources`);
    doors.forEach((door, index) => known(state.doors, door, `${path}.resources[${index}]`, 'door'));
    state.doorGroups.set(id, { id, name: seedText(row['name'], `${path}.name`), doors });
  }
  state.doorGroups.set(buildingId, { id: buildingId, name: 'All Doors', doors: [...state.doors.keys()] });
}

function readInstant(value: unknown, path: string): number {
  const instant = parseTimestamp(seedText(value, path));
  if (instant === undefined) throw new SeedError(`${path}: expected a time such as 2026-12-25T00:00:00Z`);
  return instant;
}

function readHoliday({ random }: SeedReader, value: unknown, path: string): Holiday {
  const row = seedRecord(value, path, keys.holiday);
  return {
    id: seedTextOr(row['id'], `${path}.id`, randomUuid(random)),
    name: seedText(row['name'], `${path}.name`),
    description: seedTextOr(row['description'], `${path}.description`, ''),
    repeat: seedFlag(row['repeat'], `${path}.repeat`, false),
    is_template: seedFlag(row['is_template'], `${path}.is_template`, false),
    start: readInstant(row['start_time'], `${path}.start_time`),
    end: readInstant(row['end_time'], `${path}.end_time`),
  };
}

function readHolidayGroups(reader: SeedReader, seed: SeedRecord): void {
  const { state, random } = reader;
  for (const [row, path] of rows(seed, 'holiday_groups', keys.holidayGroup)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    const name = seedText(row['name'], `${path}.name`);
    state.holidayGroups.set(id, {
      id,
      name,
      description: seedTextOr(row['description'], `${path}.description`, ''),
      is_default: seedFlag(row['is_default'], `${path}.is_default`, name === 'No Holidays'),
      template_name: seedTextOr(row['template_name'], `${path}.template_name`, ''),
      holidays: seedList(row['holidays'], `${path}.holidays`).map((item, index) =>
        readHoliday(reader, item, `${path}.holidays[${index}]`),
      ),
    });
  }
  if (state.defaultHolidayGroup() !== '') return;
  const group = {
    id: noHolidaysId,
    name: 'No Holidays',
    description: '',
    is_default: true,
    template_name: '',
    holidays: [],
  };
  state.holidayGroups.set(group.id, group);
}

function readSchedules({ state, random }: SeedReader, seed: SeedRecord): void {
  for (const [row, path] of rows(seed, 'schedules', keys.schedule)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    const name = seedText(row['name'], `${path}.name`);
    const week = row['weekly'] ?? row['week_schedule'];
    const group = seedTextOr(row['holiday_group_id'], `${path}.holiday_group_id`, '') || state.defaultHolidayGroup();
    const free = row['holiday_schedule'] ?? [];
    state.schedules.set(id, {
      id,
      name,
      is_default: seedFlag(row['is_default'], `${path}.is_default`, name === 'Always Access'),
      // As in the API: an absent week is access every day.
      weekly: week === undefined ? everyDay() : asSeed(`${path}.weekly`, () => readWeek(week, 'weekly')),
      holiday_group_id: known(state.holidayGroups, group, `${path}.holiday_group_id`, 'holiday group'),
      holiday_schedule: asSeed(`${path}.holiday_schedule`, () => readRanges(free, 'holiday_schedule')),
    });
  }
  if (state.defaultSchedule() === '') {
    state.schedules.set(alwaysAccessId, {
      id: alwaysAccessId,
      name: 'Always Access',
      is_default: true,
      weekly: everyDay(),
      holiday_group_id: state.defaultHolidayGroup(),
      holiday_schedule: everyDay().monday,
    });
  }
  for (const [door, schedule] of Object.entries(seedRecord(seed['unlock_schedules'], 'unlock_schedules'))) {
    const path = seedPath('unlock_schedules', door);
    // Null: the hub is pointed at nothing; a merge can say so.
    if (schedule === null) continue;
    known(state.doors, door, path, 'door');
    state.unlockSchedules.set(door, known(state.schedules, seedText(schedule, path), path, 'schedule'));
  }
}

function readPolicies({ state, random }: SeedReader, seed: SeedRecord): void {
  for (const [row, path] of rows(seed, 'access_policies', keys.policy)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    const schedule = seedTextOr(row['schedule_id'], `${path}.schedule_id`, '') || state.defaultSchedule();
    const resources = seedList(row['resources'] ?? row['resource'], `${path}.resources`).map((item, index) => {
      const at = `${path}.resources[${index}]`;
      const resource = seedRecord(item, at, keys.resource);
      const type = seedChoice(resource['type'], `${at}.type`, ['door', 'door_group'], 'door');
      return {
        type,
        id: known(
          type === 'door' ? state.doors : state.doorGroups,
          seedText(resource['id'], `${at}.id`),
          `${at}.id`,
          type,
        ),
      };
    });
    state.policies.set(id, {
      id,
      name: seedText(row['name'], `${path}.name`),
      resources,
      schedule_id: known(state.schedules, schedule, `${path}.schedule_id`, 'schedule'),
      all_users: seedFlag(row['all_users'], `${path}.all_users`, false),
    });
  }
  const names = new Set([...state.policies.values()].map((policy) => policy.name));
  for (const [id, name] of [
    ['5bdc3e0d-0b5e-4c1f-93a7-35d6a0c0f5a1', 'Default Site Policy'],
    ['7a1d2c80-4d11-4f60-9d1c-6b6a0a2f2e55', 'Default Admin Policy'],
  ] as const) {
    if (names.has(name)) continue;
    const resources = [{ type: 'door_group', id: buildingId }] as const;
    state.policies.set(id, { id, name, resources, schedule_id: state.defaultSchedule(), all_users: false });
  }
}

const ruleTypes = ['keep_lock', 'keep_unlock', 'custom', 'lock_early', 'lock_now', 'reset'] as const;

function readSite({ state, random }: SeedReader, seed: SeedRecord): void {
  state.timeZone = seedTextOr(seed['time_zone'], 'time_zone', 'UTC');
  if (!IANAZone.isValidZone(state.timeZone)) throw new SeedError(`time_zone: "${state.timeZone}" is no IANA time zone`);
  const emergency = seedRecord(seed['emergency'], 'emergency', ['lockdown', 'evacuation']);
  state.emergency = {
    lockdown: seedFlag(emergency['lockdown'], 'emergency.lockdown', false),
    evacuation: seedFlag(emergency['evacuation'], 'emergency.evacuation', false),
  };
  state.emailInvites = seedNumber(seed['email_invites'], 'email_invites', 0);
  texts(seed['admin_emails'], 'admin_emails').forEach((email) => state.adminEmails.add(email.toLowerCase()));
  for (const [door, value] of Object.entries(seedRecord(seed['lock_rules'], 'lock_rules'))) {
    const path = seedPath('lock_rules', door);
    if (value === null) continue;
    const row = seedRecord(value, path, ['type', 'started_time', 'ended_time']);
    const rule: LockRule = {
      type: seedChoice(row['type'], `${path}.type`, ruleTypes, 'reset'),
      started: seedNumber(row['started_time'], `${path}.started_time`, 0) * 1_000,
      ended: seedNumber(row['ended_time'], `${path}.ended_time`, 0) * 1_000,
    };
    state.lockRules.set(known(state.doors, door, path, 'door'), rule);
  }
  for (const [row, path] of rows(seed, 'webhooks', keys.webhook)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    const headers = Object.entries(seedRecord(row['headers'], `${path}.headers`));
    state.webhooks.set(id, {
      id,
      name: seedText(row['name'], `${path}.name`),
      endpoint: seedText(row['endpoint'], `${path}.endpoint`),
      secret: seedTextOr(row['secret'], `${path}.secret`, '') || randomHex(random, 16),
      events: texts(row['events'], `${path}.events`),
      headers: Object.fromEntries(headers.map(([name, value]) => [name, seedText(value, `${path}.headers.${name}`)])),
    });
  }
  const tokens = rows(seed, 'tokens', ['token', 'scopes']);
  for (const [row, path] of tokens) {
    const scopes = texts(row['scopes'], `${path}.scopes`);
    const wrong = scopes.find((scope) => scope !== '*' && !/^(view|edit):[a-z_]+$/.test(scope));
    if (wrong !== undefined) throw new SeedError(`${path}.scopes: "${wrong}" is no scope such as view:user`);
    state.tokens.set(seedText(row['token'], `${path}.token`), row['scopes'] === undefined ? ['*'] : scopes);
  }
  if (tokens.length === 0) state.tokens.set('sim-unifi-token', ['*']);
}

/** A new state from a seed. Missing ids are made. @throws SeedError naming the path */
export function readSeed(value: unknown, random: () => number): ControllerState {
  const seed = seedRecord(value, '', keys.top);
  const reader = { state: new ControllerState(), random };
  readDoors(reader, seed);
  readHolidayGroups(reader, seed);
  readSchedules(reader, seed);
  readPolicies(reader, seed);
  readCards(reader, seed);
  readUsers(reader, seed);
  readSite(reader, seed);
  return reader.state;
}
