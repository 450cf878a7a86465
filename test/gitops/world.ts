import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfiguration } from '../../src/runtime/config.js';
import type { Configuration } from '../../src/runtime/config.js';
import { doorGroup, runCommandLine, type Ran } from '../cli/harness.js';

const plainGit = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', PATH: process.env['PATH'] ?? '' };

export function git(cwd: string, ...words: readonly string[]): string {
  return execFileSync('git', words, { cwd, env: { ...plainGit, HOME: cwd }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** An operator's clone, the bare repository it pushes to, and a machine that pulls from there. */
export class GitWorld {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'sexton-git-')));
  readonly remote = join(this.root, 'remote.git');
  readonly clone = join(this.root, 'clone');
  readonly resources = join(this.root, 'resources');
  readonly stateDir = join(this.root, 'state');
  readonly runtimeDir = join(this.root, 'run');
  readonly configFile = join(this.root, 'sexton.yaml');
  environment: Readonly<Record<string, string>> = {};
  #minute = 0;

  constructor(gitOps: Readonly<Record<string, unknown>> = {}) {
    git(this.root, 'init', '--quiet', '--bare', '--initial-branch=main', this.remote);
    git(this.root, 'init', '--quiet', '--initial-branch=main', this.clone);
    for (const [key, value] of [['user.name', 'Ada Lovelace'], ['user.email', 'ada@example.org'], ['commit.gpgsign', 'false'], ['core.autocrlf', 'false']]) {
      git(this.clone, 'config', key ?? '', value ?? '');
    }
    git(this.clone, 'remote', 'add', 'origin', this.remote);
    this.configure(gitOps);
  }

  /** As it stands under `gitOps`; the URL is the bare repository's when none is given. */
  configure(gitOps: Readonly<Record<string, unknown>>): void {
    writeFileSync(
      this.configFile,
      `apiVersion: config.sexton.dev/v1alpha1
kind: SextonConfiguration
site: first-church
timeZone: America/New_York
mode: Apply
resources: ${this.resources}
stateDir: ${this.stateDir}
runtimeDir: ${this.runtimeDir}
unifi: { url: "https://127.0.0.1:1" }
gitOps: ${JSON.stringify({ url: `file://${this.remote}`, ...gitOps })}
`,
    );
  }

  configuration(): Configuration {
    const { config, problems } = loadConfiguration(this.configFile);
    if (config === undefined) throw new Error(JSON.stringify(problems));
    return config;
  }

  /** Commits these files (null: removes one) and pushes. The new commit. */
  push(files: Readonly<Record<string, string | Buffer | null>>, ...words: readonly string[]): string {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.clone, name);
      if (content === null) rmSync(path, { recursive: true });
      else {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, content);
      }
    }
    return this.commit(...words);
  }

  /** Commits what stands in the clone, each a minute after the one before, and pushes. */
  commit(...words: readonly string[]): string {
    git(this.clone, 'add', '--all');
    this.#minute += 1;
    const date = new Date(Date.UTC(2026, 10, 21, 10, this.#minute)).toISOString();
    execFileSync('git', ['commit', '--quiet', '--allow-empty', '--date', date, '-m', `change ${this.#minute} for Grace Hopper`, ...words], {
      cwd: this.clone,
      env: { ...plainGit, HOME: this.root, GIT_COMMITTER_DATE: date },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    git(this.clone, 'push', '--quiet', '--force', 'origin', 'HEAD:main');
    return this.head();
  }

  head(): string {
    return git(this.clone, 'rev-parse', 'HEAD');
  }

  async pull(...words: readonly string[]): Promise<Ran> {
    return runCommandLine(['--config', this.configFile, 'pull', ...words], { environment: { PATH: plainGit.PATH, ...this.environment } });
  }

  run(...words: readonly string[]): Promise<Ran> {
    return runCommandLine(['--config', this.configFile, ...words], { environment: this.environment });
  }

  /** Resource files that are served, with their content. */
  served(): Readonly<Record<string, string>> {
    const names = readdirSync(this.resources, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name) && !name.endsWith('.status.yaml'));
    return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(this.resources, name), 'utf8')]));
  }

  state(): { readonly refused: Readonly<Record<string, unknown>> | null } | null {
    const path = join(this.stateDir, 'gitops.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { readonly refused: Readonly<Record<string, unknown>> | null }) : null;
  }

  /** What tells that nothing was written: every entry below, with its times and size. */
  fingerprint(...directories: readonly string[]): string {
    return directories
      .flatMap((directory) => [directory, ...readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name))])
      .map((path) => {
        const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? { ino: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n };
        return `${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
      })
      .join('\n');
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  end(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export const lobby = doorGroup('lobby');
export const gym = doorGroup('gym');
