// A small Debian that systemd-nspawn can boot, for the tests in test/systemd: made once, then kept under the cache
// directory. Answers its path, or why there is none here. Never fails: those tests are the only ones that may be left out.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const packages = ['systemd', 'systemd-sysv', 'dbus', 'git', 'openssh-client', 'ca-certificates', 'sudo'];
const tools = { debootstrap: 'debootstrap', 'systemd-nspawn': 'systemd-container', 'dpkg-deb': 'dpkg', nsenter: 'util-linux' };

const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });
const has = (command) => run('sh', ['-c', `command -v ${command}`]).status === 0;

function osRelease() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return Object.fromEntries([...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, key, value]) => [key, value]));
}

/** Where this machine gets its own packages from, for this release. */
function mirror(suite) {
  const { stdout } = run('apt-get', ['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages']);
  const line = (stdout ?? '').split('\n').find((each) => each.startsWith(`${suite} main `));
  return line?.split(' ')[2] ?? 'http://deb.debian.org/debian';
}

function installTools() {
  const missing = Object.entries(tools).filter(([command]) => !has(command));
  if (missing.length === 0) return null;
  const names = missing.map(([, name]) => name);
  console.error(`sexton: installing ${names.join(', ')} for the tests of the systemd units …`);
  const apt = ['apt-get', ['install', '-qq', '--no-install-recommends', ...names], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 300_000 }];
  if (run(...apt).status !== 0) {
    run('apt-get', ['update', '-qq'], { timeout: 120_000 });
    run(...apt);
  }
  const still = missing.filter(([command]) => !has(command)).map(([, name]) => name);
  return still.length === 0 ? null : `${still.join(', ')} could not be installed`;
}

/** `{ path }` or `{ why }`. */
export function debianRoot() {
  if (process.platform !== 'linux') return { why: 'this is no Linux' };
  if (process.getuid() !== 0) return { why: 'only root can start a container' };
  const { ID, VERSION_CODENAME: suite } = osRelease();
  if (ID !== 'debian' || suite === undefined) return { why: 'this is no Debian' };
  const wrong = installTools();
  if (wrong !== null) return { why: wrong };

  const name = `debian-${suite}-${createHash('sha256').update(packages.join()).digest('hex').slice(0, 8)}`;
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sexton');
  const path = join(folder, name);
  if (existsSync(join(path, '.complete'))) return { path };
  const debs = join(folder, 'debs');
  const making = `${path}.${process.pid}`;
  mkdirSync(debs, { recursive: true });
  console.error(`sexton: making a Debian for the tests of the systemd units, once, in ${path} (a minute or more) …`);
  const { status, stderr, error } = run('debootstrap', ['--variant=minbase', `--cache-dir=${debs}`, `--include=${packages.join()}`, suite, making, mirror(suite)], { timeout: 900_000 });
  if (status !== 0) {
    rmSync(making, { recursive: true, force: true });
    return { why: `debootstrap failed: ${error?.message ?? (stderr.trim().split('\n').at(-1) || `exit code ${status}`)}` };
  }
  writeFileSync(join(making, '.complete'), '');
  if (existsSync(path)) rmSync(making, { recursive: true, force: true });
  else renameSync(making, path);
  return { path };
}
