import type { Emergency, UnifiDoor, UnifiLockRule } from '../access-controller.js';
import type { Row } from './wire.js';
import { flag, optionalNumber, optionalText, requiredFlag, row, text } from './wire.js';

const locks: Readonly<Record<string, UnifiDoor['lock']>> = { lock: 'Locked', unlock: 'Unlocked' };
const positions: Readonly<Record<string, UnifiDoor['position']>> = { open: 'Open', close: 'Closed' };

export function readDoor(from: Row, where: string): UnifiDoor {
  return {
    id: text(from, 'id', where),
    name: optionalText(from, 'name'),
    hasHub: flag(from, 'is_bind_hub'),
    lock: locks[optionalText(from, 'door_lock_relay_status')] ?? 'Unknown',
    position: positions[optionalText(from, 'door_position_status')] ?? 'Unknown',
  };
}

/** An idle door reads as `""`, `reset`, 0, null or nothing, by firmware. */
export function readLockRule(data: unknown): UnifiLockRule {
  if (data === undefined || data === null || data === '') return { type: '', endedTime: 0 };
  const from = row(data, 'lock_rule');
  return { type: optionalText(from, 'type'), endedTime: optionalNumber(from, 'ended_time') ?? 0 };
}

export function readEmergency(data: unknown): Emergency {
  const from = row(data, 'emergency');
  return {
    lockdown: requiredFlag(from, 'lockdown', 'emergency'),
    evacuation: requiredFlag(from, 'evacuation', 'emergency'),
  };
}
