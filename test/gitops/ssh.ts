import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from '../support/process.js';

/** A way to reach repositories of this machine over ssh. */
export interface SshRemote {
  /** False: no sshd is here, and a program under the name of ssh runs the command itself. */
  readonly real: boolean;
  url(repository: string): string;
  readonly environment: Readonly<Record<string, string>>;
  /** Files for `gitOps.sshKey` and `gitOps.knownHosts`. */
  readonly key: string;
  readonly knownHosts: string;
  /** What ssh was called with, one word a line; empty with a real one. */
  called(): string;
  close(): void;
}

export function newKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

/** A real sshd on a loopback port where the machine has one that can run here; else a stand-in, said in `real`. */
export async function openSsh(directory: string): Promise<SshRemote> {
  mkdirSync(directory, { recursive: true });
  const key = join(directory, 'id');
  const publicKey = newKey(key);
  const knownHosts = join(directory, 'known_hosts');
  const sshd = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].map((each) => join(each, 'sshd')).find((path) => existsSync(path));
  const separated = userInfo().uid !== 0 || spawnSync('getent', ['passwd', 'sshd']).status === 0;
  return sshd !== undefined && separated ? realSsh({ sshd, directory, key, publicKey, knownHosts }) : standIn({ directory, key, knownHosts });
}

function standIn({ directory, key, knownHosts }: { readonly directory: string; readonly key: string; readonly knownHosts: string }): SshRemote {
  const log = join(directory, 'called');
  const program = join(directory, 'ssh');
  writeFileSync(knownHosts, '');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${log}'\nfor last; do :; done\nexec sh -c "$last"\n`);
  chmodSync(program, 0o755);
  return {
    real: false,
    url: (repository) => `ssh://git@git.example.org${repository}`,
    environment: { PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}` },
    key,
    knownHosts,
    called: () => readFileSync(log, 'utf8'),
    close: () => undefined,
  };
}

interface RealSsh {
  readonly sshd: string;
  readonly directory: string;
  readonly key: string;
  readonly publicKey: string;
  readonly knownHosts: string;
}

async function realSsh({ sshd, directory, key, publicKey, knownHosts }: RealSsh): Promise<SshRemote> {
  const port = await freePort();
  const hostKey = newKey(join(directory, 'host'));
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey}\n`);
  writeFileSync(join(directory, 'authorized'), `${publicKey}\n`);
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: join(directory, 'host'),
    AuthorizedKeysFile: join(directory, 'authorized'),
    PidFile: join(directory, 'sshd.pid'),
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
    AcceptEnv: 'GIT_PROTOCOL',
  };
  writeFileSync(join(directory, 'sshd_config'), Object.entries(settings).map(([name, value]) => `${name} ${/ /.test(value) ? `"${value}"` : value}\n`).join(''));
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const child = spawn(sshd, ['-D', '-e', '-f', join(directory, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until('sshd listens', () => {
    if (child.exitCode !== null) throw new Error(said);
    return said.includes('Server listening');
  });
  return {
    real: true,
    url: (repository) => `ssh://${userInfo().username}@127.0.0.1:${port}${repository}`,
    environment: {},
    key,
    knownHosts,
    called: () => '',
    close: () => void child.kill(),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
