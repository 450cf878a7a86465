import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** The command as it is installed: compiled, in a directory of its own, run in processes of its own. */
export interface Program {
  start(words: readonly string[], options: StartOptions): Child;
  /** Ends every process that is left. */
  endAll(): Promise<void>;
  /** That too, and removes the program. */
  remove(): Promise<void>;
}

export interface StartOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Runs it as this user. */
  readonly uid?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface Child {
  readonly pid: number;
  out(): string;
  err(): string;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** `dist/` when it was built from the sources as they are, else the sources compiled without type checks. */
export function compiledProgram(): Program {
  const current = existsSync(join(root, 'dist/.sources')) && readFileSync(join(root, 'dist/.sources'), 'utf8') === sourceDigest();
  const scratch = current ? null : compile();
  const entry = join(scratch ?? root, 'dist/sexton.js');
  const running = new Set<{ readonly process: ChildProcess; readonly ended: Promise<Ended> }>();
  const endAll = async (): Promise<void> => {
    for (const { process: child } of running) child.kill('SIGKILL');
    await Promise.all([...running].map(({ ended }) => ended));
  };
  return {
    start(words, { environment, cwd, uid }) {
      const path = process.env['PATH'] ?? '';
      const child = spawn(process.execPath, [entry, ...words], { cwd, env: { PATH: path, ...environment }, ...(uid === undefined ? {} : { uid }) });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, out, err })));
      const entryOf = { process: child, ended };
      running.add(entryOf);
      void ended.then(() => running.delete(entryOf));
      return { pid: child.pid ?? 0, out: () => out, err: () => err, kill: (signal) => void child.kill(signal), ended };
    },
    endAll,
    async remove() {
      await endAll();
      if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** As the build marks what it built from. */
function sourceDigest(): string {
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files = [...sources, join(root, 'tsconfig.json'), join(root, 'package.json')];
  return digest(files.map((file) => `${file.slice(root.length + 1)}\n${readFileSync(file, 'utf8')}`).join('\n'));
}

function compile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sexton-program-'));
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const target = join(directory, 'dist', file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, ts.transpileModule(readFileSync(join(root, 'src', file), 'utf8'), { compilerOptions }).outputText);
  }
  for (const name of ['package.json', 'node_modules', 'crds', 'examples']) symlinkSync(join(root, name), join(directory, name));
  // Another user runs it in one test.
  chmodSync(directory, 0o755);
  return directory;
}

/** The first answer that is neither null, undefined nor false; an error of `look` counts as not yet. */
export async function until<T>(what: string, look: () => T | Promise<T>, limit = 20_000): Promise<Exclude<T, null | undefined | false>> {
  const end = Date.now() + limit;
  let last: unknown = null;
  for (;;) {
    try {
      last = await look();
      if (last !== null && last !== undefined && last !== false) return last as Exclude<T, null | undefined | false>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
