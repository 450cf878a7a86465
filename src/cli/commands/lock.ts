import { closures } from '../../desired/calendar/office-hours.js';
import { localTime } from '../../desired/calendar/local-time.js';
import type { LocalTime } from '../../desired/calendar/local-time.js';
import type { Instant } from '../../desired/model.js';
import type { Configuration } from '../../runtime/config.js';
import { isoInstant } from '../../runtime/instant.js';
import type { ResourceReading } from '../../store/resource-store.js';
import { localSpan } from '../../status/local-span.js';
import { requireConfiguration } from '../configuration.js';
import { CommandError, exit } from '../exit.js';
import { requireDoorGroup } from '../generated-files/door-group.js';
import { localRange, nextClock } from '../generated-files/local-range.js';
import { writeHours } from '../generated-files/write-hours.js';
import type { Session } from '../session.js';
import { siteTime } from '../../runtime/site-time.js';
import { readView, troubleOf } from '../view.js';

export interface LockOptions {
  readonly config?: string;
  /** `HH:MM` */
  readonly until?: string;
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

const minute = 60_000;

/**
 * Closes a door group at once, by an OfficeHours with one closure of everything: until its running window ends, or until
 * `--until`. Exit 0; 1 when there is no such group, or nothing is open and no end is given.
 */
export async function lockCommand(session: Session, doorGroup: string, options: LockOptions): Promise<number> {
  const { terminal, clock, readers } = session;
  const configuration = requireConfiguration(session, options.config);
  const local = localTime(configuration.timeZone);
  const now = options.now ?? clock.now();
  const reading = await readers.loadResources(configuration);
  const { metadata: { name } } = requireDoorGroup(reading, doorGroup);

  const until = options.until === undefined ? await runningEnd(session, { configuration, doorGroup: name, now: options.now }, now) : nextClock(options.until, now, local).at;
  if (until === null) {
    const locked = lockedBy(reading, name, now, local);
    if (locked === null) throw new CommandError(exit.failed, `${name} is not open now, so there is no window to end; \`sexton lock ${name} --until 22:00\` keeps it closed`);
    terminal.out(`${name} is locked already, by ${locked}\n`);
    return exit.ok;
  }
  // UniFi holds a window through its last minute: a closure from this minute on would leave the door open for the rest of it.
  const at = Math.floor(now / minute) * minute - minute;
  const range = localRange({ start: at, end: until }, local);
  await writeHours(session, {
    configuration,
    reading,
    action: 'lock',
    doorGroup: name,
    at,
    now,
    reason: options.reason,
    comment: `${name} is closed ${localSpan({ start: at, end: range.end }, local)}, whatever opens it`,
    spec: (reason) => ({ closures: [{ from: range.from, to: range.to, scope: 'Everything', doorGroups: [name], ...reason }] }),
    effect: `${name} closes now and stays closed until ${local.dateOf(range.end - 1)} ${range.to.slice(11)} (${configuration.timeZone})`,
  });
  return exit.ok;
}

interface WindowQuestion {
  readonly configuration: Configuration;
  readonly doorGroup: string;
  /** From `--now`. */
  readonly now: number | undefined;
}

/** Null: nothing holds it open. @throws CommandError (1) when that cannot be told */
async function runningEnd(session: Session, { configuration, doorGroup, now }: WindowQuestion, at: Instant): Promise<Instant | null> {
  const loaded = await readView(session, { configuration, now, planes: ['doors'], failure: exit.failed });
  const windows = loaded.view.windows.find((each) => each.doorGroup === doorGroup)?.windows ?? [];
  const instant = isoInstant(at);
  const running = windows.filter(({ start, end, held }) => !held && Date.parse(start) <= at && Date.parse(end) > at);
  if (running.length > 0) return Math.max(...running.map(({ end }) => Date.parse(end)));
  const trouble = troubleOf(loaded, 'planningCenter', 'doors');
  if (trouble?.fatal !== true) return null;
  const time = siteTime(configuration.timeZone);
  throw new CommandError(exit.failed, `${trouble.sentence}\nuntil when ${doorGroup} would be open after ${time.full(instant)} cannot be told; say it: \`sexton lock ${doorGroup} --until 22:00\``);
}

/** A closure of everything in force now, so that locking twice is no mistake. */
function lockedBy({ resources }: ResourceReading, doorGroup: string, now: Instant, local: LocalTime): string | null {
  for (const { accepted, file, line } of resources) {
    if (accepted?.kind !== 'OfficeHours') continue;
    const declared = { name: accepted.metadata.name, spec: accepted.spec, suspended: false };
    const hit = closures(declared, local).find(
      ({ scope, doorGroups, start, end }) => scope === 'Everything' && (doorGroups?.includes(doorGroup) ?? true) && start <= now && now < end,
    );
    if (hit !== undefined) return `${hit.ref} (${file}:${line}) until ${siteTime(local.zone).full(isoInstant(hit.end))}`;
  }
  return null;
}
