import { execFile } from 'node:child_process';
import { appendFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pick } from '../support/sim.js';
import { startDaemon, until } from './daemon.js';
import { median, type Figure, type Measurement } from './figure.js';
import { environment, openScene, sexton, type Scene } from './scene.js';
import { editedDoor, hoursText } from './world.js';

const run = promisify(execFile);
const files = 500;
const rounds = 5;

/** From the start of `sexton pull` to the simulated door that would open, with a repository of 500 files; and a pull that finds nothing. */
export const pulling: Measurement = {
  name: 'pull',
  async measure(progress) {
    const scene = await openScene({ members: 100, provisioned: true });
    const root = dirname(scene.configPath);
    const [remote, clone] = [join(root, 'remote.git'), join(root, 'clone')];
    await mkdir(clone);
    const git = (...words: readonly string[]): Promise<unknown> => run('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org', '-c', 'gc.auto=0', ...words], { cwd: clone });
    await git('init', '--quiet', '--bare', '--initial-branch=main', remote);
    await git('init', '--quiet', '--initial-branch=main');
    const push = async (): Promise<void> => {
      await git('add', '--all');
      await git('commit', '--quiet', '-m', 'change');
      await git('push', '--quiet', remote, 'HEAD:main');
    };
    await run('cp', ['-r', `${scene.resources}/.`, clone]);
    await push();
    await appendFile(scene.configPath, `gitOps: { url: "file://${remote}" }\n`);
    const pull = async (): Promise<string> => (await run(process.execPath, [sexton, 'pull', '--config', scene.configPath], { env: environment })).stdout;
    await pull();
    const daemon = await startDaemon(scene);
    try {
      const present = (await readdir(clone)).filter((name) => name.endsWith('.yaml')).length;
      for (let index = present; index < files; index += 1) await writeFile(join(clone, `event-${index}.yaml`), override(index));
      progress(`a commit that adds ${files - present} files`);
      const first = await programmed(scene, 0, { clone, push, pull });
      const samples: number[] = [];
      for (let index = 1; index <= rounds; index += 1) samples.push(await programmed(scene, index, { clone, push, pull }));
      progress('pulls that find nothing new');
      const before = await bytesIn(scene.stateDir);
      const idle: number[] = [];
      for (let index = 0; index < rounds; index += 1) {
        const started = performance.now();
        if (!(await pull()).startsWith('nothing new')) throw new Error('there was something new');
        idle.push(performance.now() - started);
      }
      return [
        { name: `pull of ${files} files, ${files - present} of them new, to programmed doors`, unit: 'ms', value: first },
        { name: `pull of one changed file among ${files} to programmed doors`, unit: 'ms', value: median(samples), note: `median of ${rounds}` },
        { name: 'pull with nothing new: wall', unit: 'ms', value: median(idle), note: `median of ${rounds}` },
        { name: 'pull with nothing new: written', unit: 'bytes', value: writtenSince(before, await bytesIn(scene.stateDir)), aim: { atMost: 0 }, note: `state directory, trees included, ${rounds} pulls` },
      ] satisfies readonly Figure[];
    } finally {
      await daemon.stop();
      await scene.close();
    }
  },
};

interface Repository {
  readonly clone: string;
  readonly push: () => Promise<void>;
  readonly pull: () => Promise<string>;
}

async function programmed(scene: Scene, index: number, { clone, push, pull }: Repository): Promise<number> {
  const from = `${String(6 + index).padStart(2, '0')}:00`;
  const now = Date.now();
  const at = (Math.floor(now / 86_400_000) + 1) * 86_400_000 + ((6 + index) * 60 + 5) * 60_000;
  await writeFile(join(clone, 'hours.yaml'), hoursText(`${from}-${from.replace(':00', ':10')}`, now));
  await push();
  const started = performance.now();
  await pull();
  await until(`pull ${index}`, async () => isOpen(await scene.unifi(`/doors?at=${new Date(at).toISOString()}`)), 10);
  return performance.now() - started;
}

function isOpen(doors: unknown): boolean {
  return Array.isArray(doors) && doors.some((door) => pick(door, 'id') === editedDoor && pick(door, 'unlocked') === true);
}

function override(index: number): string {
  return `apiVersion: sexton.dev/v1alpha1
kind: EventOverride
metadata: { name: event-${index} }
spec:
  match: { eventName: "Meeting of group ${index}" }
  action: Adjust
  doorGroups: [{ name: group-01, lead: 5m }]
`;
}

/** Size by name and time of every file of git-ops; what the daemon writes at the same time is not counted. */
async function bytesIn(stateDir: string): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const directory = join(stateDir, 'gitops');
  for (const name of await readdir(directory, { recursive: true })) {
    if (name.endsWith('.status.yaml')) continue;
    const info = await stat(join(directory, name), { bigint: true });
    if (info.isFile()) found.set(`${name} ${info.ino} ${info.mtimeNs}`, Number(info.size));
  }
  return found;
}

function writtenSince(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  return [...after].reduce((sum, [name, size]) => sum + (before.has(name) ? 0 : size), 0);
}
