import { resolve } from 'node:path';
import { isTimeZone } from '../../runtime/time-zone.js';
import { plain } from '../../runtime/text.js';
import { UsageError, exit } from '../exit.js';
import { importDoorSync } from '../import/door-sync.js';
import { importFccPlanner } from '../import/fccplanner.js';
import type { Imported, NotCarried } from '../import/imported.js';
import { readDoorSync, readFccPlanner, readText } from '../import/read-sources.js';
import type { ImportOptions, ImportSource } from '../import-options.js';
import { importRoomsCsv } from '../import/rooms-csv.js';
import { writeImported } from '../import/write-imported.js';
import type { Session } from '../session.js';

/** What an older service's files say, as Sexton's files. 0: all of it; 1: something was not carried over, and is named. */
export async function importCommand(session: Session, source: ImportSource, path: string, options: ImportOptions): Promise<number> {
  if (options.timeZone !== undefined && !isTimeZone(options.timeZone)) throw new UsageError(`--time-zone ${options.timeZone}: it is an IANA time zone such as America/New_York`);
  const timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const imported = await readImported(session, source, { path, timeZone, env: options.env });
  const written = await writeImported(imported, { directory: resolve(options.out), site: options.site, timeZone });
  const notCarried = [...imported.notCarried, ...written.notCarried];
  const { terminal } = session;
  terminal.out(reportText(imported, notCarried));
  for (const file of written.written) terminal.note(`wrote ${file}`);
  for (const problem of written.problems) terminal.note(problem);
  if (imported.configuration['timeZone'] === undefined && Object.keys(imported.configuration).length > 0) terminal.note(`timeZone is ${timeZone}${options.timeZone === undefined ? ", this machine's own" : ''}`);
  for (const note of imported.notes) terminal.note(`next: ${note}`);
  return notCarried.length === 0 && written.problems.length === 0 ? exit.ok : exit.failed;
}

interface Reading {
  readonly path: string;
  readonly timeZone: string;
  readonly env: string | undefined;
}

async function readImported({ clock }: Session, source: ImportSource, { path, timeZone, env }: Reading): Promise<Imported> {
  switch (source) {
    case 'door-sync':
      return importDoorSync(await readDoorSync(path, env));
    case 'fccplanner':
      return importFccPlanner({ ...(await readFccPlanner(path, env)), timeZone, now: clock.now() });
    case 'csv':
      return importRoomsCsv(await readText(path), []);
  }
}

function reportText({ carried }: Imported, notCarried: readonly NotCarried[]): string {
  const lines = [
    `${carried.length} carried over`,
    ...carried.map(({ from, to }) => `  ${from} -> ${to}`),
    `${notCarried.length} not carried over`,
    ...notCarried.map(({ from, reason }) => `  ${from}: ${reason}`),
  ];
  return lines.map((line) => `${plain(line)}\n`).join('');
}
