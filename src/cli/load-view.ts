import { readFile } from 'node:fs/promises';
import { noObserver } from '../controller/observer.js';
import { clockAt, systemClock, type Clock } from '../runtime/clock.js';
import type { Configuration } from '../runtime/config.js';
import { readCredentials } from '../runtime/credentials.js';
import { lockHolder } from '../runtime/lock.js';
import { silentLogger } from '../runtime/log.js';
import { runtimePaths } from '../runtime/paths.js';
import type { View } from '../status/view.js';
import { compose, silentPublisher } from './compose.js';
import type { LoadView, ViewOptions } from './live-view.js';
import type { LiveView } from './publish.js';

export const loadView: LoadView = async (options) => {
  const live = options.fresh === true || options.now !== null ? null : await readLive(options.configuration.runtimeDir);
  if (live !== null) return { view: live, from: 'daemon' };
  return { view: await computeView(options), from: 'computed' };
};

/** Null without a living daemon, or before its first view. */
async function readLive(runtimeDir: string): Promise<LiveView | null> {
  const daemon = lockHolder(runtimeDir);
  if (daemon === null) return null;
  try {
    const view = JSON.parse(await readFile(runtimePaths(runtimeDir).live, 'utf8')) as LiveView;
    // Another pid: left by an earlier daemon, this one has not seen the world yet.
    return (view.version as number) === 1 && view.pid === daemon ? view : null;
  } catch {
    return null;
  }
}

/** Reads the sources itself, plans, and writes nothing anywhere. Planes that fail say so in the view. */
async function computeView({ configuration: configured, now, planes, daysAhead }: ViewOptions): Promise<View> {
  const clock: Clock = now === null ? systemClock : clockAt(now, false);
  const configuration = lookingAhead(configured, daysAhead);
  const composition = await compose({
    configuration,
    ...(daysAhead === undefined ? {} : { daysAhead }),
    credentials: readCredentials(process.env),
    clock,
    imagined: now !== null,
    realClock: systemClock,
    log: silentLogger,
    observer: noObserver,
    access: 'look',
    dryRun: true,
    publisher: silentPublisher,
    stopping: () => false,
  });
  const wanted = planes ?? ['doors', 'members'];
  try {
    const { bookings, members } = composition.sources;
    await Promise.all([wanted.includes('doors') ? bookings?.poll() : undefined, wanted.includes('members') ? members?.poll() : undefined]);
    // A failed plane is part of what there is to see.
    await Promise.all(wanted.map((plane) => composition.engine.reconcile(plane).catch(() => undefined)));
    return composition.engine.view();
  } finally {
    await composition.close();
  }
}

function lookingAhead(configuration: Configuration, days = 0): Configuration {
  const { planningCenter } = configuration;
  if (planningCenter === null || planningCenter.lookaheadDays >= days) return configuration;
  return { ...configuration, planningCenter: { ...planningCenter, lookaheadDays: days } };
}
