import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createMachine, machinePrefix, preparedDebian, removeLeftMachines, type Machine } from '../support/machine.js';

const { root } = preparedDebian();

describe.skipIf(root === null)('a container that a killed test run left behind', { timeout: 120_000 }, () => {
  const machines: Machine[] = [];
  afterEach(async () => {
    for (const machine of machines.splice(0)) await machine.remove();
  });

  it('is ended by the next one, with its mount and its directory; that of a run that goes on is left alone', async () => {
    const owner = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const left = createMachine(root ?? '', machinePrefix(owner.pid ?? 0));
    const ours = createMachine(root ?? '');
    machines.push(left, ours);
    for (const machine of machines) await machine.boot();
    const scratch = dirname(left.path('/'));
    await left.must('sleep 1000 >/dev/null 2>&1 &');
    expect(removeLeftMachines()).toEqual([]);

    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(removeLeftMachines()).toEqual([scratch]);
    expect(existsSync(scratch)).toBe(false);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(scratch);
    await expect(left.must('true')).rejects.toThrow();
    expect((await ours.must('systemctl is-system-running || true')).trim()).toMatch(/^(running|degraded)$/);
    expect(removeLeftMachines()).toEqual([]);
  });
});
