import { mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bookedEvent } from '../support/church.js';
import { startDaemon, until, type Daemon } from './daemon.js';
import type { Measurement } from './figure.js';
import { openScene, type Scene } from './scene.js';
import { hoursText } from './world.js';

/** As many runs of both planes as an hour has: resyncs each five minutes, and a poll of the calendar each minute. */
const idleRuns = 72;
const newBookings = 15;
const edits = 5;
const renames = 5;
const leavers = 2;
const tmpfs = 0x01021994;
const day = 86_400_000;

/** What the daemon has the kernel write to the disk, by the kernel's own count: pages made dirty, without the file system's journal. */
export const disk: Measurement = {
  name: 'disk',
  async measure(progress) {
    const memory = await mkdtemp(join('/dev/shm', 'sexton-bench-')).catch(() => null);
    const scene = await openScene({ members: 500, provisioned: true, pollInterval: '1s', ...(memory === null ? {} : { runtimeDir: memory }) });
    // Just before a midnight of the site, so that the busy day has one.
    const midnight = (Math.floor(Date.now() / day) + 1) * day;
    try {
      const countable = memory !== null && (await statfs(tmpdir())).type !== tmpfs;
      const why = 'cannot be counted here: no /dev/shm, or the temporary directory is in memory itself';
      const idle = await idleHour(scene, progress);
      const busy = await busyDay(scene, midnight, progress);
      return [
        { name: 'disk, idle hour', unit: 'bytes', value: countable ? idle : null, aim: { atMost: 0 }, note: countable ? `${idleRuns} runs of both planes, 500 members, 500 bookings` : why },
        {
          name: 'disk, busy day',
          unit: 'bytes',
          value: countable ? busy.bytes : null,
          note: countable ? `midnight, ${newBookings} new bookings one by one, ${edits} edits of hours, ${renames} renames, ${leavers} leavers; at its end ${busy.files}` : why,
        },
      ];
    } finally {
      await scene.close();
      if (memory !== null) await rm(memory, { recursive: true, force: true });
    }
  },
};

async function idleHour(scene: Scene, progress: (text: string) => void): Promise<number | null> {
  const daemon = await startDaemon(scene);
  try {
    // Whatever the start had to say is said.
    for (let index = 0; index < 3; index += 1) await daemon.reconcile();
    const before = await written(daemon);
    for (let index = 0; index < idleRuns; index += 1) await daemon.reconcile();
    progress(`${idleRuns} runs in which nothing changed`);
    const after = await written(daemon);
    return before === null || after === null ? null : after - before;
  } finally {
    await daemon.stop();
  }
}

async function busyDay(scene: Scene, midnight: number, progress: (text: string) => void): Promise<{ readonly bytes: number | null; readonly files: string }> {
  const daemon = await startDaemon(scene, ['--now', new Date(midnight - 20_000).toISOString()]);
  try {
    await daemon.reconcile();
    const before = await written(daemon);
    await until('midnight', async () => (await now(scene)) > midnight + 2_000, 200);
    await daemon.reconcile();
    progress('midnight');
    for (let index = 0; index < newBookings; index += 1) {
      const starts = midnight + (1 + (index % 5)) * day + (20 * 60 + index * 7) * 60_000;
      const [from = '', to = ''] = [starts, starts + 3_600_000].map((instant) => new Date(instant).toISOString());
      await changed(scene, daemon, 'planningCenter', () => scene.merge('pco', { events: [bookedEvent(`busy-${index}`, `Busy ${index}`, from, to, String(1 + index))] }));
    }
    progress(`${newBookings} bookings`);
    for (let index = 0; index < edits; index += 1) {
      await writeFile(join(scene.resources, 'hours.yaml'), hoursText(`06:${String(10 + index)}-07:00`, midnight));
      await daemon.reconcile();
    }
    for (let index = 0; index < renames + leavers; index += 1) {
      const contact = { id: index + 1, first_name: `Other${index}`, last_name: 'Name', card_id: String(index + 1), ...(index < renames ? {} : { memberships: [] }) };
      await changed(scene, daemon, 'civicrm', () => scene.merge('civicrm', { contacts: [contact] }));
    }
    progress(`${renames} renames, ${leavers} leavers`);
    const after = await written(daemon);
    return { bytes: before === null || after === null ? null : after - before, files: await writesByFile(scene) };
  } finally {
    await daemon.stop();
  }
}

/** Until the daemon has read what changed, and acted on it. */
async function changed(scene: Scene, daemon: Daemon, source: string, change: () => Promise<void>): Promise<void> {
  const before = await revision(scene, source);
  await change();
  await until(`${source} was read`, async () => (await revision(scene, source)) !== before, 50);
  await daemon.reconcile();
}

interface Live {
  readonly status: { readonly now: string; readonly sources: readonly { readonly name: string; readonly revision: string | null }[] };
}

async function live({ runtimeDir }: Scene): Promise<Live> {
  return JSON.parse(await readFile(join(runtimeDir, 'live.json'), 'utf8')) as Live;
}

async function revision(scene: Scene, source: string): Promise<string | null> {
  return (await live(scene)).status.sources.find(({ name }) => name === source)?.revision ?? null;
}

/** The view is written anew at every look, so that its clock ticks on. */
async function now(scene: Scene): Promise<number> {
  return Date.parse((await live(scene)).status.now);
}

/** Null where the system does not count. */
async function written({ child: { pid = 0 } }: Daemon): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '');
  const count = /^write_bytes: (\d+)$/m.exec(text)?.[1];
  return count === undefined ? null : Number(count);
}

/** How large the files are that grow or are replaced: what a write costs. */
async function writesByFile({ stateDir }: Scene): Promise<string> {
  const sizes = await Promise.all(
    ['bookings.json', 'audit.jsonl', 'audit-head.json', 'events.jsonl', 'inventory.json'].map(async (name) => `${name} ${Math.ceil((await readFile(join(stateDir, name)).catch(() => Buffer.alloc(0))).length / 1024)} KiB`),
  );
  return sizes.join(', ');
}
