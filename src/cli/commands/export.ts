import { requireConfiguration } from '../configuration.js';
import { exit } from '../exit.js';
import { exportRoomsCsv } from '../import/rooms-csv.js';
import type { Session } from '../session.js';

/** The rooms of all RoomMappings as a table on stdout. 1: some of them says what the table cannot hold, and is named. */
export async function exportCommand(session: Session, options: { readonly config?: string }): Promise<number> {
  const configuration = requireConfiguration(session, options.config);
  const { resources } = await session.readers.loadResources(configuration);
  const accepted = resources.flatMap((stored) => stored.accepted ?? []);
  const mappings = accepted.flatMap((resource) => (resource.kind === 'RoomMapping' ? [resource] : []));
  const groups = accepted.flatMap((resource) => (resource.kind === 'DoorGroup' ? [resource.metadata.name] : []));
  const { text, notCarried } = exportRoomsCsv(mappings, groups);
  session.terminal.out(text);
  for (const { from, reason } of notCarried) session.terminal.note(`not in the table: ${from}: ${reason}`);
  return notCarried.length === 0 ? exit.ok : exit.failed;
}
