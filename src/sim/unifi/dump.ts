import { seedRecord } from '../kit/seed-values.js';
import { SeedError } from '../kit/simulator.js';
import type { Card, Holiday, Schedule, User } from './model.js';
import { buildingId } from './seed.js';
import type { ControllerState } from './state.js';

type Row = Record<string, unknown>;

function dumpCard(card: Card): Row {
  return {
    token: card.token,
    alias: card.alias,
    nfc_id: card.nfc_id,
    ...(card.note === '' ? {} : { note: card.note }),
    ...(card.card_type === (card.nfc_id === '' ? 'ua_card' : 'id_card') ? {} : { card_type: card.card_type }),
    ...(card.status === undefined ? {} : { status: card.status }),
  };
}

function dumpUser(user: User): Row {
  return {
    id: user.id,
    first_name: user.first_name,
    last_name: user.last_name,
    employee_number: user.employee_number,
    status: user.status,
    access_policy_ids: user.access_policy_ids,
    nfc_cards: user.cards.map((token) => ({ token })),
    user_email: user.user_email,
    ...(user.email === '' ? {} : { email: user.email }),
    ...(user.phone === '' ? {} : { phone: user.phone }),
    ...(user.onboard_time === 0 ? {} : { onboard_time: user.onboard_time }),
    ...(user.pin === '' ? {} : { pin: user.pin }),
  };
}

function dumpHoliday(holiday: Holiday): Row {
  const { start, end, ...rest } = holiday;
  const text = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19)}Z`;
  return { ...rest, start_time: text(start), end_time: text(end) };
}

function dumpSchedule({ id, name, is_default, weekly, holiday_group_id, holiday_schedule }: Schedule): Row {
  return { id, name, weekly, holiday_group_id, holiday_schedule, ...(is_default ? { is_default } : {}) };
}

/** The state as a seed. */
export function dumpState(state: ControllerState): Row {
  const doors = [...state.doors.values()].map(({ id, name, is_bind_hub, is_online, supports_lock_rule, ...door }) => ({
    id,
    name,
    full_name: door.full_name,
    floor_id: door.floor_id,
    door_position_status: door.door_position_status,
    ...(is_bind_hub ? {} : { is_bind_hub }),
    ...(is_online ? {} : { is_online }),
    ...(supports_lock_rule ? {} : { supports_lock_rule }),
  }));
  const groups = [...state.holidayGroups.values()].map(({ id, name, description, is_default, holidays }) => ({
    id,
    name,
    description,
    holidays: holidays.map(dumpHoliday),
    ...(is_default ? { is_default } : {}),
  }));
  const rules = [...state.lockRules].map(([door, { type, started, ended }]) => [
    door,
    { type, started_time: started / 1_000, ended_time: ended / 1_000 },
  ]);
  return {
    time_zone: state.timeZone,
    emergency: state.emergency,
    doors,
    door_groups: [...state.doorGroups.values()]
      .filter((group) => group.id !== buildingId)
      .map(({ id, name, doors: resources }) => ({ id, name, resources })),
    schedules: [...state.schedules.values()].map(dumpSchedule),
    unlock_schedules: Object.fromEntries(state.unlockSchedules),
    lock_rules: Object.fromEntries(rules) as Row,
    holiday_groups: groups,
    access_policies: [...state.policies.values()].map(({ all_users, ...policy }) => ({
      ...policy,
      ...(all_users ? { all_users } : {}),
    })),
    users: [...state.users().values()].map(dumpUser),
    user_groups: [...state.userGroups.values()],
    visitors: [...state.visitors.values()].map(({ cards, ...visitor }) => ({
      ...visitor,
      nfc_cards: cards.map((token) => ({ token })),
    })),
    cards: [...state.cards.values()].map(dumpCard),
    webhooks: [...state.webhooks.values()],
    tokens: [...state.tokens].map(([token, scopes]) => ({ token, scopes })),
    admin_emails: [...state.adminEmails],
    email_invites: state.emailInvites,
  };
}

const idOf: Readonly<Record<string, string>> = { cards: 'token', tokens: 'token' };

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mergeRows(name: string, before: readonly unknown[], added: readonly unknown[]): readonly unknown[] {
  const key = idOf[name] ?? 'id';
  const merged = [...before];
  const places = new Map(merged.map((row, index) => [isRow(row) ? row[key] : undefined, index]));
  for (const row of added) {
    const given = isRow(row) ? row[key] : undefined;
    // A seed in YAML may have a number where the API has digits.
    const id = typeof given === 'number' ? String(given) : given;
    const place = id === undefined ? undefined : places.get(id);
    const old = place === undefined ? undefined : merged[place];
    if (place === undefined) merged.push(row);
    else merged[place] = isRow(old) && isRow(row) ? { ...old, ...row, [key]: id } : row;
  }
  return merged;
}

/** A seed laid over a state: lists by id, field by field, maps by key. @throws SeedError for a list that is none */
export function mergeSeed(before: Row, value: unknown): Row {
  const merged: Row = { ...before };
  for (const [name, added] of Object.entries(seedRecord(value, ''))) {
    const old = before[name];
    if (Array.isArray(old) && name !== 'admin_emails') {
      if (!Array.isArray(added)) throw new SeedError(`${name}: expected a list`);
      merged[name] = mergeRows(name, old as readonly unknown[], added as readonly unknown[]);
    } else merged[name] = isRow(old) && isRow(added) ? { ...old, ...added } : added;
  }
  return merged;
}
