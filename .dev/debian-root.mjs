// A small Debian that systemd-nspawn can boot, for the tests in test/systemd: made once, then kept under the cache
// directory. Answers its path, or why there is none here. Never fails: those tests are the only ones that may be left out.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, installMissing, run } from './debian-packages.mjs';

const packages = ['systemd', 'systemd-sysv', 'dbus', 'git', 'openssh-client', 'ca-certificates', 'sudo'];
const tools = { debootstrap: 'debootstrap', 'systemd-nspawn': 'systemd-container', 'dpkg-deb': 'dpkg', nsenter: 'util-linux' };

function osRelease() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return Object.fromEntries([...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, key, value]) => [key, value]));
}

/** Where this machine gets its own packages from, for this release; nothing: debootstrap knows Debian's own place. */
function mirror(suite) {
  const { stdout } = run('apt-get', ['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages']);
  const line = (stdout ?? '').split('\n').find((each) => each.startsWith(`${suite} main `));
  return line === undefined ? [] : [line.split(' ')[2]];
}

/** `{ path }` or `{ why }`. */
export function debianRoot() {
  if (process.platform !== 'linux') return { why: 'this is no Linux' };
  if (process.getuid() !== 0) return { why: 'only root can start a container' };
  const { ID, VERSION_CODENAME: suite } = osRelease();
  if (ID !== 'debian' || suite === undefined) return { why: 'this is no Debian' };
  const wrong = installMissing(tools, 'the tests of the systemd units');
  if (wrong !== null) return { why: wrong };

  const name = `debian-${suite}-${createHash('sha256').update(packages.join()).digest('hex').slice(0, 8)}`;
  const path = join(cacheFolder, name);
  if (existsSync(join(path, '.complete'))) return { path };
  const debs = join(cacheFolder, 'debs');
  const making = `${path}.${process.pid}`;
  mkdirSync(debs, { recursive: true });
  console.error(`sexton: making a Debian for the tests of the systemd units, once, in ${path} (a minute or more) …`);
  const { status, stderr, error } = run('debootstrap', ['--variant=minbase', `--cache-dir=${debs}`, `--include=${packages.join()}`, suite, making, ...mirror(suite)], { timeout: 900_000 });
  if (status !== 0) {
    rmSync(making, { recursive: true, force: true });
    return { why: `debootstrap failed: ${error?.message ?? (stderr.trim().split('\n').at(-1) || `exit code ${status}`)}` };
  }
  writeFileSync(join(making, '.complete'), '');
  if (existsSync(path)) rmSync(making, { recursive: true, force: true });
  else renameSync(making, path);
  return { path };
}
