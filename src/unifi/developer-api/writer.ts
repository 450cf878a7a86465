import { TerminalError } from '../../runtime/errors.js';
import type { AccessWriter, CardImport, LockRuleWrite } from '../access-controller.js';
import type { ApiCall, DeveloperApi } from './api.js';
import { segment } from './api.js';
import type { Scope } from './envelope.js';
import { readImport } from './people.js';
import { readPolicy, readSchedule, writeDoors, writeHolidays, writeHolidaySchedule, writeWeek } from './schedules.js';
import { row, text } from './wire.js';

type Body = Readonly<Record<string, unknown>>;

/** Keys without a value are left out: UniFi leaves what is not sent as it is. */
function given(fields: Readonly<Record<string, unknown>>): Body {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function writeLockRule(rule: LockRuleWrite): Readonly<Record<string, unknown>> {
  return rule.type === 'custom' ? { type: 'custom', interval: rule.minutes } : { type: 'reset' };
}

/** No header line; UniFi knows no quoting. @throws TerminalError InvalidCard */
function importFile(cards: readonly CardImport[]): string {
  return cards
    .map(({ nfcId, alias }) => {
      if (/^[0-9A-F]+$/.test(nfcId) && /^[^,"\r\n]*$/.test(alias)) return `${nfcId},${alias}\n`;
      throw new TerminalError(
        'A card for import needs an upper-case hexadecimal number and an alias without commas, quotes and line breaks.',
        {
          code: 'InvalidCard',
        },
      );
    })
    .join('');
}

export function createWriter(api: DeveloperApi): AccessWriter {
  async function send(method: 'POST' | 'PUT' | 'DELETE', path: string, scope: Scope, json?: ApiCall['json']): Promise<unknown> {
    return (await api.call({ method, path, scope, ...(json !== undefined && { json }) })).data;
  }
  return {
    async createUser({ firstName, lastName, employeeNumber, email }) {
      const body = given({
        first_name: firstName,
        last_name: lastName,
        employee_number: employeeNumber,
        user_email: email,
      });
      return { id: text(row(await send('POST', '/users', 'edit:user', body), 'user'), 'id', 'user') };
    },
    async updateUser(id, { firstName, lastName, employeeNumber, email, status }) {
      const names = { first_name: firstName, last_name: lastName };
      const body = given({ ...names, employee_number: employeeNumber, user_email: email, status });
      await send('PUT', `/users/${segment(id)}`, 'edit:user', body);
    },
    async setPolicies(userId, policyIds) {
      await send('PUT', `/users/${segment(userId)}/access_policies`, 'edit:user', { access_policy_ids: policyIds });
    },
    async bindCard(userId, token, options) {
      const body = { token, ...(options?.force === true && { force_add: true }) };
      await send('PUT', `/users/${segment(userId)}/nfc_cards`, 'edit:user', body);
    },
    async releaseCard(userId, token) {
      // PUT, although it deletes: the verb DELETE is an unknown path to UniFi.
      await send('PUT', `/users/${segment(userId)}/nfc_cards/delete`, 'edit:user', { token });
    },
    async importCards(cards) {
      if (cards.length === 0) return [];
      const multipart = { field: 'file', filename: 'cards.csv', contentType: 'text/csv', content: importFile(cards) };
      const answer = await api.call({
        method: 'POST',
        path: '/credentials/nfc_cards/import',
        scope: 'edit:credential',
        multipart,
      });
      return readImport(answer.data, cards);
    },
    async setCardAlias(token, alias) {
      await send('PUT', `/credentials/nfc_cards/tokens/${segment(token)}`, 'edit:credential', { alias });
    },
    async createSchedule({ name, week, holidayGroupId }) {
      const body = given({
        name,
        week_schedule: writeWeek(week),
        holiday_group_id: holidayGroupId,
        holiday_schedule: [],
      });
      return readSchedule(
        row(await send('POST', '/access_policies/schedules', 'edit:policy', body), 'schedule'),
        'schedule',
      );
    },
    async updateSchedule(id, { week, holidayGroupId, holidaySchedule }) {
      const holidays = holidaySchedule === undefined ? undefined : writeHolidaySchedule(holidaySchedule);
      const body = given({
        week_schedule: writeWeek(week),
        holiday_group_id: holidayGroupId,
        holiday_schedule: holidays,
      });
      await send('PUT', `/access_policies/schedules/${segment(id)}`, 'edit:policy', body);
    },
    async createPolicy({ name, doorIds, scheduleId }) {
      const body = { name, resource: writeDoors(doorIds), schedule_id: scheduleId };
      return readPolicy(row(await send('POST', '/access_policies', 'edit:policy', body), 'policy'), 'policy');
    },
    async updatePolicy(id, { name, doorIds, scheduleId }) {
      const body = given({
        name,
        resource: doorIds === undefined ? undefined : writeDoors(doorIds),
        schedule_id: scheduleId,
      });
      await send('PUT', `/access_policies/${segment(id)}`, 'edit:policy', body);
    },
    async deletePolicy(id) {
      await send('DELETE', `/access_policies/${segment(id)}`, 'edit:policy');
    },
    async createHolidayGroup({ name, description, holidays }) {
      const body = given({ name, description, holidays: writeHolidays(holidays) });
      return {
        id: text(
          row(await send('POST', '/access_policies/holiday_groups', 'edit:policy', body), 'holiday group'),
          'id',
          'holiday group',
        ),
      };
    },
    async deleteHolidayGroup(id) {
      await send('DELETE', `/access_policies/holiday_groups/${segment(id)}`, 'edit:policy');
    },
    async setLockRule(doorId, rule) {
      const body = typeof rule === 'function' ? () => writeLockRule(rule()) : writeLockRule(rule);
      await send('PUT', `/doors/${segment(doorId)}/lock_rule`, 'edit:space', body);
    },
  };
}
