import { localTime } from '../../desired/calendar/local-time.js';
import { isRecord } from '../../runtime/record.js';
import { fccDoors } from './fcc-doors.js';
import { fccEvents } from './fcc-events.js';
import { fccHours } from './fcc-hours.js';
import { fccSettings } from './fcc-settings.js';
import { fccFiles, type FccFile, type FccPart, type FccSource } from './fcc-source.js';
import { leafPaths, openFieldLedger } from './field-ledger.js';
import type { Imported, ImportedFile } from './imported.js';

/** fccPlanner2unifi: Planning Center events to unlock schedules. Its schedules keep their names, so that hubs stay pointed at them. */
export function importFccPlanner(source: FccSource): Imported {
  const leaves = Object.entries(source.files).flatMap(([name, content]) => {
    const file = fccFiles[name as FccFile];
    return leafPaths(content).map((leaf) => `${file}: ${leaf}`);
  });
  const ledger = openFieldLedger([...leaves, ...Object.keys(source.environment).map((name) => `env:${name}`)]);
  for (const [name, field] of Object.entries(lists)) {
    const content = source.files[name as FccFile];
    const list = isRecord(content) ? content[field] : null;
    if (Array.isArray(list) ? list.length === 0 : isRecord(list) && Object.keys(list).length === 0) ledger.carried(`${fccFiles[name as FccFile]}: ${field}`, 'nothing: it is empty');
  }
  const settings = fccSettings(source, ledger);
  const { groups, doorGroups, rooms } = fccDoors({ source, ledger, onlyLocationContains: settings.onlyLocationContains });
  const part: FccPart = { source, ledger, doorGroups, timeZone: settings.timeZone };
  const hours = fccHours(part, localTime(settings.timeZone));
  const events = fccEvents(part);
  for (const other of source.others) ledger.dropped(other, notNeeded[other] ?? 'Sexton does not know this file');
  const files: ImportedFile[] = [
    { file: 'door-groups.yaml', comment: 'Doors that open together. Imported from fccPlanner2unifi.', documents: groups },
    { file: 'rooms.yaml', comment: 'Which doors a room opens. Imported from fccPlanner2unifi.', documents: rooms },
    { file: 'office-hours.yaml', comment: 'Standing hours, closures and extra openings. Imported from fccPlanner2unifi.', documents: hours },
    { file: 'overrides.yaml', comment: 'What single events do differently. Imported from fccPlanner2unifi.', documents: events.overrides },
    { file: 'safe-hours.yaml', comment: 'Events outside these hours wait for approval. Imported from fccPlanner2unifi.', documents: events.safeHours },
  ];
  return {
    configuration: settings.configuration,
    files: files.filter(({ documents }) => documents.length > 0),
    credentials: settings.credentials,
    ...ledger.finish(),
    notes: [
      'stop fccPlanner2unifi before Sexton writes: both program the same schedules',
      'each schedule keeps its name, so the hubs in UniFi stay pointed at it; `sexton diff doors` shows what Sexton would change',
      ...settings.notes,
    ],
  };
}

/** Where a file keeps its entries: as the older service makes it, there are none. */
const lists: Readonly<Partial<Record<FccFile, string>>> = {
  cancelledOfficeHours: 'dates',
  exceptions: 'entries',
  manualAccess: 'windows',
  overrides: 'overrides',
  cancelledEvents: 'instances',
  pendingApprovals: 'pending',
  approvedNames: 'names',
};

const notNeeded: Readonly<Record<string, string>> = {
  'event-memory.json': 'it is made from the calendar; `sexton get bookings` shows what is there',
  'sync-state.json': 'Sexton starts as `mode: DryRun`; set `mode: Apply` once `sexton diff` shows what you want',
  'tailscale-peers.json': 'Sexton has no page to log in to; who did what is in `sexton audit`, by the user of the command line',
};
