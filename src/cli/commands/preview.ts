import { addDays, localTime } from '../../desired/calendar/local-time.js';
import type { LocalDate, LocalTime } from '../../desired/calendar/local-time.js';
import type { Configuration } from '../../runtime/config.js';
import { writeDurably } from '../../runtime/durable-file.js';
import { errorCode } from '../../runtime/errors.js';
import { previewRows } from '../../status/preview.js';
import type { PreviewRow } from '../../status/preview.js';
import { previewSvg } from '../../status/preview-svg.js';
import { requireConfiguration } from '../configuration.js';
import { CommandError, exit } from '../exit.js';
import type { LoadedView } from '../live-view.js';
import type { OutputForm } from '../options.js';
import { timelineText } from '../preview-timeline.js';
import { printValue } from '../print.js';
import type { Session } from '../session.js';
import { qualified } from '../targets.js';
import { readView, troubleOf } from '../view.js';

export interface PreviewOptions {
  readonly config?: string;
  readonly output?: OutputForm;
  readonly days: number;
  /** `YYYY-MM-DD`, local; today by default. */
  readonly from?: LocalDate;
  /** Where to write a picture. */
  readonly svg?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** As far as the daemon looks: standing hours this many days, bookings as configured. */
const usualDays = 14;
/** As far as a calendar can be asked. */
const mostDays = 366;

/** When the doors will stand open, day by day: exit 0, or 2 when it cannot be told. */
export async function previewCommand(session: Session, options: PreviewOptions): Promise<number> {
  const { terminal, clock, environment } = session;
  const configuration = requireConfiguration(session, options.config);
  const local = localTime(configuration.timeZone);
  const now = options.now ?? clock.now();
  const from = options.from ?? local.dateOf(now);
  const loaded = await look(session, { configuration, options, local, now, from });
  const trouble = troubleOf(loaded, 'planningCenter', 'doors');
  if (trouble !== null) terminal.note(trouble.sentence);
  if (trouble?.fatal === true) return exit.unable;
  const rows = previewRows(loaded.view.windows, { from, days: options.days, local });

  if (options.svg !== undefined) await writePicture(session, { configuration, path: options.svg, rows, local, now });
  const { output } = options;
  if (output === 'json' || output === 'yaml') await printValue(terminal, output, rows);
  else if (output === 'name') terminal.out([...new Set(rows.map(({ doorGroup }) => `${qualified('DoorGroup')}/${doorGroup}\n`))].join(''));
  else if (options.svg !== undefined) terminal.out(`${options.svg}\n`);
  else if (rows.length === 0) terminal.note('No door groups found');
  else {
    const asked = Number(environment['COLUMNS']);
    const width = asked > 0 ? asked : (terminal.columns ?? 80);
    terminal.out(timelineText(rows, { now, local, width, colors: terminal.colors, wide: output === 'wide' }));
  }
  return exit.ok;
}

interface Question {
  readonly configuration: Configuration;
  readonly options: PreviewOptions;
  readonly local: LocalTime;
  readonly now: number;
  readonly from: LocalDate;
}

/** The daemon's view where it reaches far enough, else one of this command's own. @throws CommandError (2) for days that nobody knows */
async function look(session: Session, { configuration, options, local, now, from }: Question): Promise<LoadedView> {
  const today = local.dateOf(now);
  const last = addDays(from, options.days - 1);
  if (from < addDays(today, -1)) throw new CommandError(exit.unable, `what was before yesterday is not kept; --from ${addDays(today, -1)} is the earliest`);
  if (last > addDays(today, mostDays)) throw new CommandError(exit.unable, `${last} is too far ahead; ${addDays(today, mostDays)} is the last day that can be told`);
  const known = Math.min(usualDays, configuration.planningCenter?.lookaheadDays ?? usualDays);
  const request = { configuration, now: options.now, planes: ['doors'] as const, failure: exit.unable };
  if (last <= addDays(today, known)) return readView(session, request);
  const daysAhead = Math.round((Date.parse(last) - Date.parse(today)) / 86_400_000);
  return readView(session, { ...request, fresh: true, daysAhead });
}

interface Picture {
  readonly configuration: Configuration;
  readonly path: string;
  readonly rows: readonly PreviewRow[];
  readonly local: LocalTime;
  readonly now: number;
}

async function writePicture({ readers }: Session, { configuration, path, rows, local, now }: Picture): Promise<void> {
  const { resources } = await readers.loadResources(configuration);
  const specs = new Map(resources.flatMap(({ accepted }) => (accepted?.kind === 'DoorGroup' ? [[accepted.metadata.name, accepted.spec]] : [])));
  const groups = [...new Set(rows.map(({ doorGroup }) => doorGroup))].map((name) => ({ name, displayName: specs.get(name)?.displayName, color: specs.get(name)?.color }));
  try {
    await writeDurably({ path, content: previewSvg(rows, { site: configuration.site, now, local, groups }), mode: 0o644 });
  } catch (error) {
    throw new CommandError(exit.unable, `${path} cannot be written (${errorCode(error)})`);
  }
}
