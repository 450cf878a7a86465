import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CycleReport } from './cycle-worker.js';
import { median, type Figure, type Measurement } from './figure.js';
import { environment, openScene } from './scene.js';

const loader = join(import.meta.dirname, '../../.dev/ts-node.mjs');
const worker = join(import.meta.dirname, 'cycle-worker.ts');

/** A cycle in which nothing changed: both sources polled, both planes run and published. */
export function cycle(members: number, cycles: number): Measurement {
  const name = `cycle-${members}-members`;
  return {
    name,
    async measure(progress) {
      const scene = await openScene({ members, provisioned: true });
      try {
        progress(`${cycles} cycles`);
        const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, worker, scene.configPath, String(cycles)], { env: environment });
        return figuresOf(`cycle, ${members.toLocaleString('en-US')} members`, JSON.parse(stdout) as CycleReport);
      } finally {
        await scene.close();
      }
    },
  };
}

function figuresOf(name: string, { cycles, bytesWritten, filesWritten }: CycleReport): readonly Figure[] {
  const of = (pick: (each: CycleReport['cycles'][number]) => number): number => median(cycles.map(pick));
  const calls = of((each) => each.unifiCalls) + of((each) => each.sourceCalls);
  return [
    { name: `${name}: wall`, unit: 'ms', value: of((each) => each.wall), note: `of it polling the sources ${Math.round(of((each) => each.polling))} ms; median of ${cycles.length}` },
    { name: `${name}: CPU`, unit: 'ms', value: of((each) => each.cpu) },
    { name: `${name}: HTTP`, unit: 'calls', value: calls, note: `UniFi ${of((each) => each.unifiCalls)}, sources ${of((each) => each.sourceCalls)}` },
    { name: `${name}: written`, unit: 'bytes', value: bytesWritten, aim: { atMost: 0 }, note: `state and resource directories, ${filesWritten} files in ${cycles.length} cycles` },
  ];
}
