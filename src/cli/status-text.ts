import { plain } from '../runtime/text.js';
import { shutAfter } from '../status/fence-text.js';
import type { AlertingView, MemberCounts, StatusView } from '../status/view.js';
import { siteTime, type SiteTime } from '../runtime/site-time.js';
import type { Cell } from './table.js';
import { renderTable } from './table.js';
import type { Colors } from './terminal.js';
import { secondsText } from './view-lists.js';

/** A resource that is not Ready, and why. */
export interface NotReady {
  /** `DoorGroup/gym` */
  readonly name: string;
  readonly why: string;
}

/** One screen about everything. */
export function statusText(status: StatusView, notReady: readonly NotReady[], { timeZone, colors }: { readonly timeZone: string; readonly colors: Colors }): string {
  const time = siteTime(timeZone);
  const truth = (good: boolean): Cell => ({ text: good ? 'True' : 'False', paint: good ? colors.green : colors.red });
  const sections: readonly (readonly string[])[] = [
    [
      field('Site', `${status.site}, ${status.mode === 'Apply' ? 'Apply' : colors.yellow('DryRun: nothing is written to UniFi')}`),
      field('Now', `${time.full(status.now)} (${timeZone})`),
      ...revisionLines(status, time, colors),
      field('Fence', fenceText(status, colors)),
      field('Members', membersText(status.members)),
    ],
    table(
      ['SOURCE', 'COMPLETE', 'AGE', 'ITEMS', 'ERROR'],
      status.sources.map(({ name, complete, ageSeconds, items, error }) => [
        name,
        truth(complete),
        ageSeconds === null ? '<never>' : secondsText(ageSeconds),
        String(items),
        { text: error ?? '', paint: colors.red },
      ]),
    ),
    table(
      ['PLANE', 'READY', 'LAST SUCCESS', 'REASON', 'MESSAGE'],
      status.planes.map(({ plane, ready, lastSuccess, reason, message }) => [
        plane,
        truth(ready),
        lastSuccess === null ? '<never>' : time.full(lastSuccess),
        reason ?? '',
        message ?? '',
      ]),
    ),
    table(
      ['DOOR GROUP', 'NOW', 'UNTIL', 'NEXT', 'READY'],
      status.doorGroups.map(({ name, now, until, next, ready }) => [
        name,
        { text: now, paint: now === 'Open' ? colors.green : colors.dim },
        until === null ? '' : time.full(until),
        next === null ? '' : time.range(next.start, next.end),
        truth(ready),
      ]),
    ),
    table(
      ['NOT READY', 'WHY'],
      notReady.map(({ name, why }) => [{ text: name, paint: colors.red }, why]),
    ),
    table(
      ['HELD', 'WHAT', 'RELEASE WITH'],
      status.held.map(({ ref, summary, release }) => [{ text: ref, paint: colors.yellow }, summary, release]),
    ),
    ...alertingTables(status.alerting, { full: (iso) => time.full(iso), colors, truth }),
    status.notes.length === 0 ? [] : [colors.bold('NOTES'), ...status.notes.map((note) => `- ${plain(note)}`)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n');
}

/** Which commit is in force, how old it is, and when the repository was last asked for a newer one. */
function revisionLines({ gitOps, now }: StatusView, time: SiteTime, colors: Colors): readonly string[] {
  if (gitOps == null) return [];
  const { revision, refused, failed, fetchedAt } = gitOps;
  const ago = (at: string): string => `${secondsText(Math.max(0, Math.round((Date.parse(now) - Date.parse(at)) / 1000)))} ago`;
  const asked = fetchedAt === null ? 'the repository has not answered since this machine started' : `the repository answered ${ago(fetchedAt)}`;
  const text = revision === null ? colors.yellow('none: no pull has put a commit in force') : `${revision.commit.slice(0, 12)} of ${plain(revision.branch)}, committed ${time.full(revision.authoredAt)}, ${ago(revision.authoredAt)}`;
  const wrong = refused !== null ? colors.red(refused.commit === null ? '; the branch is refused' : `; ${refused.commit.slice(0, 12)} is refused`) : failed !== null ? colors.yellow('; pulls fail') : '';
  return [field('Revision', `${text}; ${asked}${wrong}`)];
}

function field(name: string, text: string): string {
  return `${`${name}:`.padEnd(11)}${text}`;
}

function table(headers: readonly string[], rows: readonly (readonly (Cell | string)[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const rendered = renderTable(headers, rows);
  return [rendered.header, ...rendered.rows];
}

function fenceText({ fence, fencedUntil }: StatusView, colors: Colors): string {
  const shut = fencedUntil == null ? '' : `; should Sexton stop, doors ${shutAfter(fencedUntil)}`;
  switch (fence) {
    case 'Off':
      return colors.red('Off: should Sexton die, doors would repeat this week');
    case 'Unverified':
      return `${colors.yellow('Unverified: the commissioning test has not passed')}${shut}`;
    case 'Verified':
      return `${colors.green(fence)}${shut}`;
  }
}

interface Look {
  readonly full: (iso: string) => string;
  readonly colors: Colors;
  readonly truth: (good: boolean) => Cell;
}

/** What people were told, and how well telling works. A file that works is no news. */
function alertingTables(alerting: AlertingView | undefined, { full, colors, truth }: Look): readonly (readonly string[])[] {
  if (alerting === undefined) return [];
  const { alerts, transports, heartbeat } = alerting;
  const when = (iso: string | null): string => (iso === null ? '<never>' : full(iso));
  return [
    table(
      ['ALERT', 'ABOUT', 'SINCE', 'TRY'],
      alerts.map(({ severity, subject, since, command }) => [
        { text: severity, paint: severity === 'Critical' ? colors.red : colors.yellow },
        subject,
        full(since),
        command ?? '',
      ]),
    ),
    table(
      ['ALERTS GO BY', 'OK', 'WAITING', 'LAST SENT', 'ERROR'],
      [
        ...transports
          .filter(({ type, ok }) => type !== 'File' || !ok)
          .map(({ name, ok, waiting, lastSuccess, error }) => [name, truth(ok), String(waiting), when(lastSuccess), { text: error ?? '', paint: colors.red }]),
        ...(heartbeat === null ? [] : [['heartbeat', truth(heartbeat.ok), '', when(heartbeat.lastSuccess), { text: heartbeat.error ?? '', paint: colors.red }]]),
      ],
    ),
  ];
}

function membersText(counts: MemberCounts): string {
  const { access, none, ignored, quarantined, blocked, vanished, adoptionPending = 0 } = counts;
  const waiting = adoptionPending === 0 ? '' : `, ${adoptionPending} wait for sexton adopt members`;
  return `${access} with access, ${none} without, ${ignored} ignored, ${quarantined} quarantined, ${blocked} blocked, ${vanished} vanished${waiting}`;
}
