import { TerminalError } from '../runtime/errors.js';
import type { AccessController, AccessReader, AccessWriter } from './access-controller.js';

/**
 * A controller that reads and cannot write: it never holds the writing half. Every write fails with TerminalError
 * `DryRun`; a plan is shown, not applied, so that nothing should call one.
 */
export function dryRun(reader: AccessReader): AccessController {
  const refuse = (operation: keyof AccessWriter) => (): Promise<never> =>
    Promise.reject(new TerminalError(`Dry run: ${operation} was not sent to UniFi.`, { code: 'DryRun' }));
  const refusing: AccessController = {
    listUsers: () => reader.listUsers(),
    getUser: (id) => reader.getUser(id),
    listDirectPolicies: (userId) => reader.listDirectPolicies(userId),
    listEffectivePolicies: (userId) => reader.listEffectivePolicies(userId),
    listGroupPolicies: () => reader.listGroupPolicies(),
    listCards: () => reader.listCards(),
    getCard: (token) => reader.getCard(token),
    getEnrolment: (sessionId) => reader.getEnrolment(sessionId),
    listPolicies: () => reader.listPolicies(),
    listSchedules: () => reader.listSchedules(),
    getSchedule: (id) => reader.getSchedule(id),
    listHolidayGroups: () => reader.listHolidayGroups(),
    getHolidayGroup: (id) => reader.getHolidayGroup(id),
    listDoors: () => reader.listDoors(),
    getLockRule: (doorId) => reader.getLockRule(doorId),
    getEmergency: () => reader.getEmergency(),
    lastDate: () => reader.lastDate(),
    createUser: refuse('createUser'),
    updateUser: refuse('updateUser'),
    setPolicies: refuse('setPolicies'),
    bindCard: refuse('bindCard'),
    releaseCard: refuse('releaseCard'),
    importCards: refuse('importCards'),
    setCardAlias: refuse('setCardAlias'),
    createSchedule: refuse('createSchedule'),
    updateSchedule: refuse('updateSchedule'),
    createPolicy: refuse('createPolicy'),
    updatePolicy: refuse('updatePolicy'),
    deletePolicy: refuse('deletePolicy'),
    createHolidayGroup: refuse('createHolidayGroup'),
    deleteHolidayGroup: refuse('deleteHolidayGroup'),
    setLockRule: refuse('setLockRule'),
    checked: () => refusing,
  };
  return refusing;
}
