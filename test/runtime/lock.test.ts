import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/runtime/errors.js';
import { type Lock, acquireLock, lockHolder } from '../../src/runtime/lock.js';

const root = join(import.meta.dirname, '../..');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sexton-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function acquire(): Lock {
  const result = acquireLock(directory);
  if ('heldBy' in result) throw new Error(`held by ${result.heldBy}`);
  return result;
}

/** A pid that belonged to a process which has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? 0;
}

describe('acquireLock', () => {
  it('is held by one process until released', () => {
    expect(lockHolder(directory)).toBeNull();
    const lock = acquire();
    expect(acquireLock(directory)).toEqual({ heldBy: process.pid });
    expect(lockHolder(directory)).toBe(process.pid);
    expect(lock.held()).toBe(true);
    lock.release();
    expect(lockHolder(directory)).toBeNull();
    expect(readdirSync(directory)).toEqual([]);
    acquire().release();
  });

  it('takes over the lock of a dead process', async () => {
    writeFileSync(join(directory, 'lock'), JSON.stringify({ pid: await deadPid(), started: 'x/1' }));
    expect(lockHolder(directory)).toBeNull();
    acquire();
    expect(lockHolder(directory)).toBe(process.pid);
    expect(readdirSync(directory)).toEqual(['lock']);
  });

  it('takes over the lock of a process whose pid somebody else has now', () => {
    writeFileSync(join(directory, 'lock'), JSON.stringify({ pid: process.pid, started: 'another boot/1' }));
    expect(lockHolder(directory)).toBeNull();
    expect(acquire().held()).toBe(true);
  });

  it.each(['', '{"pid"', '[]', '{"pid": -1}'])('takes over debris: %j', (content) => {
    writeFileSync(join(directory, 'lock'), content);
    expect(acquire().held()).toBe(true);
  });

  it('survives a process that died in the middle of a takeover', async () => {
    const dead = JSON.stringify({ pid: await deadPid(), started: 'x/1' });
    writeFileSync(join(directory, 'lock'), dead);
    writeFileSync(join(directory, 'lock.takeover'), dead);
    expect(acquire().held()).toBe(true);
    expect(readdirSync(directory)).toEqual(['lock']);
  });

  it('notices that it was lost, and does not release what is not its own', () => {
    const lock = acquire();
    writeFileSync(join(directory, 'lock'), '{"pid":1,"started":"other"}');
    expect(lock.held()).toBe(false);
    lock.release();
    expect(readFileSync(join(directory, 'lock'), 'utf8')).toContain('other');
  });

  it('names the runtime directory that it cannot write', () => {
    const missing = join(directory, 'missing');
    expect(() => acquireLock(missing)).toThrow(ConfigurationError);
    expect(() => acquireLock(missing)).toThrow(`runtimeDir ${missing}`);
  });

  it('of many processes that find a dead lock at once, exactly one gets it', async () => {
    const dead = JSON.stringify({ pid: await deadPid(), started: 'x/1' });
    const rounds = Array.from({ length: 30 }, (_, round) => join(directory, String(round)));
    const program = `
      import { mkdirSync, writeFileSync } from 'node:fs';
      import { acquireLock } from '${root}/src/runtime/lock.js';
      process.stdin.once('data', () => {
        for (const round of ${JSON.stringify(rounds)}) {
          const result = acquireLock(round);
          console.log(round, 'heldBy' in result ? 'no' : 'yes');
        }
        console.log('done');
      });
      console.log('ready');`;
    for (const round of rounds) {
      mkdirSync(round);
      writeFileSync(join(round, 'lock'), dead);
    }
    const children = Array.from({ length: 4 }, () => {
      return spawn(process.execPath, ['--import', './.dev/ts-node.mjs', '--input-type=module', '-e', program], { cwd: root });
    });
    const outputs = children.map(() => '');
    const said = (word: string): Promise<unknown> =>
      Promise.all(
        children.map((child, index) => {
          return new Promise<void>((resolve, reject) => {
            const look = (): void => {
              if (outputs[index]?.includes(word) === true) resolve();
            };
            child.once('exit', (code) => reject(new Error(`a child ended with ${String(code)}`)));
            child.stdout.on('data', look);
            look();
          });
        }),
      );
    children.forEach((child, index) => child.stdout.on('data', (chunk: Buffer) => (outputs[index] = `${outputs[index] ?? ''}${chunk.toString()}`)));
    try {
      await said('ready');
      for (const child of children) child.stdin.write('go\n');
      await said('done');
      // The children live on, so that each lock has a living owner.
      const winners = outputs.join('').split('\n').filter((line) => line.endsWith('yes'));
      expect(winners.map((line) => line.split(' ')[0]).sort()).toEqual([...rounds].sort());
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});
