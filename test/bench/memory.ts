import { memoryOf, startDaemon } from './daemon.js';
import type { Measurement } from './figure.js';
import { openScene } from './scene.js';

const cycles = 100;

/** Of the real daemon, with its HTTP server, its watches and its log; the sources are polled every 10 s beside it. */
export function memory(members: number): Measurement {
  return {
    name: `memory-${members}-members`,
    async measure(progress) {
      const scene = await openScene({ members, provisioned: true });
      const daemon = await startDaemon(scene);
      try {
        const first = await memoryOf(daemon.child);
        for (let index = 0; index < cycles; index += 1) {
          await daemon.reconcile();
          if (index % 25 === 24) progress(`${index + 1} of ${cycles} cycles, ${Math.round((await memoryOf(daemon.child))?.resident ?? 0)} MiB`);
        }
        const last = await memoryOf(daemon.child);
        return [
          {
            name: `memory after ${cycles} cycles, ${members.toLocaleString('en-US')} members`,
            unit: 'MB',
            value: last === null ? null : last.resident * 1.048_576,
            aim: { below: 90 },
            ...(first === null || last === null ? {} : { note: `MiB: ${Math.round(last.resident)} now, ${Math.round(first.resident)} at first, ${Math.round(last.peak)} at most` }),
          },
        ];
      } finally {
        await daemon.stop();
        await scene.close();
      }
    },
  };
}
