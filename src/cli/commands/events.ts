import { age } from '../../api/columns.js';
import type { ControllerEvent } from '../../status/events.js';
import { requireConfiguration } from '../configuration.js';
import { readEvents } from '../event-lines.js';
import { exit } from '../exit.js';
import { follow } from '../follow.js';
import type { OutputForm } from '../options.js';
import { listOf, printValue } from '../print.js';
import type { Session } from '../session.js';
import { renderTable } from '../table.js';
import type { Cell } from '../table.js';
import { objectName } from '../targets.js';

export interface EventsOptions {
  readonly config?: string;
  readonly output?: OutputForm;
  readonly watch?: boolean;
}

/** What the controller did and noticed, the newest last. */
export async function eventsCommand(session: Session, options: EventsOptions): Promise<number> {
  const { terminal, clock } = session;
  const { stateDir } = requireConfiguration(session, options.config);
  const { output, watch } = options;
  const wide = output === 'wide';
  const cells = (event: ControllerEvent): readonly (Cell | string)[] => [
    wide ? event.at : age(event.at, clock.now()),
    { text: event.type, paint: event.type === 'Warning' ? terminal.colors.yellow : terminal.colors.dim },
    event.reason,
    `${event.object.kind}/${event.object.name}`,
    event.message,
  ];
  const events = await readEvents(stateDir);
  const table = renderTable([wide ? 'AT' : 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'], events.map(cells));
  const printOne = async (event: ControllerEvent): Promise<void> => {
    if (output === 'json' || output === 'yaml') await printValue(terminal, output, event);
    else terminal.out(`${output === 'name' ? objectName(event.object) : table.row(cells(event))}\n`);
  };
  if (output === 'json' || output === 'yaml') await printValue(terminal, output, listOf(events));
  else if (output === 'name') terminal.out(events.map((event) => `${objectName(event.object)}\n`).join(''));
  else if (events.length > 0) terminal.out(table.text);
  if (events.length === 0) terminal.note('No events found');
  if (watch !== true) return exit.ok;
  const byPlace = (all: readonly ControllerEvent[]): ReadonlyMap<string, ControllerEvent> => {
    const seen = new Map<string, number>();
    return new Map(
      all.map((event) => {
        // The same thing may happen twice in one second.
        const text = JSON.stringify(event);
        seen.set(text, (seen.get(text) ?? 0) + 1);
        return [`${text} ${seen.get(text) ?? 1}`, event];
      }),
    );
  };
  return follow({ session, items: async () => byPlace(await readEvents(stateDir)), first: byPlace(events), print: printOne });
}
