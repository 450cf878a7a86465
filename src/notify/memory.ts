import { isRecord } from '../runtime/record.js';
import { openStateFile, type OnStateTrouble, type StateFile } from '../runtime/state-file.js';
import { stateVersions } from '../runtime/state-versions.js';
import { severities } from './alert.js';
import type { AlertRecord } from './transitions.js';

/** What people were told, as a restart has to know it. No persons: texts hold contact ids at most. */
export interface ToldAlerts {
  readonly records: readonly AlertRecord[];
  /** Keys that a transport has not told yet, by its name. */
  readonly undelivered: Readonly<Record<string, readonly string[]>>;
}

export interface AlertMemoryOptions {
  readonly path: string;
  readonly onDiskWrite: (what: string) => void;
  readonly onTrouble: OnStateTrouble;
}

export function openAlertMemory({ path, onDiskWrite, onTrouble }: AlertMemoryOptions): StateFile<ToldAlerts> {
  return openStateFile<ToldAlerts>({
    path,
    version: stateVersions.alerts,
    what: 'the memory of what people were told (what still holds is told once more)',
    label: 'alerts',
    onDiskWrite,
    onTrouble,
    decode: ({ records, undelivered }) => {
      if (!Array.isArray(records) || !records.every(isAlertRecord) || !isRecord(undelivered)) return null;
      const lists = Object.values(undelivered).every((keys) => Array.isArray(keys) && keys.every((key) => typeof key === 'string'));
      return lists ? { records, undelivered: undelivered as ToldAlerts['undelivered'] } : null;
    },
  });
}

const kinds: readonly unknown[] = ['Raised', 'Changed', 'Reminder', 'Resolved'];

function isAlertRecord(value: unknown): value is AlertRecord {
  if (!isRecord(value) || !isRecord(value['told'])) return false;
  const { told, kind, calm, reminded, since, toldAt, overAt, returns, changes } = value;
  const texts = [told['key'], told['subject'], told['what'], told['todo'], told['fact']].every((each) => typeof each === 'string');
  const numbers = [calm, since, toldAt, returns, changes].every((each) => typeof each === 'number' && Number.isFinite(each));
  return (
    texts &&
    numbers &&
    (told['command'] === null || typeof told['command'] === 'string') &&
    severities.some((each) => each === told['severity']) &&
    kinds.includes(kind) &&
    typeof reminded === 'boolean' &&
    (overAt === null || typeof overAt === 'number')
  );
}
