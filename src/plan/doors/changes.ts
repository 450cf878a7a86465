import type { WeekSchedule } from '../../unifi/access-controller.js';

/** Makes the schedule that a group asked for, with its program in it. */
export interface CreateSchedule {
  readonly verb: 'create';
  readonly doorGroup: string;
  readonly name: string;
  readonly week: WeekSchedule;
}

export interface ProgramSchedule {
  readonly verb: 'program';
  readonly doorGroup: string;
  readonly scheduleId: string;
  readonly name: string;
  readonly before: WeekSchedule;
  readonly week: WeekSchedule;
}

/** Keeps the access policy that links the group's schedule to its doors. */
export interface KeepPolicy {
  readonly verb: 'policy';
  readonly doorGroup: string;
  /** Null: create. */
  readonly policyId: string | null;
  readonly name: string;
  readonly before: { readonly doorIds: readonly string[]; readonly scheduleId: string } | null;
  readonly doorIds: readonly string[];
  /** Null: that of the schedule which this plan creates. */
  readonly scheduleId: string | null;
}

/** Empties a schedule that no group stands behind any longer: seven explicit empty days. */
export interface RevokeSchedule {
  readonly verb: 'revoke';
  readonly doorGroup: string;
  readonly scheduleId: string;
  readonly name: string;
  readonly before: WeekSchedule;
}

export interface RevokePolicy {
  readonly verb: 'revoke-policy';
  readonly doorGroup: string;
  readonly policyId: string;
  readonly name: string;
}

export type DoorChange = CreateSchedule | ProgramSchedule | KeepPolicy | RevokeSchedule | RevokePolicy;
