/** The state of a simulated controller, in the API's own field names. */

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** `HH:MM:SS`; both seconds are inside. */
export interface Range {
  readonly start_time: string;
  readonly end_time: string;
}

export type Week = Readonly<Record<(typeof weekdays)[number], readonly Range[]>>;

export const userStatuses = ['ACTIVE', 'PENDING', 'DEACTIVATED'] as const;

export interface User {
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  /** Given through the API. */
  readonly user_email: string;
  /** Given in the UI. */
  readonly email: string;
  readonly employee_number: string;
  readonly phone: string;
  readonly onboard_time: number;
  readonly status: (typeof userStatuses)[number];
  /** Direct ones. */
  readonly access_policy_ids: readonly string[];
  /** Tokens, in order of binding. */
  readonly cards: readonly string[];
  readonly pin: string;
}

export interface Visitor {
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly cards: readonly string[];
}

export const cardStatuses = ['assigned', 'pending', 'disable', 'deleted', 'loss'] as const;

export interface Card {
  readonly token: string;
  readonly alias: string;
  readonly nfc_id: string;
  readonly note: string;
  readonly card_type: string;
  /** Only what differs from assigned (somebody holds it) and pending (nobody does). */
  readonly status: (typeof cardStatuses)[number] | undefined;
  readonly display_id: string;
  readonly holder: { readonly type: 'USER' | 'VISITOR'; readonly id: string } | undefined;
}

export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly resources: readonly { readonly type: 'door' | 'door_group'; readonly id: string }[];
  readonly schedule_id: string;
  /** Set in the UI to apply to all users: shows in everybody's list. */
  readonly all_users: boolean;
}

export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly is_default: boolean;
  readonly weekly: Week;
  readonly holiday_group_id: string;
  readonly holiday_schedule: readonly Range[];
}

export interface Holiday {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly repeat: boolean;
  readonly is_template: boolean;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
}

export interface HolidayGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly is_default: boolean;
  readonly template_name: string;
  readonly holidays: readonly Holiday[];
}

export interface Door {
  readonly id: string;
  readonly name: string;
  readonly full_name: string;
  readonly floor_id: string;
  readonly is_bind_hub: boolean;
  readonly is_online: boolean;
  /** False: a hub that knows no lock rules. */
  readonly supports_lock_rule: boolean;
  readonly door_position_status: string | null;
}

export interface LockRule {
  readonly type: 'keep_lock' | 'keep_unlock' | 'custom' | 'lock_early' | 'lock_now' | 'reset';
  /** Milliseconds; `ended` is when its effect on the door ends. */
  readonly started: number;
  readonly ended: number;
}

export interface DoorGroup {
  readonly id: string;
  readonly name: string;
  readonly doors: readonly string[];
}

export interface UserGroup {
  readonly id: string;
  readonly name: string;
  readonly up_id: string;
  readonly users: readonly string[];
  readonly access_policy_ids: readonly string[];
}

export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly secret: string;
  readonly events: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface LogEntry {
  readonly id: string;
  readonly topic: string;
  readonly at: number;
  readonly event: string;
  readonly message: string;
  readonly actor: string;
  readonly target: { readonly type: string; readonly id: string; readonly display_name: string };
}

export interface Emergency {
  readonly lockdown: boolean;
  readonly evacuation: boolean;
}
