import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './process.js';

export interface Done {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * A Debian with systemd as its first process and the Node of this test, in a container on this machine's network. Its disk
 * outlives a power cut.
 */
export interface Machine {
  /** Of a file in it, as this machine sees it. */
  path(inside: string): string;
  /** Runs a shell script in it as root, or as that user after a new login. */
  sh(script: string, options?: ShellOptions): Promise<Done>;
  /** Its output. @throws when it does not end with 0 */
  must(script: string, options?: ShellOptions): Promise<string>;
  boot(): Promise<void>;
  /** Every process is gone at once. */
  cutPower(): Promise<void>;
  remove(): Promise<void>;
}

export interface ShellOptions {
  readonly input?: string;
  readonly user?: string;
}

/** The Debian that `npm test` keeps ready, or why there is none. */
export function preparedDebian(environment: NodeJS.ProcessEnv = process.env): { readonly root: string | null; readonly why: string } {
  const root = environment['SEXTON_DEBIAN'] ?? '';
  return { root: root === '' ? null : root, why: environment['SEXTON_NO_DEBIAN'] ?? 'it is prepared by `npm test`' };
}

const leftMachines = join(import.meta.dirname, '../../.dev/left-machines.mjs');

/** Ends and removes those whose test process is dead. Their directories. */
export function removeLeftMachines(): readonly string[] {
  return execFileSync(process.execPath, [leftMachines], { encoding: 'utf8' }).split('\n').filter((line) => line !== '');
}

/** The start of the names of directories that belong to that process. */
export function machinePrefix(pid: number): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', `import { machinePrefix } from ${JSON.stringify(leftMachines)}; console.log(machinePrefix(${pid}))`], { encoding: 'utf8' }).trim();
}

/** A fresh one, not booted yet. @param prefix tells whose it is, should nobody remove it */
export function createMachine(debian: string, prefix = machinePrefix(process.pid)): Machine {
  removeLeftMachines();
  const scratch = mkdtempSync(join(tmpdir(), prefix));
  const root = join(scratch, 'root');
  for (const name of ['root', 'upper', 'work']) mkdirSync(join(scratch, name));
  const layers = `lowerdir=${debian},upperdir=${join(scratch, 'upper')},workdir=${join(scratch, 'work')}`;
  const mounted = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, root]).status === 0;
  if (!mounted && spawnSync('cp', ['-a', '--reflink=auto', `${debian}/.`, root]).status !== 0) throw new Error(`${debian} cannot be copied`);
  // Packages need not reach the disk before the next step: no test pulls this machine's plug.
  writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/quick'), 'force-unsafe-io\n');
  let container: ChildProcess | null = null;
  let init: number | null = null;

  const sh: Machine['sh'] = async (script, { input = '', user } = {}) => {
    const words = user === undefined ? ['sh', '-c', script] : ['runuser', '--login', user, '--command', script];
    if (init === null) throw new Error('the machine is off');
    // A clean environment: nothing of the machine outside gets in.
    const place = ['-t', String(init), '-a', '--', 'env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'];
    const child = spawn('nsenter', [...place, ...words]);
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  };

  const cutPower = async (): Promise<void> => {
    if (container === null) return;
    const running = container;
    container = null;
    if (running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    try {
      // Of a pid namespace nothing survives its first process.
      if (init !== null) process.kill(init, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
    running.kill();
    await gone;
    init = null;
  };

  return {
    path: (inside) => join(root, inside),
    sh,
    async must(script, options) {
      const { code, out, err } = await sh(script, options);
      if (code !== 0) throw new Error(`${script}\nended with ${String(code)}: ${out}${err}`);
      return out;
    },
    async boot() {
      // Should this process die, the container goes with it.
      const words = ['--pdeathsig', 'KILL', '--', 'systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--boot', '--console=pipe', `--bind-ro=${process.execPath}:/usr/bin/node`, `--directory=${root}`];
      const child = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4_000)));
      container = child;
      const firstProcess = (): number | null => {
        if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
        const [first = ''] = readFileSync(`/proc/${String(child.pid)}/task/${String(child.pid)}/children`, 'utf8').split(' ');
        return /^[1-9]\d*$/.test(first) ? Number(first) : null;
      };
      const booted = async (): Promise<boolean> => {
        // Asked each time: nspawn's first child only prepares the container.
        init = firstProcess();
        return init !== null && /^(running|degraded)$/m.test((await sh('systemctl is-system-running')).out);
      };
      await until('it is booted', booted, 60_000).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${said}`);
      });
      await sh('grep -qw "$(hostname)" /etc/hosts || echo "127.0.1.1 $(hostname)" >> /etc/hosts');
      // nspawn lays a file over the boot's id that hardened services do not see: here one process must not look like two.
      await sh('while umount /proc/sys/kernel/random/boot_id 2>/dev/null; do :; done');
    },
    cutPower,
    async remove() {
      await cutPower();
      if (mounted) spawnSync('umount', ['--lazy', root]);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
