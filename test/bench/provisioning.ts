import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pick, rows } from '../support/sim.js';
import { memoryOf } from './daemon.js';
import type { Figure, Measurement } from './figure.js';
import { environment, openScene, sexton, type Scene, type SceneOptions } from './scene.js';

/** `run --once` over a controller that knows nobody: users, cards and policies of everybody. */
export function provisioning(members: number, concurrency: number): Measurement {
  const name = `first provisioning, ${members.toLocaleString('en-US')} members, ${concurrency} at once`;
  return {
    name: `provisioning-${members}-members-${concurrency}-at-once`,
    measure: (progress) =>
      runOnce({ members, provisioned: false, concurrency }, name, (scene) => {
        progress(`${members} members, ${concurrency} at once`);
        return async () => {
          const users = rows(pick(await scene.unifi('/state'), 'users'));
          const complete = users.filter((user) => rows(user['nfc_cards']).length === 1 && rows(user['access_policy_ids']).length === 1);
          if (complete.length !== members) throw new Error(`${complete.length} of ${members} members were provisioned`);
        };
      }),
  };
}

/** One member has another card; everybody else is as declared. */
export function oneChange(members: number): Measurement {
  return {
    name: `one-change-among-${members}-members`,
    measure: (progress) =>
      runOnce({ members, provisioned: true, changed: 1 }, `one card change among ${members.toLocaleString('en-US')} members`, (scene) => {
        progress(`${members} members`);
        return async () => {
          const cards = rows(pick(await scene.unifi('/state'), 'cards'));
          if (!cards.some(({ alias }) => alias === 'sync-60001')) throw new Error('the card was not changed');
        };
      }),
  };
}

async function runOnce(options: SceneOptions, name: string, begin: (scene: Scene) => () => Promise<void>): Promise<readonly Figure[]> {
  const scene = await openScene(options);
  try {
    const check = begin(scene);
    const started = performance.now();
    const child = spawn(process.execPath, [sexton, 'run', '--once', '--plane', 'members', '--config', scene.configPath], { env: environment, stdio: 'ignore' });
    const peaks: number[] = [];
    const sampling = setInterval(() => {
      void memoryOf(child).then((memory) => memory !== null && peaks.push(memory.peak));
    }, 250);
    await once(child, 'exit');
    clearInterval(sampling);
    const wall = (performance.now() - started) / 1000;
    const requests = rows(await scene.unifi('/requests'));
    const all = Number(requests.at(-1)?.['seq'] ?? 0);
    // The simulator forgets the oldest of very many.
    const whole = requests.length === all;
    const writes = requests.filter(({ method }) => method !== 'GET');
    const imports = writes.filter(({ path }) => String(path).endsWith('/import'));
    await check();
    const each = options.provisioned ? 1 : options.members;
    return [
      { name: `${name}: wall`, unit: 's', value: wall, note: `process start included; ${all} requests` },
      {
        name: `${name}: writes ${options.provisioned ? 'in all' : 'per member'}`,
        unit: 'writes',
        value: whole ? (writes.length - imports.length) / each : null,
        aim: { atMost: 3 },
        note: whole ? `and ${imports.length} import of all cards` : 'too many requests to be remembered',
      },
      { name: `${name}: memory at most`, unit: 'MB', value: peaks.length === 0 ? null : Math.max(...peaks) * 1.048_576 },
    ];
  } finally {
    await scene.close();
  }
}
