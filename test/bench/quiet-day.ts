import { join } from 'node:path';
import type * as daemons from '../../src/controller/daemon.js';
import type { Engine } from '../../src/controller/engine.js';
import type * as observers from '../../src/controller/observer.js';
import type * as watches from '../../src/controller/watch-doors.js';
import { rows } from '../support/sim.js';
import { built, composeBuilt } from './composition.js';
import { until } from './daemon.js';
import { drivenClock, type DrivenClock } from './driven-clock.js';
import type { Figure, Measurement } from './figure.js';
import { environment, openScene, type Scene } from './scene.js';
import { doorGroups } from './world.js';

const hour = 3_600_000;
const day = 24 * hour;
/** Timers of a daemon at rest: the next poll, the next run, the next look at the doors, the next age in `live.json`. */
const atRest = 4;

/** The real daemon through a day on which nobody changes anything: a midnight, eight events, every poll and resync. */
export const quietDay: Measurement = {
  name: 'quiet-day',
  async measure(progress) {
    const scene = await openScene({ members: 0, provisioned: false, bookings: 100, pollInterval: '60s' });
    try {
      return await watchedDay(scene, progress);
    } finally {
      await scene.close();
    }
  },
};

async function watchedDay(scene: Scene, progress: (text: string) => void): Promise<readonly Figure[]> {
  const { createDaemon } = (await built('controller/daemon.js')) as typeof daemons;
  const { watchEachMinute } = (await built('controller/watch-doors.js')) as typeof watches;
  const { noObserver } = (await built('controller/observer.js')) as typeof observers;
  const noon = Math.floor(Date.now() / day) * day + 12 * hour;
  const clock = drivenClock(noon);
  await scene.moveTo(noon);
  const { composition, count } = await composeBuilt(scene.configPath, environment, clock);
  const { deps, sources } = composition;
  const { engine, busy } = watched(composition.engine);
  const daemon = createDaemon({
    engine,
    store: deps.store,
    bookings: sources.bookings,
    members: null,
    planes: ['doors'],
    clock,
    random: Math.random,
    observer: noObserver.queue,
    pokePath: join(scene.runtimeDir, 'poke'),
    onPokeDone: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    log: deps.log,
  });
  const rest = (): Promise<void> => until('rest', () => Promise.resolve(clock.timers() >= atRest && busy() === 0), 1);
  const stopWatching = watchEachMinute(deps.watch, clock);
  try {
    await daemon.start();
    // The first program, and what a new installation settles.
    await pass(clock, noon + hour, scene, rest);
    await scene.forgetRequests();
    const before = { ...count };
    for (let passed = 1; passed <= 24; passed += 1) {
      await pass(clock, noon + hour + passed * hour, scene, rest);
      if (passed % 4 === 0) progress(`${passed} of 24 hours`);
    }
    const left = composition.engine.view().diff.planes.flatMap(({ changes }) => changes);
    if (left.length > 0) throw new Error(`${left.length} changes are left: this was no quiet day`);
    return await figuresOf(scene, count.diskWrites - before.diskWrites);
  } finally {
    stopWatching();
    await daemon.stop();
    await composition.close();
  }
}

/** Fires every timer until then, each once all that the one before began is over. */
async function pass(clock: DrivenClock, end: number, scene: Scene, rest: () => Promise<void>): Promise<void> {
  await rest();
  for (let next = clock.next(); next !== null && next <= end; next = clock.next()) {
    if (next > clock.now()) await scene.moveTo(next);
    clock.fireNext();
    await rest();
  }
}

function watched(inner: Engine): { readonly engine: Engine; readonly busy: () => number } {
  let busy = 0;
  const during = async <T>(work: Promise<T>): Promise<T> => {
    busy += 1;
    try {
      return await work;
    } finally {
      busy -= 1;
    }
  };
  // Ages in `live.json` four times a minute: nothing of what is counted here.
  const refresh = (): Promise<void> => Promise.resolve();
  const engine: Engine = { ...inner, refresh, reconcile: (plane) => during(inner.reconcile(plane)) };
  return { engine, busy: () => busy };
}

async function figuresOf(scene: Scene, diskWrites: number): Promise<readonly Figure[]> {
  const requests = rows(await scene.unifi('/requests')).map(({ method, path }) => ({ method: String(method), path: String(path) }));
  const writes = requests.filter(({ method }) => method !== 'GET');
  const fences = writes.filter(({ path }) => path.includes('/holiday_groups'));
  const made = fences.filter(({ method }) => method === 'POST').length;
  const polls = rows(await scene.pco('/requests'));
  return [
    {
      name: 'quiet day: UniFi writes per door group',
      unit: 'writes',
      value: (writes.length - fences.length) / doorGroups,
      aim: { atMost: 1 },
      note: `${doorGroups} groups; all requests to UniFi in 24 h ${requests.length}, to Planning Center ${polls.length}`,
    },
    { name: 'quiet day: fences made', unit: 'writes', value: made, aim: { atMost: 1 }, note: `and ${fences.length - made} of the day before deleted` },
    { name: 'quiet day: writes to the card', unit: 'files', value: diskWrites, note: 'status files and events of the new program' },
  ];
}
