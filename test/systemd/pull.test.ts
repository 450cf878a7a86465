import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSsh, type SshRemote } from '../gitops/ssh.js';
import { GitWorld, gym, lobby } from '../gitops/world.js';
import { createMachine, preparedDebian, type Machine } from '../support/machine.js';
import { bring, openPackages, type Packages } from './installed-church.js';

const { root } = preparedDebian();

describe.skipIf(root === null)('sexton-pull.service', { timeout: 120_000 }, () => {
  const world = new GitWorld();
  let packages: Packages;
  let ssh: SshRemote;
  let pi: Machine;

  beforeAll(async () => {
    packages = openPackages();
    ssh = await openSsh(join(world.root, 'ssh'));
    pi = createMachine(root ?? '');
    await pi.boot();
    await pi.must(`dpkg --install ${bring(pi, packages.node(), '/root')} ${bring(pi, packages.make('deb'), '/root')}`);
    const gitOps = JSON.stringify({ url: ssh.url(world.remote), knownHosts: '/etc/sexton/known_hosts' });
    const settings = { apiVersion: 'config.sexton.dev/v1alpha1', kind: 'SextonConfiguration', site: 'here', timeZone: 'UTC', mode: 'DryRun', resources: '/var/lib/sexton/gitops/current', unifi: '{ url: "https://127.0.0.1:1" }', gitOps };
    await pi.must('cat > /etc/sexton/sexton.yaml', { input: Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`).join('') });
    await pi.must('cat > /etc/sexton/known_hosts', { input: readFileSync(ssh.knownHosts, 'utf8') });
  }, 240_000);
  afterAll(async () => {
    await (pi as Machine | undefined)?.remove();
    (ssh as SshRemote | undefined)?.close();
    (packages as Packages | undefined)?.remove();
    world.end();
  });

  const pull = async (): Promise<string> => {
    const { code } = await pi.sh('systemctl start sexton-pull');
    const status = await pi.must('systemctl show --property=ExecMainStatus --value sexton-pull');
    return `${String(code)} ${status.trim()}`;
  };
  const journal = (): Promise<string> => pi.must('journalctl --unit=sexton-pull --output=cat --no-pager');

  it('fails with the reason while the host knows no key of this machine', async () => {
    world.push({ 'doors.yaml': lobby });
    expect(await pull()).toBe('1 2');
    expect(await journal()).toContain('the credentials are refused or missing');
    expect((await pi.sh('ls /var/lib/sexton/gitops/current')).code).not.toBe(0);
  });

  it('fetches over ssh, from inside its sandbox, with the key that systemd hands out to it alone', async () => {
    await pi.must('umask 077; cat > /etc/sexton/credentials/GIT_SSH_KEY', { input: readFileSync(ssh.key, 'utf8') });
    expect(await pull()).toBe('0 0');
    expect(await pi.must('cat /var/lib/sexton/gitops/current/doors.yaml')).toBe(lobby);
    world.push({ 'gym.yaml': gym });
    expect(await pull()).toBe('0 0');
    expect(await pi.must('ls /var/lib/sexton/gitops/current/')).toBe('doors.yaml\ngenerated\ngym.yaml\n');
    const [, secret = ''] = readFileSync(ssh.key, 'utf8').split('\n');
    expect(await journal()).not.toContain(secret);
    expect(await pi.must('find /var/lib/sexton /run/sexton ! -user sexton')).toBe('');
    expect((await pi.sh(`grep -rlF '${secret}' /var/lib/sexton /run/sexton`)).out).toBe('');
  });

  it('refuses a broken commit as a failed unit, and names the file; the next good one is no failure any more', async () => {
    world.push({ 'gym.yaml': gym.replace('doors:', 'dors:') });
    expect(await pull()).toBe('1 1');
    expect(await journal()).toMatch(/^gym\.yaml:4:9 spec\.dors: /m);
    expect(await pi.must('systemctl is-failed sexton-pull')).toBe('failed\n');
    expect(await pi.must('cat /var/lib/sexton/gitops/current/gym.yaml')).toBe(gym);
    world.push({ 'gym.yaml': null });
    expect(await pull()).toBe('0 0');
    expect(await pi.must('ls /var/lib/sexton/gitops/current/')).toBe('doors.yaml\ngenerated\n');
    expect((await pi.sh('systemctl is-failed sexton-pull')).out).toBe('inactive\n');
  });
});
