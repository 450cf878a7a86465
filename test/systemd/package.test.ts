import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'sexton-tree-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What Linux, Windows and macOS run without an interpreter. */
const machineCode: readonly RegExp[] = [/^\x7fELF/, /^MZ/, /^(\xcf\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba\xbe)/, /^!<arch>\n/];

describe('what is installed', () => {
  it('holds nothing that is made for one processor, so that the same package runs on every Pi', () => {
    execFileSync(process.execPath, ['.dev/package.mjs', 'tree', '--out', scratch], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
    const files = readdirSync(scratch, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(500);
    const starts = (path: string): string => readFileSync(path).subarray(0, 16).toString('latin1');
    const bound = files.filter((path) => /\.(node|so|dylib|dll)$/.test(path) || machineCode.some((pattern) => pattern.test(starts(path))));
    expect(bound.map((path) => relative(scratch, path))).toEqual([]);
    // Nor does it ask an installer to make something: the packages are only copied.
    const scripts = files.filter((path) => path.endsWith('/package.json')).flatMap((path) => {
      const { scripts: declared = {} } = JSON.parse(readFileSync(path, 'utf8')) as { readonly scripts?: Readonly<Record<string, string>> };
      return ['preinstall', 'install', 'postinstall'].filter((name) => name in declared).map((name) => `${relative(scratch, path)}: ${name}`);
    });
    expect(scripts).toEqual([]);
  });
});
