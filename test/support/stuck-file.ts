import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function mount(...words: readonly string[]): boolean {
  return spawnSync('mount', words).status === 0;
}

/**
 * Makes one file impossible to replace, to rename and to remove (EBUSY), the rest of its directory as before: it is
 * mounted onto itself. `readOnly`: nor can it be written in place (EROFS). Answers how to let it go again.
 */
export function stick(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}): () => void {
  if (!existsSync(path)) throw new Error(`${path} is not there`);
  if (!mount('--bind', path, path)) throw new Error(`${path} cannot be mounted`);
  if (readOnly && !mount('-o', 'remount,bind,ro', path)) throw new Error(`${path} cannot be made read-only`);
  return () => {
    spawnSync('umount', [path]);
  };
}

/** A disk of its own. @param size as mount(8) has it: `512k` */
export function mountDisk(path: string, size: string): boolean {
  mkdirSync(path, { recursive: true });
  return process.geteuid?.() === 0 && mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path);
}

/** Whether files and disks can be mounted here: as root, where that is allowed. */
export function mayMount(): boolean {
  if (process.geteuid?.() !== 0) return false;
  const directory = mkdtempSync(join(tmpdir(), 'sexton-mount-'));
  const file = join(directory, 'file');
  writeFileSync(file, '');
  try {
    if (!mount('--bind', file, file)) return false;
    spawnSync('umount', [file]);
    if (!mountDisk(directory, '64k')) return false;
    spawnSync('umount', [directory]);
    return true;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
