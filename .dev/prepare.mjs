// Brings a checkout to where it can run: installs what is locked, builds what is stale. Writes nothing when both are current.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const digest = (text) => createHash('sha256').update(text).digest('hex');

function filesUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Content, not times: a fresh clone and a copied build agree. */
function sourceDigest() {
  const files = [...filesUnder('src'), join(root, 'tsconfig.json'), join(root, 'package.json')];
  return digest(files.map((file) => `${file.slice(root.length)}\n${readFileSync(file)}`).join('\n'));
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function requireWritable(what) {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    console.error(`sexton: ${what}, but ${root} cannot be written; make it writable or copy the checkout to a place of your own.`);
    process.exit(78);
  }
}

function run(command, args, hint) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(`sexton: ${hint}${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(1);
}

/** Installs the lockfile's packages unless exactly they are there. */
export function installed() {
  const mark = join(root, 'node_modules', '.sexton-lock');
  const wanted = digest(read(join(root, 'package-lock.json')));
  const complete = existsSync(join(root, 'node_modules', 'typescript'));
  if (complete && read(mark) === wanted) return;
  requireWritable('the packages are not installed');
  if (complete && read(mark) === '' && lockedVersionsPresent()) {
    writeFileSync(mark, wanted);
    return;
  }
  console.error('sexton: installing the locked packages (npm ci) …');
  run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci failed');
  writeFileSync(mark, wanted);
}

/** A `npm install` by hand counts too, when it brought what the lockfile says. */
function lockedVersionsPresent() {
  const { packages } = JSON.parse(read(join(root, 'package-lock.json')));
  return Object.entries(packages).every(([path, { version, optional }]) => {
    if (path === '' || optional === true) return true;
    const manifest = read(join(root, path, 'package.json'));
    return manifest !== '' && JSON.parse(manifest).version === version;
  });
}

export function built() {
  const mark = join(root, 'dist', '.sources');
  const wanted = sourceDigest();
  if (read(mark) === wanted && statSync(join(root, 'dist', 'sexton.js'), { throwIfNoEntry: false }) !== undefined) return;
  requireWritable('the build is not current');
  console.error('sexton: building …');
  run(process.execPath, [join(root, '.dev', 'build.mjs')], 'the build failed');
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(mark, wanted);
}

export { root };
