// What is installed on a Pi, out of a built checkout: `tree` (a directory), `tarball` (with deploy/install.sh inside) or
// `deb` (the same tree as a Debian package). No network: the packages come from node_modules as the lockfile has them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { built, installed, root } from './prepare.mjs';

const kinds = ['tree', 'tarball', 'deb'];
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, version: { type: 'string', default: manifest.version }, quick: { type: 'boolean', default: false } },
});
const [kind] = positionals;
if (!kinds.includes(kind) || (kind === 'tree' && values.out === undefined)) {
  console.error('usage: package.mjs tree --out DIR | tarball|deb [--out DIR] [--version V] [--quick]   (DIR: packages/; --quick: less compression)');
  process.exit(64);
}

function run(command, args, environment = {}) {
  const { status, error, stderr } = spawnSync(command, args, { env: { ...process.env, ...environment }, encoding: 'utf8', stdio: ['ignore', 2, 'pipe'] });
  if (status === 0) return;
  console.error(`package.mjs: ${command} failed${error === undefined ? '' : `: ${error.message}`}\n${stderr ?? ''}`);
  process.exit(1);
}

/** Of a package only what runs: no types, maps, texts or tests. Its licence goes along. */
function runs(path, folder) {
  const name = basename(path);
  const inside = relative(folder, path);
  if (/^(test|tests|docs?|examples?|benchmarks?|node_modules|\..+)$/i.test(inside)) return false;
  if (/^(licen[cs]e|copying|notice)/i.test(name)) return true;
  return !/\.(map|md|markdown|ts|cts|mts|tsbuildinfo|flow)$|^changelog/i.test(name);
}

function copyPackages(target) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, { dev, devOptional, optional }] of Object.entries(packages)) {
    const from = join(root, path);
    if (path === '' || dev === true || devOptional === true || (optional === true && !existsSync(from))) continue;
    cpSync(from, join(target, path), { recursive: true, filter: (each) => runs(each, from) });
  }
}

/** The program as it runs. The same for every processor: a native module would end this here. */
function tree(target) {
  mkdirSync(target, { recursive: true });
  const { name, description, license, type, bin, engines } = manifest;
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ name, version: values.version, description, license, type, bin, engines }, null, 2)}\n`);
  for (const part of ['dist', 'crds', 'examples', 'deploy', 'LICENSE', 'CHANGELOG.md']) {
    cpSync(join(root, part), join(target, part), { recursive: true, filter: (path) => basename(path) !== '.sources' && !/\.status\.yaml$/.test(path) });
  }
  copyPackages(target);
  const native = filesOf(target).filter((path) => path.endsWith('.node') || readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF');
  if (native.length === 0) return;
  console.error(`package.mjs: native modules: ${native.join(', ')}`);
  process.exit(1);
}

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Two builds of one commit agree. */
function epoch() {
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return process.env.SOURCE_DATE_EPOCH ?? (/^\d+$/m.exec(stdout ?? '')?.[0] || String(Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000)));
}

function tarball(scratch, out) {
  const name = `sexton-${values.version}`;
  const path = join(out, `${name}.tgz`);
  tree(join(scratch, name));
  run('tar', ['--create', '--gzip', '--file', path, '--directory', scratch, '--owner=0', '--group=0', '--numeric-owner', '--sort=name', `--mtime=@${epoch()}`, name]);
  return path;
}

function deb(scratch, out) {
  const program = join(scratch, 'program');
  const files = join(scratch, 'files');
  tree(program);
  run('sh', [join(program, 'deploy', 'install.sh')], { DESTDIR: files, PREFIX: '/usr' });
  const put = (path, content, mode = 0o644) => {
    mkdirSync(join(files, path, '..'), { recursive: true });
    writeFileSync(join(files, path), content, { mode });
  };
  const deploy = (name) => readFileSync(join(root, 'deploy', name), 'utf8');
  put('etc/sexton/sexton.yaml', deploy('sexton.yaml'));
  put('usr/share/doc/sexton/README.md', deploy('README.md'));
  put('usr/share/doc/sexton/copyright', readFileSync(join(root, 'LICENSE')));
  put('usr/share/doc/sexton/changelog.gz', gzipSync(readFileSync(join(root, 'CHANGELOG.md')), { level: 9 }));
  const contents = filesOf(files);
  const size = contents.reduce((total, path) => total + Math.ceil(statSync(path).size / 1024), 0);
  const sums = contents.map((path) => `${createHash('md5').update(readFileSync(path)).digest('hex')}  ${relative(files, path)}\n`).join('');
  for (const script of ['postinst', 'prerm', 'postrm']) put(`DEBIAN/${script}`, deploy(`debian/${script}`), 0o755);
  put('DEBIAN/control', deploy('debian/control').replace('@VERSION@', values.version).replace('@SIZE@', String(size)));
  put('DEBIAN/conffiles', '/etc/sexton/sexton.yaml\n');
  put('DEBIAN/md5sums', sums);
  run('chmod', ['-R', 'go-w', files]);
  const path = join(out, `sexton_${values.version}_all.deb`);
  run('dpkg-deb', ['--root-owner-group', ...(values.quick ? ['-Zgzip', '-z1'] : ['-Zxz']), '--build', files, path], { SOURCE_DATE_EPOCH: epoch() });
  return path;
}

installed();
built();
if (kind === 'tree') {
  tree(values.out);
  console.log(values.out);
} else {
  const out = values.out ?? join(root, 'packages');
  const scratch = mkdtempSync(join(tmpdir(), 'sexton-package-'));
  try {
    mkdirSync(out, { recursive: true });
    console.log(kind === 'deb' ? deb(scratch, out) : tarball(scratch, out));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
