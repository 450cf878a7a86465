/** The port to a UniFi Access controller, in our own words. Adapters: the developer-API client, and the dry run around it. */

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];

/** Wall-clock times `HH:MM:SS`, both inside the range (`09:00:00` to `09:59:59` is one hour). */
export interface TimeRange {
  readonly start: string;
  readonly end: string;
}

/** All seven days, always: an absent week means access every day to UniFi. */
export type WeekSchedule = Readonly<Record<Weekday, readonly TimeRange[]>>;

export type UserStatus = 'ACTIVE' | 'PENDING' | 'DEACTIVATED';

export interface UnifiUser {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly employeeNumber: string;
  readonly email: string;
  /** A status this program does not know reads as it is. */
  readonly status: UserStatus | (string & {});
  readonly cards: readonly { readonly token: string }[];
  readonly policyIds: readonly string[];
}

export interface UnifiCard {
  readonly token: string;
  readonly alias: string;
  readonly status: string;
  readonly holder: { readonly id: string; readonly type: 'USER' | 'VISITOR' | (string & {}) } | null;
}

export interface UnifiPolicy {
  readonly id: string;
  readonly name: string;
  readonly resources: readonly { readonly type: string; readonly id: string }[];
  readonly scheduleId: string;
}

export interface UnifiScheduleSummary {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly holidayGroupId: string;
}

export interface UnifiSchedule extends UnifiScheduleSummary {
  readonly week: WeekSchedule;
  readonly holidaySchedule: readonly TimeRange[];
}

export interface UnifiHoliday {
  readonly name: string;
  readonly repeat: boolean;
  /** RFC 3339, normalised: `2026-11-21T00:00:00Z`. */
  readonly start: string;
  readonly end: string;
}

export interface UnifiHolidayGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly holidays: readonly UnifiHoliday[];
}

export interface UnifiDoor {
  readonly id: string;
  readonly name: string;
  readonly hasHub: boolean;
  readonly lock: 'Locked' | 'Unlocked' | 'Unknown';
  readonly position: 'Open' | 'Closed' | 'Unknown';
}

export interface UnifiLockRule {
  /** As UniFi says it; `""` and `reset` are idle. */
  readonly type: string;
  /** Unix seconds; 0 when none. */
  readonly endedTime: number;
}

export type LockRuleWrite = { readonly type: 'custom'; readonly minutes: number } | { readonly type: 'reset' };

export interface Emergency {
  readonly lockdown: boolean;
  readonly evacuation: boolean;
}

export interface CardImport {
  /** Upper-case hexadecimal, unpadded. */
  readonly nfcId: string;
  readonly alias: string;
}

/** Lists are whole or the call throws `TransientError` with code `IncompleteList`. */
export interface AccessReader {
  listUsers(): Promise<readonly UnifiUser[]>;
  getUser(id: string): Promise<UnifiUser>;
  /** Policies given to the user directly, not through groups. */
  listDirectPolicies(userId: string): Promise<readonly string[]>;
  /** The direct ones and those of the user's groups. */
  listEffectivePolicies(userId: string): Promise<readonly string[]>;
  /** Policies that any group of users gives to its members. */
  listGroupPolicies(): Promise<readonly string[]>;
  listCards(): Promise<readonly UnifiCard[]>;
  getCard(token: string): Promise<UnifiCard>;
  /** Asks how an enrolment at a reader stands. It only reads, and yet needs `edit:credential`. */
  getEnrolment(sessionId: string): Promise<void>;
  listPolicies(): Promise<readonly UnifiPolicy[]>;
  listSchedules(): Promise<readonly UnifiScheduleSummary[]>;
  getSchedule(id: string): Promise<UnifiSchedule>;
  listHolidayGroups(): Promise<readonly { readonly id: string; readonly name: string; readonly isDefault: boolean }[]>;
  getHolidayGroup(id: string): Promise<UnifiHolidayGroup>;
  listDoors(): Promise<readonly UnifiDoor[]>;
  getLockRule(doorId: string): Promise<UnifiLockRule>;
  getEmergency(): Promise<Emergency>;
  /** Milliseconds since the epoch of the newest HTTP `Date`, and when (monotonic ms) it arrived; null before any answer or without the header. */
  lastDate(): { readonly date: number; readonly at: number } | null;
}

/** Writes are never repeated by the client: the next reconcile repeats them from observation. */
export interface AccessWriter {
  createUser(user: { readonly firstName: string; readonly lastName: string; readonly employeeNumber: string; readonly email?: string }): Promise<{ readonly id: string }>;
  updateUser(
    id: string,
    change: { readonly firstName?: string; readonly lastName?: string; readonly employeeNumber?: string; readonly email?: string; readonly status?: 'ACTIVE' | 'DEACTIVATED' },
  ): Promise<void>;
  /** Replaces the whole direct list. */
  setPolicies(userId: string, policyIds: readonly string[]): Promise<void>;
  bindCard(userId: string, token: string, options?: { readonly force: boolean }): Promise<void>;
  releaseCard(userId: string, token: string): Promise<void>;
  /** Rows UniFi refused come back with an empty token. */
  importCards(cards: readonly CardImport[]): Promise<readonly (CardImport & { readonly token: string })[]>;
  /** What a card is called; UniFi shows the number printed on it nowhere else. */
  setCardAlias(token: string, alias: string): Promise<void>;
  createSchedule(schedule: { readonly name: string; readonly week: WeekSchedule; readonly holidayGroupId?: string }): Promise<UnifiSchedule>;
  updateSchedule(
    id: string,
    change: { readonly week: WeekSchedule; readonly holidayGroupId?: string; readonly holidaySchedule?: readonly TimeRange[] },
  ): Promise<void>;
  createPolicy(policy: { readonly name: string; readonly doorIds: readonly string[]; readonly scheduleId: string }): Promise<UnifiPolicy>;
  updatePolicy(id: string, change: { readonly name?: string; readonly doorIds?: readonly string[]; readonly scheduleId?: string }): Promise<void>;
  deletePolicy(id: string): Promise<void>;
  createHolidayGroup(group: { readonly name: string; readonly description?: string; readonly holidays: readonly UnifiHoliday[] }): Promise<{ readonly id: string }>;
  deleteHolidayGroup(id: string): Promise<void>;
  /** A function is asked when the request leaves, after any queue or pause; what it throws takes the request back. */
  setLockRule(doorId: string, rule: LockRuleWrite | (() => LockRuleWrite)): Promise<void>;
}

export interface AccessController extends AccessReader, AccessWriter {
  /** The same controller; `check` is asked as each write leaves, after any queue or pause, and what it throws takes the write back. */
  checked(check: () => void): AccessController;
}
