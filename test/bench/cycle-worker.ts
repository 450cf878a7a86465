import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { composeBuilt } from './composition.js';

/** What one process measured of itself; the simulators are other processes. Times in milliseconds. */
export interface CycleReport {
  readonly cycles: readonly {
    readonly wall: number;
    readonly polling: number;
    readonly cpu: number;
    readonly unifiCalls: number;
    readonly sourceCalls: number;
  }[];
  /** In the state and resource directories, by all of the cycles. */
  readonly bytesWritten: number;
  readonly filesWritten: number;
}

const warmUps = 3;

async function measure(configPath: string, count: number): Promise<CycleReport> {
  const { composition, directories, count: calls } = await composeBuilt(configPath, process.env);
  const { sources, engine } = composition;

  const cycle = async (): Promise<CycleReport['cycles'][number]> => {
    const before = { calls: { ...calls }, cpu: process.cpuUsage(), at: performance.now() };
    await Promise.all([sources.bookings?.poll(), sources.members?.poll()]);
    const polled = performance.now();
    await Promise.all([engine.reconcile('doors'), engine.reconcile('members')]);
    const { user, system } = process.cpuUsage(before.cpu);
    return {
      wall: performance.now() - before.at,
      polling: polled - before.at,
      cpu: (user + system) / 1000,
      unifiCalls: calls.unifi - before.calls.unifi,
      sourceCalls: calls.sources - before.calls.sources,
    };
  };

  for (let index = 0; index < warmUps; index += 1) await cycle();
  const changes = engine.view().diff.planes.flatMap((plane) => plane.changes);
  if (changes.length > 0) throw new Error(`${changes.length} changes are left after ${warmUps} cycles: this is no quiet site`);
  const before = await filesIn(directories);
  const { diskWrites } = calls;
  const cycles: CycleReport['cycles'][number][] = [];
  for (let index = 0; index < count; index += 1) cycles.push(await cycle());
  const written = [...(await filesIn(directories))].filter(([path, { mark }]) => before.get(path)?.mark !== mark);
  await composition.close();
  return { cycles, bytesWritten: written.reduce((sum, [, { size }]) => sum + size, 0), filesWritten: Math.max(written.length, calls.diskWrites - diskWrites) };
}

async function filesIn(directories: readonly string[]): Promise<ReadonlyMap<string, { readonly size: number; readonly mark: string }>> {
  const found = new Map<string, { size: number; mark: string }>();
  for (const directory of directories) {
    for (const name of await readdir(directory, { recursive: true })) {
      const path = join(directory, name);
      const { size, ino, mtimeNs } = await stat(path, { bigint: true });
      found.set(path, { size: Number(size), mark: `${ino} ${mtimeNs} ${size}` });
    }
  }
  return found;
}

const [, , configPath = '', count = ''] = process.argv;
process.stdout.write(JSON.stringify(await measure(configPath, Number(count))), () => process.exit(0));
