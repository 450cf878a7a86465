import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pick } from '../support/sim.js';
import { startDaemon, until } from './daemon.js';
import { percentile, type Measurement } from './figure.js';
import { openScene, type Scene } from './scene.js';
import { editedDoor, hoursText } from './world.js';

const edits = 50;

/** From the rename that saves a file to the simulated door that would open: 50 edits while the daemon runs. */
export const edit: Measurement = {
  name: 'edit',
  async measure(progress) {
    const scene = await openScene({ members: 100, provisioned: true });
    const daemon = await startDaemon(scene);
    try {
      // The first one proves that the directory is watched by now, and is not counted.
      await programmed(scene, edits);
      const samples: number[] = [];
      for (let index = 0; index < edits; index += 1) {
        // As a person: not in step with whatever the daemon still does after the one before.
        await pause(100 + ((index * 67) % 200));
        samples.push(await programmed(scene, index));
        if (index % 10 === 9) progress(`${index + 1} of ${edits} edits`);
      }
      return [
        { name: 'edit to UniFi, p50', unit: 'ms', value: percentile(samples, 0.5), note: `${edits} edits, 20 door groups, 500 bookings` },
        { name: 'edit to UniFi, p99', unit: 'ms', value: percentile(samples, 0.99), aim: { below: 1000 }, note: `fastest ${Math.round(Math.min(...samples))} ms` },
      ];
    } finally {
      await daemon.stop();
      await scene.close();
    }
  },
};

/** Each edit has ten minutes of tomorrow to itself, so that its door opens in them for no other reason. */
async function programmed(scene: Scene, index: number): Promise<number> {
  const from = 5 * 60 + index * 20;
  const now = Date.now();
  const at = (Math.floor(now / 86_400_000) + 1) * 86_400_000 + (from + 5) * 60_000;
  const target = join(scene.resources, 'hours.yaml');
  const saved = join(scene.resources, '.hours.yaml.saving');
  await writeFile(saved, hoursText(`${clockTime(from)}-${clockTime(from + 10)}`, now));
  const started = performance.now();
  await rename(saved, target);
  await until(`edit ${index + 1}`, async () => isOpen(await scene.unifi(`/doors?at=${new Date(at).toISOString()}`)), 5);
  return performance.now() - started;
}

function isOpen(doors: unknown): boolean {
  return Array.isArray(doors) && doors.some((door) => pick(door, 'id') === editedDoor && pick(door, 'unlocked') === true);
}

function clockTime(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
