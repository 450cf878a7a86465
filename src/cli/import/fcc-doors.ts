import { isRecord } from '../../runtime/record.js';
import { doorGroupNames } from './door-names.js';
import { fccFiles, type FccSource } from './fcc-source.js';
import { fieldPath, itemPath, type FieldLedger } from './field-ledger.js';
import type { ImportedDocument } from './imported.js';

export interface FccDoorInputs {
  readonly source: FccSource;
  readonly ledger: FieldLedger;
  readonly onlyLocationContains: string | null;
}

export interface FccDoors {
  readonly groups: readonly ImportedDocument[];
  /** Door group by door key: those that were carried. */
  readonly doorGroups: ReadonlyMap<string, string>;
  readonly rooms: readonly ImportedDocument[];
}

/** Its dashboard gave these to the doors in the order of the file. */
const colors = ['#3b82f6', '#f59e0b', '#10b981', '#ef4444', '#8b5cf6', '#ec4899'];
const file = fccFiles.mapping;

export function fccDoors({ source, ledger, onlyLocationContains }: FccDoorInputs): FccDoors {
  const mapping = isRecord(source.files.mapping) ? source.files.mapping : {};
  const doors = isRecord(mapping['doors']) ? Object.entries(mapping['doors']) : [];
  const names = doorGroupNames(doors.map(([key]) => key));
  const doorGroups = new Map<string, string>();
  const groups = doors.flatMap(([key, door], index): ImportedDocument[] => {
    const path = `${file}: ${fieldPath('doors', key)}`;
    const name = names.get(key) ?? key;
    const ids = isRecord(door) ? textsOf(door['unifiDoorIds']) : [];
    if (ids.length === 0) {
      ledger.dropped(path, 'it has no UniFi doors');
      return [];
    }
    const label = isRecord(door) && typeof door['label'] === 'string' && door['label'] !== '' ? door['label'] : null;
    if (label !== null) ledger.carried(`${path}.label`, `DoorGroup/${name} spec.displayName`);
    ledger.carried(`${path}.unifiDoorIds`, `DoorGroup/${name} spec.doors`);
    doorGroups.set(key, name);
    return [
      {
        kind: 'DoorGroup',
        name,
        spec: {
          ...(label === null ? {} : { displayName: label }),
          color: colors[index % colors.length],
          doors: ids.map((id) => ({ id })),
          // The schedule that a person made there, and the policy that the older service kept for it.
          unlock: { method: 'Schedule', schedule: { name: `PCO Sync ${key}` } },
          policy: { manage: true, name: `PCO Sync Policy ${key}` },
        },
      },
    ];
  });
  const rooms = roomsOf(mapping, { doorGroups, ledger });
  const exclude = exclusionsOf(mapping, { doorGroups, ledger });
  if (rooms.length === 0 && exclude.length === 0) return { groups, doorGroups, rooms: [] };
  const spec = {
    // Its times are those of the event instance, setup and teardown included.
    timesFrom: 'Event',
    ...marginsOf(mapping, ledger),
    rooms,
    ...(exclude.length === 0 ? {} : { exclude }),
    ...(onlyLocationContains === null ? {} : { onlyLocationContains }),
    locationFallback: true,
  };
  return { groups, doorGroups, rooms: [{ kind: 'RoomMapping', name: 'rooms', spec }] };
}

interface Known {
  readonly doorGroups: ReadonlyMap<string, string>;
  readonly ledger: FieldLedger;
}

function roomsOf(mapping: Readonly<Record<string, unknown>>, known: Known): readonly Readonly<Record<string, unknown>>[] {
  const rooms = isRecord(mapping['rooms']) ? Object.entries(mapping['rooms']) : [];
  return rooms.flatMap(([room, keys]) => {
    const path = `${file}: ${fieldPath('rooms', room)}`;
    const doorGroups = knownDoors(keys, path, known);
    if (doorGroups.length === 0) {
      known.ledger.dropped(path, 'it opens no door');
      return [];
    }
    known.ledger.carried(path, 'RoomMapping/rooms spec.rooms');
    return [{ name: room, doorGroups }];
  });
}

function exclusionsOf(mapping: Readonly<Record<string, unknown>>, known: Known): readonly Readonly<Record<string, unknown>>[] {
  const rules = isRecord(mapping['rules']) ? mapping['rules'] : {};
  for (const field of ['excludeDoorKeysByEventName', 'excludeEventsByRoomContains']) {
    if (Array.isArray(rules[field]) && rules[field].length === 0) known.ledger.carried(`${file}: rules.${field}`, 'nothing: it is empty');
  }
  const byEvent = listOf(rules['excludeDoorKeysByEventName']).flatMap((rule, index) => {
    const path = `${file}: ${itemPath('rules.excludeDoorKeysByEventName', index)}`;
    const needle = isRecord(rule) ? rule['eventNameContains'] : null;
    const doorGroups = isRecord(rule) ? knownDoors(rule['doorKeys'], `${path}.doorKeys`, known) : [];
    if (!longEnough(needle) || doorGroups.length === 0) {
      known.ledger.dropped(path, doorGroups.length === 0 ? 'it names no door' : 'part of a name needs three characters; write it as eventName');
      return [];
    }
    known.ledger.carried(path, 'RoomMapping/rooms spec.exclude');
    return [{ eventNameContains: needle.trim(), doorGroups }];
  });
  const byRoom = listOf(rules['excludeEventsByRoomContains']).flatMap((needle, index) => {
    const path = `${file}: ${itemPath('rules.excludeEventsByRoomContains', index)}`;
    if (!longEnough(needle)) {
      known.ledger.dropped(path, 'part of a name needs three characters');
      return [];
    }
    known.ledger.carried(path, 'RoomMapping/rooms spec.exclude');
    return [{ roomContains: needle.trim() }];
  });
  return [...byEvent, ...byRoom];
}

function marginsOf(mapping: Readonly<Record<string, unknown>>, ledger: FieldLedger): Readonly<Record<string, string>> {
  const defaults = isRecord(mapping['defaults']) ? mapping['defaults'] : {};
  const margin = (field: string, to: 'lead' | 'lag'): Readonly<Record<string, string>> => {
    const minutes = Number(defaults[field] ?? 15);
    if (!Number.isInteger(minutes) || minutes < 0 || minutes > 24 * 60) {
      ledger.dropped(`${file}: defaults.${field}`, 'it is no whole number of minutes up to a day; each door group\'s own holds');
      return {};
    }
    if (defaults[field] !== undefined) ledger.carried(`${file}: defaults.${field}`, `RoomMapping/rooms spec.${to}`);
    return { [to]: `${minutes}m` };
  };
  return { ...margin('unlockLeadMinutes', 'lead'), ...margin('unlockLagMinutes', 'lag') };
}

/** Door groups of door keys; unknown keys are named. */
export function knownDoors(keys: unknown, path: string, { doorGroups, ledger }: Known): readonly string[] {
  return [...new Set(textsOf(keys))].flatMap((key) => {
    const name = doorGroups.get(key.trim());
    if (name === undefined) ledger.dropped(`${path}, "${key}"`, `there is no door "${key}" in ${file}`);
    return name ?? [];
  });
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((each): each is string => typeof each === 'string' && each.trim() !== '');
}

function longEnough(value: unknown): value is string {
  return typeof value === 'string' && value.trim().length >= 3;
}
