import type { WeekSchedule } from '../../unifi/access-controller.js';

/** A holiday group that a schedule is to hold. Id null: the fence that this plan makes. */
export interface HolidayTarget {
  readonly id: string | null;
  readonly name: string;
}

/** Makes the schedule that a group asked for, with its program in it. */
export interface CreateSchedule {
  readonly verb: 'create';
  readonly doorGroup: string;
  readonly name: string;
  readonly week: WeekSchedule;
  /** Null: UniFi's default. */
  readonly holidays: HolidayTarget | null;
}

/** Week and holidays of a schedule, in one write: a program is never there without its fence. */
export interface ProgramSchedule {
  readonly verb: 'program';
  readonly doorGroup: string;
  readonly scheduleId: string;
  readonly name: string;
  readonly before: WeekSchedule;
  readonly week: WeekSchedule;
  /** Null: what it holds stays. */
  readonly holidays: HolidayTarget | null;
  readonly holidaysBefore: string;
  /** The one access policy that may use the schedule. */
  readonly ownPolicyId: string | null;
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

/** Empties a schedule that no group stands behind any longer: seven explicit empty days, and no fence. */
export interface RevokeSchedule {
  readonly verb: 'revoke';
  readonly doorGroup: string;
  readonly scheduleId: string;
  readonly name: string;
  readonly before: WeekSchedule;
  /** UniFi's default group; null: what it holds stays. */
  readonly holidays: HolidayTarget | null;
  readonly ownPolicyId: string | null;
}

export interface RevokePolicy {
  readonly verb: 'revoke-policy';
  readonly doorGroup: string;
  readonly policyId: string;
  readonly name: string;
}

export type DoorChange = CreateSchedule | ProgramSchedule | KeepPolicy | RevokeSchedule | RevokePolicy;

/** What is done to holiday groups, for all door groups together. */
export interface HolidayGroupChange {
  readonly verb: 'mark' | 'fence' | 'drop-fence';
  /** Null: it is made. */
  readonly id: string | null;
  readonly name: string;
}
