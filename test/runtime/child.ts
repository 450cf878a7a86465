import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Runs a module (TypeScript imports from `src/` allowed, as `@src/…`) in a process of its own; its stdout, trimmed. */
export function runModule(source: string, limits: { readonly fileBlocks?: number; readonly uid?: number } = {}): string {
  const program = source.replaceAll('@src/', `${root}/src/`);
  const limit = limits.fileBlocks === undefined ? 'true' : `ulimit -f ${limits.fileBlocks}`;
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['-c', `${limit}; exec "$0" --import ./.dev/ts-node.mjs --input-type=module -e "$1"`, process.execPath, program],
    { cwd: root, encoding: 'utf8', ...(limits.uid === undefined ? {} : { uid: limits.uid, gid: limits.uid }) },
  );
  if (status !== 0) throw new Error(`the child ended with ${String(status)}: ${stderr}`);
  return stdout.trim();
}

/** A user without rights, when this process may become one; otherwise the present user has none to give up. */
export const nobody: { readonly uid?: number } = process.getuid?.() === 0 ? { uid: 65_534 } : {};
