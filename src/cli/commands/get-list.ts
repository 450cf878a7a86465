import { didYouMean } from '../../api/suggest.js';
import { requireConfiguration } from '../configuration.js';
import { exit } from '../exit.js';
import { follow } from '../follow.js';
import { listOf, printValue } from '../print.js';
import type { Session } from '../session.js';
import { siteTime } from '../../runtime/site-time.js';
import { renderTable } from '../table.js';
import type { ListName } from '../targets.js';
import { lookEvery, readView, readViewAgain, troubleOf } from '../view.js';
import type { LoadedView } from '../live-view.js';
import { viewLists } from '../view-lists.js';
import type { ListEntry, Look } from '../view-lists.js';
import type { GetOptions } from '../get-request.js';

interface ListRequest {
  readonly list: ListName;
  readonly names: readonly string[];
  readonly options: GetOptions;
}

/** Bookings, pending events, doors, members, sources: exit 69 when the source behind them told nothing. */
export async function getList(session: Session, { list, names, options }: ListRequest): Promise<number> {
  const { terminal } = session;
  const configuration = requireConfiguration(session, options.config);
  const definition = viewLists[list];
  const request = { configuration, now: options.now, planes: definition.planes, failure: exit.unavailable };
  const loaded = await readView(session, request);
  const trouble = definition.needs === null ? null : troubleOf(loaded, definition.needs.source, definition.needs.plane);
  if (trouble !== null) terminal.note(trouble.sentence);

  const wide = options.output === 'wide';
  const look: Look = { wide, time: siteTime(configuration.timeZone), colors: terminal.colors };
  const entriesOf = ({ view }: LoadedView): readonly ListEntry[] =>
    definition.entries(view, look).filter((entry) => names.length === 0 || names.some((name) => isCalled(entry, name)));
  const entries = entriesOf(loaded);
  const known = definition.entries(loaded.view, look).map((entry) => entry.names);
  const missing = names.filter((name) => !entries.some((entry) => isCalled(entry, name)));
  const table = renderTable(definition.headers(wide), entries.map(({ cells }) => cells));
  const { output } = options;

  // An empty answer would say that there is nothing.
  const unable = trouble?.fatal === true && entries.length === 0;
  if (unable && options.watch !== true) return exit.unavailable;
  if (output === 'json' || output === 'yaml') {
    const only = names.length === 1 && entries.length === 1 ? entries[0] : undefined;
    if (only !== undefined) await printValue(terminal, output, only.value);
    else if (names.length !== 1 || entries.length > 1) await printValue(terminal, output, listOf(entries.map(({ value }) => value)));
  } else if (output === 'name') {
    terminal.out(entries.map(({ fullName }) => `${fullName}\n`).join(''));
  } else if (entries.length > 0) {
    terminal.out(table.text);
  }
  for (const name of missing) terminal.note(`${list} "${name}" not found${didYouMean(name, known.flat())}`);
  if (entries.length === 0 && missing.length === 0 && !unable) terminal.note('No resources found');

  if (options.watch === true) {
    const byName = (all: readonly ListEntry[]): ReadonlyMap<string, ListEntry> => new Map(all.map((entry) => [entry.fullName, entry]));
    return follow({
      session,
      items: async () => byName(entriesOf(await readViewAgain(session, request))),
      first: byName(entries),
      every: lookEvery(loaded),
      fingerprint: fingerprintOf,
      print: async (entry) => {
        if (output === 'json' || output === 'yaml') await printValue(terminal, output, entry.value);
        else terminal.out(output === 'name' ? `${entry.fullName}\n` : `${table.row(entry.cells)}\n`);
      },
    });
  }
  if (trouble?.fatal === true) return exit.unavailable;
  return missing.length > 0 ? exit.failed : exit.ok;
}

/** An age alone is no change. */
function fingerprintOf({ value }: ListEntry): string {
  return JSON.stringify(value, (key, inner: unknown) => (key === 'ageSeconds' || key === 'readAt' ? undefined : inner));
}

function isCalled(entry: ListEntry, name: string): boolean {
  return entry.names.some((each) => each.toLowerCase() === name.toLowerCase());
}
