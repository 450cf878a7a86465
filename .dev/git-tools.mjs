// What the tests of `sexton pull` run besides Node: git, the ssh client, and a real sshd. Where the machine has no sshd, its
// files are taken from Debian's packages into the cache directory: nothing is installed, no service is known to anybody.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder, has, installMissing, run } from './debian-packages.mjs';

const client = { git: 'git', ssh: 'openssh-client', 'ssh-keygen': 'openssh-client' };
/** The second tells an sshd of users that the machine does not have. */
const server = ['openssh-server', 'libnss-wrapper'];
const remedy = 'install openssh-server (its service need not run)';

/** Where this machine's own sshd is, if it could run here: as root it wants a user of its own. */
function ownServer() {
  const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].map((each) => join(each, 'sshd')).find((each) => existsSync(each));
  const separated = process.getuid() !== 0 || run('getent', ['passwd', 'sshd']).status === 0;
  return path !== undefined && separated ? path : null;
}

/** Downloads packages into a directory, with lists of its own when those of the machine are old or missing. */
function download(names, into) {
  const own = join(into, 'apt');
  const places = { 'Dir::State': 'State', 'Dir::State::lists': 'State/lists', 'Dir::Cache': 'Cache' };
  const options = Object.entries(places).flatMap(([name, place]) => ['-o', `${name}=${join(own, place)}`]);
  options.push('-o', 'Dir::State::status=/var/lib/dpkg/status');
  const attempt = (words) => {
    const depends = run('apt-cache', [...words, 'depends', ...names], { cwd: into });
    const libraries = [...(depends.stdout ?? '').matchAll(/^ *Depends: (lib[\w.+-]+)$/gm)].map(([, name]) => name);
    const missing = libraries.filter((name) => !/^install ok installed/.test(run('dpkg-query', ['--show', '--showformat=${Status}', name]).stdout ?? ''));
    return run('apt-get', [...words, 'download', '-qq', ...new Set([...names, ...missing])], { cwd: into, timeout: 120_000 });
  };
  let last = attempt([]);
  if (last.status !== 0) {
    for (const name of ['State/lists/partial', 'Cache/archives/partial']) mkdirSync(join(own, name), { recursive: true });
    run('apt-get', [...options, 'update', '-qq'], { timeout: 120_000 });
    last = attempt(options);
  }
  return last.status === 0 ? null : (last.stderr ?? '').trim().split('\n').at(-1);
}

/** `{ path, libraries, users }` or `{ why }`. */
function unpackedServer() {
  if (!has('apt-get') || !has('dpkg-deb')) return { why: `there is no sshd here: ${remedy}` };
  const suite = run('sh', ['-c', '. /etc/os-release; echo $ID-$VERSION_CODENAME-$(dpkg --print-architecture)']).stdout.trim();
  const folder = join(cacheFolder, `sshd-${suite}-${createHash('sha256').update(server.join()).digest('hex').slice(0, 8)}`);
  if (!existsSync(join(folder, '.complete'))) {
    const making = `${folder}.${process.pid}`;
    const debs = join(making, 'debs');
    try {
      mkdirSync(debs, { recursive: true });
      console.error('sexton: downloading an sshd for the tests of git over ssh, once …');
      const wrong = download(server, debs);
      if (wrong !== null) return { why: `there is no sshd here, and none could be downloaded (${wrong}): ${remedy}` };
      for (const name of readdirSync(debs).filter((each) => each.endsWith('.deb'))) run('dpkg-deb', ['--extract', join(debs, name), making]);
      rmSync(debs, { recursive: true });
      writeFileSync(join(making, '.complete'), '');
      if (!existsSync(join(folder, '.complete'))) renameSync(making, folder);
    } catch (error) {
      // Another run may have made it meanwhile.
      if (!existsSync(join(folder, '.complete'))) throw error;
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  const path = join(folder, 'usr/sbin/sshd');
  const find = (pattern) => readdirSync(join(folder, 'usr/lib'), { recursive: true }).find((name) => pattern.test(name));
  const wrapper = find(/(^|\/)libnss_wrapper\.so$/);
  if (wrapper === undefined) return { why: `${folder} holds no libnss_wrapper.so: remove that directory` };
  const triplet = dirname(wrapper);
  const libraries = ['usr/lib', 'lib'].map((each) => join(folder, each, triplet)).join(':');
  const linked = run('ldd', [path], { env: { ...process.env, LD_LIBRARY_PATH: libraries } }).stdout ?? '';
  const lacking = [...linked.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
  if (lacking.length > 0) return { why: `the sshd in ${folder} lacks ${lacking.join(', ')}: ${remedy}` };
  return { path, libraries, users: join(folder, 'usr/lib', wrapper) };
}

/** `{ path, libraries, users }` of an sshd, the last two null where it is the machine's own; or `{ why }` there is none. */
export function gitTools() {
  const wrong = installMissing(client, 'the tests of git');
  if (wrong !== null) return { why: wrong };
  const own = ownServer();
  return own === null ? unpackedServer() : { path: own, libraries: null, users: null };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(JSON.stringify(gitTools()));
