import { closures } from '../../desired/calendar/office-hours.js';
import { localTime } from '../../desired/calendar/local-time.js';
import type { LocalTime } from '../../desired/calendar/local-time.js';
import { intersect } from '../../desired/intervals.js';
import type { Instant } from '../../desired/model.js';
import { formatDuration, parseDuration } from '../../runtime/duration.js';
import type { ResourceReading } from '../../store/resource-store.js';
import { localSpan } from '../../status/local-span.js';
import { requireConfiguration } from '../configuration.js';
import { CommandError, UsageError, exit } from '../exit.js';
import { requireDoorGroup } from '../generated-files/door-group.js';
import { localRange, nextClock, type LocalRange } from '../generated-files/local-range.js';
import { writeHours } from '../generated-files/write-hours.js';
import type { Session } from '../session.js';

export interface OpenOptions {
  readonly config?: string;
  /** Milliseconds. */
  readonly for?: number;
  /** `HH:MM` */
  readonly until?: string;
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

const minute = 60_000;

/** Opens a door group from now on for a while, by an OfficeHours with one opening: exit 0, or 1 when there is no such group. */
export async function openCommand(session: Session, doorGroup: string, options: OpenOptions): Promise<number> {
  const { terminal, clock, readers } = session;
  if ((options.for === undefined) === (options.until === undefined)) {
    throw new UsageError(`for how long? sexton open ${doorGroup} --for 2h, or sexton open ${doorGroup} --until 21:30`);
  }
  const configuration = requireConfiguration(session, options.config);
  const local = localTime(configuration.timeZone);
  const now = options.now ?? clock.now();
  const reading = await readers.loadResources(configuration);
  const { metadata: { name }, spec } = requireDoorGroup(reading, doorGroup);
  const range = rangeOf(options, now, local);

  const at = Math.floor(now / minute) * minute;
  await writeHours(session, {
    configuration,
    reading,
    action: 'open',
    doorGroup: name,
    at,
    now,
    reason: options.reason,
    comment: `${name} is open ${localSpan({ start: at, end: range.end }, local)}`,
    spec: (reason) => ({ openings: [{ from: range.from, to: range.to, doorGroups: [name], ...reason }] }),
    effect: `${name} opens now, until ${local.dateOf(range.end - 1)} ${range.to.slice(11)} (${configuration.timeZone})`,
  });
  const closed = closedBy(reading, name, { start: now, end: range.end }, local);
  if (closed !== null) terminal.note(`${closed} closes ${name} in that time with scope Everything, which beats an opening`);
  if (spec.suspend) terminal.note(`DoorGroup/${name} is suspended: nothing is added to it until \`sexton resume dg/${name}\``);
  if (spec.unlock.method === 'None') terminal.note(`DoorGroup/${name} has unlock.method None: nothing opens it`);
  const longest = parseDuration(spec.unlock.maxContinuous) ?? Number.POSITIVE_INFINITY;
  if (range.end - now > longest) terminal.note(`that is longer than its maxContinuous of ${formatDuration(longest)}; it opens all the same, since a person asked for it`);
  return exit.ok;
}

function rangeOf({ for: length, until }: OpenOptions, now: Instant, local: LocalTime): LocalRange {
  const start = Math.floor(now / minute) * minute;
  if (until !== undefined) return localRange({ start, end: nextClock(until, now, local).at }, local);
  const end = start + (length ?? 0);
  const range = localRange({ start, end }, local);
  // A local time that comes twice closes at the last: an hour later than was asked for.
  if (range.end - end < minute) return range;
  throw new CommandError(exit.failed, `the clock is set back then, and ${range.to.slice(11)} comes twice: say until when instead, for example --until ${range.to.slice(11)} for the second of the two`);
}

/** The OfficeHours whose closure beats an opening then; null when none does. */
function closedBy({ resources }: ResourceReading, doorGroup: string, span: { readonly start: Instant; readonly end: Instant }, local: LocalTime): string | null {
  for (const { accepted, file, line } of resources) {
    if (accepted?.kind !== 'OfficeHours') continue;
    const declared = { name: accepted.metadata.name, spec: accepted.spec, suspended: false };
    const hit = closures(declared, local).find((each) => each.scope === 'Everything' && (each.doorGroups?.includes(doorGroup) ?? true) && intersect(each, span) !== null);
    if (hit !== undefined) return `${hit.ref} (${file}:${line})`;
  }
  return null;
}
