import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { call } from '../support/sim.js';
import { doorGroup, makeSite } from './harness.js';

const root = join(import.meta.dirname, '../..');
const running: ChildProcess[] = [];
const directories: string[] = [];
afterAll(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

interface Child {
  readonly process: ChildProcess;
  /** Resolves when stdout holds the text. */
  said(text: string): Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly out: string; readonly err: string }>;
}

/** The real command in a process of its own. */
function sexton(words: readonly string[], environment: Readonly<Record<string, string>> = {}, trace = ''): Child {
  const node = ['--import', './.dev/ts-node.mjs', ...(trace === '' ? [] : ['--import', trace])];
  const child = spawn(process.execPath, [...node, 'src/sexton.ts', ...words], { cwd: root, env: { ...process.env, ...environment } });
  running.push(child);
  let [out, err] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Awaited<Child['ended']>>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, out, err })));
  const said = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (out.includes(text)) resolve(out);
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without saying ${text}: ${err}`)));
    });
  return { process: child, said, ended };
}

describe.concurrent('the process', () => {
  it('sim prints one line when it listens, answers, and ends with 0 on SIGTERM', async () => {
    const child = sexton(['sim', 'unifi', '--port', '0', '--now', '2026-11-21T18:00:00Z']);
    const [line = ''] = (await child.said('\n')).split('\n');
    const started = JSON.parse(line) as { readonly kind: string; readonly listening: string; readonly fingerprint: string };
    expect(Object.keys(started)).toEqual(['kind', 'listening', 'fingerprint']);
    expect(started.listening).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(started.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    const state = (await call(`${started.listening}/_sim/state`)).json as { readonly now: string };
    expect(Date.parse(state.now)).toBe(Date.parse('2026-11-21T18:00:00Z'));
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 0, out: `${line}\n` });
  });

  it('-w ends with 130 on ^C; no client, time or log library is loaded for it', async () => {
    const site = makeSite();
    directories.push(site.root);
    site.write('resources/doors.yaml', doorGroup('gym'));
    const load = 'export async function load(u, c, n) { process._rawDebug("loaded " + u); return n(u, c); }';
    const trace = `data:text/javascript,import{register}from"node:module";register(${JSON.stringify(`data:text/javascript,${load}`)})`;
    const child = sexton(['get', 'dg', '-w'], { SEXTON_CONFIG: join(site.root, 'sexton.yaml') }, trace);
    await child.said('gym');
    child.process.kill('SIGINT');
    const { code, err } = await child.ended;
    expect(code).toBe(130);
    expect(err).toContain('loaded file:');
    expect(err).not.toMatch(/node_modules\/(luxon|got|hono|winston|prom-client|ts-node\/dist\/index)\//);
  });

  it.runIf(existsSync('/dev/full'))('output that cannot be written is no success', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['--import', './.dev/ts-node.mjs', 'src/sexton.ts', 'explain', 'dg'], { cwd: root, stdio: ['ignore', full, 'pipe'] });
    running.push(child);
    let err = '';
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    closeSync(full);
    expect([code, err]).toEqual([1, 'the output cannot be written (ENOSPC): it is not whole\n']);
  });

  it('a reader that stops early ends it quietly', async () => {
    const child = sexton(['explain', 'dg']);
    child.process.stdout?.destroy();
    expect(await child.ended).toMatchObject({ code: 0, err: '' });
  });

  it('an error is one sentence on stderr, without a stack', async () => {
    const { code, out, err } = await sexton(['get', 'dg'], { SEXTON_CONFIG: '/nowhere.yaml' }).ended;
    expect([code, out]).toEqual([78, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
