/**
 * The fields that a seed may have. What the API shows but derives (`full_name`, `holiday_group`, …) is allowed
 * and not used, so that a recorded answer can be pasted into a seed.
 */
export const top = [
  'doors',
  'door_groups',
  'schedules',
  'unlock_schedules',
  'holiday_groups',
  'access_policies',
  'users',
  'user_groups',
  'visitors',
  'cards',
  'time_zone',
  'emergency',
  'lock_rules',
  'webhooks',
  'tokens',
  'admin_emails',
  'email_invites',
  'now',
] as const;

export const door = [
  ...['id', 'name', 'full_name', 'floor_id', 'type', 'is_bind_hub', 'is_online', 'supports_lock_rule'],
  ...['door_lock_relay_status', 'door_position_status', 'extras'],
] as const;
export const doorGroup = ['id', 'name', 'type', 'resources'] as const;
export const schedule = [
  ...['id', 'name', 'is_default', 'type', 'status', 'weekly', 'week_schedule'],
  ...['holiday_group_id', 'holiday_group', 'holiday_schedule'],
] as const;
export const holidayGroup = [
  'id',
  'name',
  'description',
  'is_default',
  'is_private',
  'template_name',
  'count',
  'holidays',
] as const;
export const holiday = ['id', 'name', 'description', 'repeat', 'is_template', 'start_time', 'end_time'] as const;
export const policy = ['id', 'name', 'resources', 'resource', 'schedule_id', 'all_users'] as const;
export const resource = ['type', 'id', 'name'] as const;
export const card = [
  ...['token', 'alias', 'nfc_id', 'note', 'card_type', 'status', 'display_id'],
  ...['user_id', 'user_type', 'user'],
] as const;
export const heldCard = ['id', 'token', 'type'] as const;
export const user = [
  ...['id', 'first_name', 'last_name', 'full_name', 'alias', 'user_email', 'email', 'email_status', 'phone'],
  ...['employee_number', 'onboard_time', 'username', 'avatar_relative_path', 'status', 'nfc_cards', 'license_plates'],
  ...['pin', 'pin_code', 'touch_pass', 'access_policy_ids', 'access_policies'],
] as const;
export const visitor = ['id', 'first_name', 'last_name', 'nfc_cards'] as const;
export const userGroup = ['id', 'name', 'full_name', 'up_id', 'up_ids', 'users', 'access_policy_ids'] as const;
export const webhook = ['id', 'name', 'endpoint', 'secret', 'events', 'headers'] as const;
