import { findCondition, isReady } from '../../api/conditions.js';
import { formatProblem } from '../../api/problem.js';
import type { Configuration } from '../../runtime/config.js';
import type { StatusView, View } from '../../status/view.js';
import { requireConfiguration } from '../configuration.js';
import { exit } from '../exit.js';
import { follow } from '../follow.js';
import type { LoadedView } from '../live-view.js';
import type { OutputForm } from '../options.js';
import { printValue } from '../print.js';
import { readResources } from '../resources.js';
import type { Resources } from '../resources.js';
import type { Session } from '../session.js';
import { statusText } from '../status-text.js';
import type { NotReady } from '../status-text.js';
import { qualified } from '../targets.js';
import { lookEvery, readView, readViewAgain } from '../view.js';

export interface StatusOptions {
  readonly config?: string;
  readonly output?: OutputForm;
  readonly watch?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** What `run --once` ends with: the same screen, of a view that was just made. */
export async function printStatus(session: Session, view: View, configuration: Configuration): Promise<void> {
  await print(session, configuration, { status: view.status, notReady: notReadyOf(await readResources(session, configuration)) }, undefined);
}

interface Screen {
  readonly status: StatusView;
  readonly notReady: readonly NotReady[];
}

/** One screen: exit 0 when everything is Ready, 1 when not. */
export async function statusCommand(session: Session, options: StatusOptions): Promise<number> {
  const { terminal } = session;
  const configuration = requireConfiguration(session, options.config);
  const request = { configuration, now: options.now, failure: exit.failed };
  const screenOf = async ({ view }: LoadedView): Promise<Screen> => {
    return { status: view.status, notReady: notReadyOf(await readResources(session, configuration)) };
  };
  const loaded = await readView(session, request);
  const screen = await screenOf(loaded);
  await print(session, configuration, screen, options.output);
  if (options.watch === true) {
    return follow({
      session,
      items: async () => new Map([['status', await screenOf(await readViewAgain(session, request))]]),
      first: new Map([['status', screen]]),
      fingerprint: fingerprintOf,
      every: lookEvery(loaded),
      print: async (changed) => {
        // On a terminal the screen is drawn anew; elsewhere each one follows the last.
        terminal.out(terminal.interactive ? '\u001b[H\u001b[2J' : '\n');
        await print(session, configuration, changed, options.output);
      },
    });
  }
  return allReady(screen) ? exit.ok : exit.failed;
}

/** The passing of time alone is no change. */
function fingerprintOf({ status, notReady }: Screen): string {
  const sources = status.sources.map(({ name, complete, items, revision, error }) => [name, complete, items, revision, error]);
  const planes = status.planes.map(({ plane, ready, reason, message }) => [plane, ready, reason, message]);
  const { alerting } = status;
  const told = alerting === undefined ? null : { ...alerting, heartbeat: alerting.heartbeat === null ? null : [alerting.heartbeat.ok, alerting.heartbeat.error] };
  return JSON.stringify([{ ...status, now: null, sources, planes, alerting: told }, notReady]);
}

async function print({ terminal }: Session, { timeZone }: Configuration, { status, notReady }: Screen, output: OutputForm | undefined): Promise<void> {
  if (output === 'json' || output === 'yaml') await printValue(terminal, output, status);
  else if (output === 'name') terminal.out(status.doorGroups.map(({ name }) => `${qualified('DoorGroup')}/${name}\n`).join(''));
  else terminal.out(statusText(status, notReady, { timeZone, colors: terminal.colors }));
}

function allReady({ status, notReady }: Screen): boolean {
  return notReady.length === 0 && status.doorGroups.every(({ ready }) => ready) && status.planes.every(({ ready }) => ready);
}

function notReadyOf({ reading, objects }: Resources): readonly NotReady[] {
  const resources = objects
    .filter(({ metadata, status }) => !isReady(status?.conditions, metadata.generation))
    .map(({ kind, metadata, status }) => ({ name: `${kind}/${metadata.name}`, why: whyOf(findCondition(status?.conditions, 'Ready')) }));
  const unreadable = reading.unreadable.map(({ file, problems }) => ({ name: file, why: problems.map(formatProblem).join('; ') }));
  return [...(reading.suspended === null ? [] : [{ name: 'resources', why: reading.suspended }]), ...resources, ...unreadable];
}

function whyOf(ready: { readonly status: string; readonly reason: string; readonly message: string } | undefined): string {
  if (ready === undefined) return 'not reconciled yet';
  return ready.status === 'True' ? 'this version has not been reconciled yet' : `${ready.reason}: ${ready.message}`;
}
