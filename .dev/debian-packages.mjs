// What Debian's package manager brings for the tests, and the directory where it is kept between runs.
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });
export const has = (command) => run('sh', ['-c', `command -v ${command}`]).status === 0;

export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sexton');

const apt = (...words) => run('apt-get', words, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 300_000 });

/** Installs the packages of the commands that are missing; null, or what is missing still. @param tools package by command */
export function installMissing(tools, purpose) {
  const missing = () => Object.keys(tools).filter((command) => !has(command));
  const names = (commands) => [...new Set(commands.map((command) => tools[command]))];
  const before = missing();
  if (before.length === 0) return null;
  if (process.getuid?.() !== 0 || !has('apt-get')) return `${names(before).join(', ')} must be installed first`;
  console.error(`sexton: installing ${names(before).join(', ')} for ${purpose} …`);
  const install = () => apt('install', '-qq', '--no-install-recommends', ...names(before));
  if (install().status !== 0) {
    apt('update', '-qq');
    install();
  }
  const still = missing();
  return still.length === 0 ? null : `${names(still).join(', ')} could not be installed`;
}
