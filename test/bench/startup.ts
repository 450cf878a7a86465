import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type Measurement } from './figure.js';
import { environment, sexton } from './scene.js';

const runs = 10;

/** Whole processes; node's own start-up beside them is the floor. */
export const startup: Measurement = {
  name: 'startup',
  async measure(progress) {
    const directory = await mkdtemp(join(tmpdir(), 'sexton-bench-'));
    try {
      await cp(join(import.meta.dirname, '../../examples'), join(directory, 'resources'), { recursive: true });
      await Promise.all(['state', 'run'].map((name) => mkdir(join(directory, name))));
      const configPath = join(directory, 'sexton.yaml');
      await writeFile(
        configPath,
        `apiVersion: config.sexton.dev/v1alpha1
kind: SextonConfiguration
site: bench
timeZone: UTC
mode: DryRun
resources: resources
stateDir: state
runtimeDir: run
unifi: { url: "https://127.0.0.1:12445" }
`,
      );
      progress(`${runs} runs each`);
      const node = timeOf(['-e', '0']);
      const version = timeOf([sexton, '--version']);
      const get = timeOf([sexton, 'get', 'dg', '--config', configPath]);
      const beside = `node alone ${Math.round(node)} ms; median of ${runs}`;
      return [
        { name: 'start-up: node -e 0', unit: 'ms', value: node },
        { name: 'start-up: sexton --version', unit: 'ms', value: version, aim: { below: 150 }, note: beside },
        { name: 'start-up: sexton get dg', unit: 'ms', value: get, aim: { below: 150 }, note: beside },
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** Median of several runs in milliseconds. */
function timeOf(args: readonly string[]): number {
  const once = (): number => {
    const started = performance.now();
    const { status } = spawnSync(process.execPath, args, { env: environment, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${String(status)}`);
    return performance.now() - started;
  };
  once();
  return median(Array.from({ length: runs }, once));
}
