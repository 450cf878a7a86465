import type { AccessReader } from '../access-controller.js';
import type { DeveloperApi } from './api.js';
import { segment } from './api.js';
import { readDoor, readEmergency, readLockRule } from './doors.js';
import type { Scope } from './envelope.js';
import { listAll, listPaged } from './lists.js';
import { readCard, readPolicyIds, readUser } from './people.js';
import {
  readHolidayGroup,
  readHolidayGroupSummary,
  readPolicy,
  readSchedule,
  readScheduleSummary,
} from './schedules.js';
import { row, text } from './wire.js';

const byId = (item: { readonly id: string }): string => item.id;
const expandPolicies = [['expand[]', 'access_policy']] as const;

export function createReader(api: DeveloperApi): Omit<AccessReader, 'lastDate'> {
  async function get(path: string, scope: Scope, query: readonly (readonly [string, string])[] = []): Promise<unknown> {
    return (await api.call({ method: 'GET', path, scope, query })).data;
  }
  async function policiesOf(userId: string, directOnly: 'true' | 'false'): Promise<readonly string[]> {
    return readPolicyIds(await get(`/users/${segment(userId)}/access_policies`, 'view:user', [['only_user_policies', directOnly]]), 'user');
  }
  return {
    listUsers: () =>
      listPaged(api, { path: '/users', scope: 'view:user', query: expandPolicies, read: readUser, key: byId }),
    getUser: async (id) =>
      readUser(row(await get(`/users/${segment(id)}`, 'view:user', expandPolicies), 'user'), 'user'),
    listDirectPolicies: (userId) => policiesOf(userId, 'true'),
    listEffectivePolicies: (userId) => policiesOf(userId, 'false'),
    listGroupPolicies: async () => {
      const groups = await listAll(api, { path: '/user_groups', scope: 'view:user', read: (from, where) => text(from, 'id', where), key: (id) => id });
      const given = await Promise.all(groups.map(async (id) => readPolicyIds(await get(`/user_groups/${segment(id)}/access_policies`, 'view:user'), 'group')));
      return [...new Set(given.flat())];
    },
    listCards: () =>
      listPaged(api, {
        path: '/credentials/nfc_cards/tokens',
        scope: 'view:credential',
        read: readCard,
        key: (card) => card.token,
      }),
    getCard: async (token) =>
      readCard(row(await get(`/credentials/nfc_cards/tokens/${segment(token)}`, 'view:credential'), 'card'), 'card'),
    getEnrolment: async (sessionId) => {
      await get(`/credentials/nfc_cards/sessions/${segment(sessionId)}`, 'edit:credential');
    },
    listPolicies: () => listAll(api, { path: '/access_policies', scope: 'view:policy', read: readPolicy, key: byId }),
    listSchedules: () =>
      listAll(api, { path: '/access_policies/schedules', scope: 'view:policy', read: readScheduleSummary, key: byId }),
    getSchedule: async (id) =>
      readSchedule(row(await get(`/access_policies/schedules/${segment(id)}`, 'view:policy'), 'schedule'), 'schedule'),
    listHolidayGroups: () =>
      listAll(api, {
        path: '/access_policies/holiday_groups',
        scope: 'view:policy',
        read: readHolidayGroupSummary,
        key: byId,
      }),
    getHolidayGroup: async (id) =>
      readHolidayGroup(
        row(await get(`/access_policies/holiday_groups/${segment(id)}`, 'view:policy'), 'holiday group'),
        'holiday group',
      ),
    listDoors: () => listAll(api, { path: '/doors', scope: 'view:space', read: readDoor, key: byId }),
    getLockRule: async (doorId) => readLockRule(await get(`/doors/${segment(doorId)}/lock_rule`, 'view:space')),
    getEmergency: async () => readEmergency(await get('/doors/settings/emergency', 'view:space')),
  };
}
