import { readTrail } from '../../apply/audit/read-trail.js';
import { localTime } from '../../desired/calendar/local-time.js';
import { statePaths } from '../../runtime/paths.js';
import { siteTime } from '../../runtime/site-time.js';
import type { Configuration } from '../../runtime/config.js';
import { explain } from '../audit/explain.js';
import { explanationText } from '../audit/explain-text.js';
import { contactId, isAboutDoor, matches, moment, type AuditFilter } from '../audit/filter.js';
import { auditItems, type AuditItem } from '../audit/items.js';
import { requireConfiguration } from '../configuration.js';
import { UsageError, exit } from '../exit.js';
import { follow } from '../follow.js';
import type { OutputForm } from '../options.js';
import { listOf, printValue } from '../print.js';
import type { Session } from '../session.js';
import { renderTable } from '../table.js';
import type { Cell } from '../table.js';

export interface AuditOptions {
  readonly config?: string;
  readonly output?: OutputForm;
  readonly watch?: boolean;
  readonly door?: string;
  readonly contact?: string;
  readonly since?: string;
  readonly until?: string;
  readonly at?: string;
}

/** What was changed in UniFi and what was refused, oldest first; with `--at`, why a door stood open. Exit 0. */
export async function auditCommand(session: Session, options: AuditOptions): Promise<number> {
  const configuration = requireConfiguration(session, options.config);
  const filter = filterOf(session, configuration, options);
  const read = async (): Promise<readonly AuditItem[]> => auditItems(readTrail(statePaths(configuration.stateDir).audit));
  if (options.at !== undefined) return explainDoor(session, configuration, options, await read());

  const { terminal } = session;
  const { output, watch } = options;
  const wide = output === 'wide';
  const time = siteTime(configuration.timeZone);
  const cells = (item: AuditItem): readonly (Cell | string)[] => [
    wide ? item.at : time.full(item.at),
    { text: item.outcome, paint: item.outcome === 'Done' || item.outcome === 'Lifted' || item.outcome === 'Given' ? terminal.colors.dim : terminal.colors.yellow },
    item.verb,
    `${item.object.kind}/${item.object.name}`,
    ...(wide ? [item.doorGroups.join(','), item.reconcile ?? '', item.approved === null ? '' : `${item.approved.by} (uid ${item.approved.uid ?? 'unknown'})`, item.place] : []),
    item.message,
  ];
  const shown = (await read()).filter((item) => matches(item, filter));
  const table = renderTable(['AT', 'OUTCOME', 'WHAT', 'OBJECT', ...(wide ? ['DOORGROUPS', 'RECONCILE', 'APPROVED BY', 'RECORD'] : []), 'WHY'], shown.map(cells));
  if (output === 'json' || output === 'yaml') await printValue(terminal, output, listOf(shown));
  else if (output === 'name') terminal.out(shown.map((item) => `${nameOf(item)}\n`).join(''));
  else if (shown.length > 0) terminal.out(table.text);
  if (shown.length === 0) terminal.note('No records found');
  if (watch !== true) return exit.ok;
  const bySeq = (items: readonly AuditItem[]): ReadonlyMap<string, AuditItem> => new Map(items.map((item) => [String(item.seq), item]));
  return follow({
    session,
    items: async () => bySeq((await read()).filter((item) => matches(item, filter))),
    first: bySeq(shown),
    print: async (item) => {
      if (output === 'json' || output === 'yaml') await printValue(terminal, output, item);
      else terminal.out(`${output === 'name' ? nameOf(item) : table.row(cells(item))}\n`);
    },
  });
}

function filterOf(session: Session, { timeZone }: Configuration, { door, contact, since, until }: AuditOptions): AuditFilter {
  const place = { local: localTime(timeZone), now: session.clock.now() };
  return {
    ...(door === undefined ? {} : { door }),
    ...(contact === undefined ? {} : { contact: contactId(contact) }),
    ...(since === undefined ? {} : { since: moment(since, 'open', { ...place, option: 'since' }) }),
    ...(until === undefined ? {} : { until: moment(until, 'close', { ...place, option: 'until' }) }),
  };
}

async function explainDoor(session: Session, { timeZone }: Configuration, { door, at: words = '', output }: AuditOptions, items: readonly AuditItem[]): Promise<number> {
  if (door === undefined) throw new UsageError('--at asks about one door: sexton audit --door gym-front --at 18:45');
  const at = moment(words, 'open', { local: localTime(timeZone), now: session.clock.now(), option: 'at' });
  const explanation = explain(items, door, at);
  if (!items.some((item) => isAboutDoor(item, door))) session.terminal.note(`no record names "${door}": is it the door's or door group's name, or its id, as \`sexton get doors\` has it?`);
  if (output === 'json' || output === 'yaml') {
    await printValue(session.terminal, output, { door, at: new Date(at).toISOString().replace('.000Z', 'Z'), ...explanation });
  } else session.terminal.out(explanationText(explanation, door, at, siteTime(timeZone)));
  return exit.ok;
}

function nameOf({ seq }: AuditItem): string {
  return `record/${seq}`;
}
