import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/** A real sshd on a loopback port, through which repositories of this machine are reached. */
export interface SshRemote {
  url(repository: string): string;
  /** Files for `gitOps.sshKey` and `gitOps.knownHosts`. */
  readonly key: string;
  readonly knownHosts: string;
  /** What sshd said so far. */
  said(): string;
  close(): void;
}

export function newKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

interface Server {
  readonly path: string;
  /** Search path of libraries, and the one that tells it of other users; null: it is the machine's own. */
  readonly libraries: string | null;
  readonly users: string | null;
}

/** @throws saying what this machine lacks, and what to install */
function server(): Server {
  const tools = JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, '../../.dev/git-tools.mjs')], { encoding: 'utf8' })) as Server | { readonly why: string };
  if ('why' in tools) throw new Error(`git over ssh cannot be tested: ${tools.why}`);
  return tools;
}

/** @throws where there is no sshd and none can be had: what goes over ssh is never left out */
export async function openSsh(directory: string): Promise<SshRemote> {
  const { path, libraries, users } = server();
  mkdirSync(directory, { recursive: true });
  const key = join(directory, 'id');
  const knownHosts = join(directory, 'known_hosts');
  // One sshd for each connection: none outlives this process, whatever ends it.
  const listener = createServer({ pauseOnConnect: true }, (socket) => serve(socket));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  writeFileSync(join(directory, 'authorized'), `${newKey(key)}\n`);
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${newKey(join(directory, 'host'))}\n`);
  // From 9.8 on it is several programs.
  const parts = { SshdSessionPath: 'sshd-session', SshdAuthPath: 'sshd-auth' };
  const beside = libraries === null ? [] : Object.entries(parts).map(([name, part]) => [name, join(dirname(path), '../lib/openssh', part)] as const);
  const settings = [
    ['HostKey', join(directory, 'host')],
    ['AuthorizedKeysFile', join(directory, 'authorized')],
    ['PidFile', 'none'],
    ['StrictModes', 'no'],
    ['UsePAM', 'no'],
    ['PasswordAuthentication', 'no'],
    ['PermitRootLogin', 'prohibit-password'],
    ['AcceptEnv', 'GIT_PROTOCOL'],
    ['SetEnv', `PATH=${process.env['PATH'] ?? ''}`],
    ...beside.filter(([, part]) => existsSync(part)),
  ] as const;
  writeFileSync(join(directory, 'sshd_config'), settings.map(([name, value]) => `${name} "${value}"\n`).join(''));
  // As root it confines itself in this directory, which every start of an sshd makes.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const environment = { ...process.env, ...foreignUsers(directory, libraries, users) };
  let said = '';
  function serve(socket: Socket): void {
    const child = spawn(path, ['-i', '-e', '-f', join(directory, 'sshd_config')], { stdio: [socket, socket, 'pipe'], env: environment });
    socket.destroy();
    child.once('error', (error) => (said += String(error)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  return {
    url: (repository) => `ssh://${users === null ? userInfo().username : 'git'}@127.0.0.1:${port}${repository}`,
    key,
    knownHosts,
    said: () => said,
    close: () => void listener.close(),
  };
}

/** Makes sshd believe in two users: its own, and one with our rights, a plain shell and no start-up files. */
function foreignUsers(directory: string, libraries: string | null, users: string | null): Readonly<Record<string, string>> {
  if (libraries === null || users === null) return {};
  const { uid, gid } = userInfo();
  const [passwd, group] = [join(directory, 'passwd'), join(directory, 'group')];
  writeFileSync(passwd, `git:x:${uid}:${gid}::${directory}:/bin/sh\nsshd:x:65533:65533::/run/sshd:/usr/sbin/nologin\n`);
  writeFileSync(group, `git:x:${gid}:\nsshd:x:65533:\n`);
  return { LD_PRELOAD: users, LD_LIBRARY_PATH: libraries, NSS_WRAPPER_PASSWD: passwd, NSS_WRAPPER_GROUP: group };
}
