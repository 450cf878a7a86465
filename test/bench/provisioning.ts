import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pick, rows } from '../support/sim.js';
import type { Measurement } from './figure.js';
import { environment, openScene, sexton } from './scene.js';

/** `run --once` over a controller that knows nobody: users, cards and policies of everybody. */
export function provisioning(members: number, concurrency: number): Measurement {
  return {
    name: `provisioning-${members}-members-${concurrency}-at-once`,
    async measure(progress) {
      const scene = await openScene({ members, provisioned: false, concurrency });
      try {
        progress(`${members} members, ${concurrency} at once`);
        const started = performance.now();
        const child = spawn(process.execPath, [sexton, 'run', '--once', '--plane', 'members', '--config', scene.configPath], { env: environment, stdio: 'ignore' });
        await once(child, 'exit');
        const wall = (performance.now() - started) / 1000;
        const writes = rows(await scene.unifi('/requests')).filter(({ method }) => method !== 'GET');
        const imports = writes.filter(({ path }) => String(path).endsWith('/import'));
        const users = rows(pick(await scene.unifi('/state'), 'users'));
        const complete = users.filter((user) => rows(user['nfc_cards']).length === 1 && rows(user['access_policy_ids']).length === 1);
        if (complete.length !== members) throw new Error(`${complete.length} of ${members} members were provisioned`);
        const name = `first provisioning, ${members} members, ${concurrency} at once`;
        return [
          { name: `${name}: wall`, unit: 's', value: wall },
          {
            name: `${name}: writes per member`,
            unit: 'writes',
            value: (writes.length - imports.length) / members,
            aim: { atMost: 3 },
            note: `and ${imports.length} import of all cards`,
          },
        ];
      } finally {
        await scene.close();
      }
    },
  };
}
