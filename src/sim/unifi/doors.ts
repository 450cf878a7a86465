import type { Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, type Success } from './envelope.js';
import { flagField, requiredText, textField, wholeField } from './fields.js';
import { type HubReading, hubIntervals, scheduleSpanAt, shownRule, type Hub } from './hub.js';
import type { Door, LockRule } from './model.js';

/** What the documentation's sample values say "keep" means: 60 years. */
const keepSeconds = 1_893_456_000;

export function hubReading(site: Site): HubReading {
  return {
    emptyHoliday: site.quirk('empty-holiday') === 'weekly' ? 'weekly' : 'deny',
    holidayZone: site.quirk('holiday-zone') === 'local' ? 'local' : 'utc',
    holidayEnd: site.quirk('holiday-end') === 'inclusive' ? 'inclusive' : 'exclusive',
    customOverSchedule: site.quirk('custom-over-schedule') === 'replace' ? 'replace' : 'extend',
  };
}

/** The hub behind a door as it stands now; where there is none, nothing ever unlocks. */
export function hubOf({ state }: Site, doorId: string): Hub {
  if (state.doors.get(doorId)?.is_bind_hub !== true) return { emergency: { lockdown: false, evacuation: false } };
  const schedule = state.schedules.get(state.unlockSchedules.get(doorId) ?? '');
  const rule = state.lockRules.get(doorId);
  return {
    emergency: state.emergency,
    ...(rule === undefined ? {} : { rule }),
    ...(schedule === undefined
      ? {}
      : {
          program: {
            weekly: schedule.weekly,
            timeZone: state.timeZone,
            holidays: state.holidayGroups.get(schedule.holiday_group_id)?.holidays ?? [],
            holidaySchedule: schedule.holiday_schedule,
          },
        }),
  };
}

export function isUnlocked(site: Site, doorId: string, instant: number): boolean {
  return hubIntervals(hubOf(site, doorId), instant, instant + 1, hubReading(site)).length > 0;
}

function findDoor(site: Site, call: Call): Door {
  const door = site.state.doors.get(call.param('id'));
  if (door === undefined) throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The door does not exist.');
  return door;
}

function doorView(site: Site, door: Door): Record<string, unknown> {
  const unlocked = isUnlocked(site, door.id, site.now());
  return {
    id: door.id,
    name: door.name,
    full_name: door.full_name,
    floor_id: door.floor_id,
    type: 'door',
    is_bind_hub: door.is_bind_hub,
    door_lock_relay_status: unlocked ? 'unlock' : 'lock',
    door_position_status: door.door_position_status,
    extras: { door_cover: '', door_thumbnail: '', door_thumbnail_last_update: 0 },
  };
}

/** @throws ApiError unless the door has a hub that answers */
function reachableDoor(site: Site, call: Call): Door {
  const door = findDoor(site, call);
  if (!door.is_bind_hub) throw new ApiError('CODE_OPERATION_FORBIDDEN', 'The door has no hub.');
  if (!door.is_online) throw new ApiError('CODE_DEVICE_DEVICE_OFFLINE', 'The device is offline.');
  return door;
}

function ruleDoor(site: Site, call: Call): Door {
  const door = reachableDoor(site, call);
  if (!door.supports_lock_rule)
    throw new ApiError('CODE_DEVICE_API_NOT_SUPPORTED', 'The device does not support this API.');
  return door;
}

async function unlock(site: Site, call: Call): Promise<Success> {
  const door = reachableDoor(site, call);
  const body = await call.body().catch(() => ({}));
  const actor = textField(body, 'actor_id');
  if ((actor === undefined) !== (textField(body, 'actor_name') === undefined))
    throw invalid('actor_id and actor_name go together.');
  log(site, door, 'door_openings', 'access.door.unlock', 'Access Granted (Remote)', actor);
  return { data: 'success' };
}

function log(site: Site, door: Door, topic: string, event: string, message: string, actor = 'API'): void {
  const target = { type: 'door', id: door.id, display_name: door.name };
  site.state.addLog({ topic, at: site.now(), event, message, actor, target });
}

/** A rule that locks holds until the range that is on now ends; outside of one it only ends what a rule unlocked. */
function lockedRest(site: Site, doorId: string, type: LockRule['type']): LockRule | undefined {
  const now = site.now();
  const on = scheduleSpanAt(hubOf(site, doorId), now, hubReading(site));
  if (on === undefined && type !== 'lock_now') return undefined;
  return { type, started: now, ended: on?.to ?? now };
}

function nextRule(site: Site, doorId: string, type: string, minutes: number | undefined): LockRule | undefined {
  const now = site.now();
  const current = shownRule(hubOf(site, doorId), now, hubReading(site));
  switch (type) {
    case 'custom': {
      const most = Number(site.quirk('max-interval'));
      if (minutes === undefined || minutes < 1) throw invalid('interval must be at least 1.');
      if (most > 0 && minutes > most) throw invalid(`interval must be at most ${most}.`);
      return { type, started: now, ended: (Math.floor(now / 1_000) + minutes * 60) * 1_000 };
    }
    case 'keep_lock':
    case 'keep_unlock':
      return { type, started: now, ended: (Math.floor(now / 1_000) + keepSeconds) * 1_000 };
    case 'lock_now':
      return lockedRest(site, doorId, type);
    case 'lock_early':
      return lockedRest(site, doorId, type) ?? current;
    case 'reset':
      // The documentation: not applicable to lock_early.
      if (current?.type === 'lock_early') return current;
      return site.quirk('reset-in-schedule') === 'lock' ? lockedRest(site, doorId, type) : undefined;
    default:
      throw invalid('type must be keep_lock, keep_unlock, custom, reset, lock_early or lock_now.');
  }
}

async function setRule(site: Site, call: Call): Promise<Success> {
  const door = ruleDoor(site, call);
  const body = await call.body();
  const type = requiredText(body, 'type');
  const rule = nextRule(site, door.id, type, wholeField(body, 'interval'));
  if (rule === undefined) site.state.lockRules.delete(door.id);
  else site.state.lockRules.set(door.id, rule);
  log(site, door, 'admin_activity', 'access.lock_rule.set', type);
  return { data: 'success' };
}

function getRule(site: Site, call: Call): Success {
  const door = ruleDoor(site, call);
  const hub = hubOf(site, door.id);
  const rule = shownRule(hub, site.now(), hubReading(site));
  if (rule === undefined) {
    const following =
      scheduleSpanAt(hub, site.now(), hubReading(site)) !== undefined && isUnlocked(site, door.id, site.now());
    const idle = site.quirk('idle-lock-rule') === 'reset' ? 'reset' : '';
    return { data: { type: following ? 'schedule' : idle, ended_time: 0 } };
  }
  const type = rule.type === 'lock_now' ? site.quirk('lock-now-reads-as') : rule.type;
  return { data: { type, ended_time: rule.ended > rule.started ? Math.floor(rule.ended / 1_000) : 0 } };
}

async function setEmergency(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const { emergency } = site.state;
  site.state.emergency = {
    lockdown: flagField(body, 'lockdown') ?? emergency.lockdown,
    evacuation: flagField(body, 'evacuation') ?? emergency.evacuation,
  };
  return { data: 'success' };
}

export const doorEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/doors',
    scope: 'view:space',
    handle: (site) => ({ data: [...site.state.doors.values()].map((door) => doorView(site, door)) }),
  },
  {
    method: 'GET',
    path: '/doors/settings/emergency',
    scope: 'view:space',
    handle: (site) => ({ data: { ...site.state.emergency } }),
  },
  { method: 'PUT', path: '/doors/settings/emergency', scope: 'edit:space', handle: setEmergency },
  {
    method: 'GET',
    path: '/doors/:id',
    scope: 'view:space',
    handle: (site, call) => ({ data: doorView(site, findDoor(site, call)) }),
  },
  { method: 'PUT', path: '/doors/:id/unlock', scope: 'edit:space', handle: unlock },
  { method: 'PUT', path: '/doors/:id/lock_rule', scope: 'edit:space', handle: setRule },
  { method: 'GET', path: '/doors/:id/lock_rule', scope: 'view:space', handle: getRule },
];
