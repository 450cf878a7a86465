import { describe, expect, it } from 'vitest';
import { keepWatchdog } from '../../src/controller/watchdog.js';
import { silentLogger } from '../../src/runtime/log.js';
import type { ServiceManager } from '../../src/runtime/service-manager.js';
import { fakeClock, type FakeClock } from '../support/fake-clock.js';

interface Bench {
  readonly clock: FakeClock;
  readonly told: string[];
  readonly errors: unknown[];
  readonly late: { doors: number; members: number };
  summary: string;
  readonly stop: () => void;
}

function bench(watchdog: number | null): Bench {
  const clock = fakeClock();
  const told: string[] = [];
  const errors: unknown[] = [];
  const late = { doors: 0, members: 0 };
  const manager: ServiceManager = { watchdog, tell: (assignments) => Promise.resolve(void told.push(assignments.join(' '))) };
  const made = { clock, told, errors, late, summary: 'doors: Reconciling' };
  const stop = keepWatchdog({
    manager,
    clock,
    overdue: () => [
      { plane: 'doors', ms: late.doors },
      { plane: 'members', ms: late.members },
    ],
    summary: () => made.summary,
    log: { ...silentLogger, error: (_message, fields) => errors.push(fields) },
  });
  return Object.assign(made, { stop });
}

describe('the watchdog', () => {
  it('is told that the process is ready, and fed four times a period', async () => {
    const { clock, told } = bench(300_000);
    await clock.advance(300_000);
    expect(told).toEqual(['READY=1 STATUS=doors: Reconciling', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  });

  it('is not fed while one plane hangs, and the log names that plane once', async () => {
    const { clock, told, late, errors } = bench(300_000);
    late.members = 300_000;
    await clock.advance(75_000);
    expect(told).toHaveLength(2);
    late.members = 300_001;
    await clock.advance(300_000);
    expect(told).toHaveLength(2);
    expect(errors).toEqual([{ plane: 'members', seconds: 300 }]);
  });

  it('is fed again when the plane gets on after all', async () => {
    const { clock, told, late, errors } = bench(300_000);
    late.doors = 400_000;
    await clock.advance(150_000);
    late.doors = 0;
    await clock.advance(75_000);
    expect(told.slice(1)).toEqual(['WATCHDOG=1']);
    late.doors = 400_000;
    await clock.advance(75_000);
    expect(errors).toHaveLength(2);
  });

  it('hears the summary when it is another one, and the end', async () => {
    const made = bench(4_000);
    made.summary = 'doors ready';
    await made.clock.advance(2_000);
    made.stop();
    await made.clock.advance(60_000);
    expect(made.told).toEqual([
      'READY=1 STATUS=doors: Reconciling',
      'WATCHDOG=1 STATUS=doors ready',
      'WATCHDOG=1',
      'STOPPING=1 STATUS=Finishing the change in flight.',
    ]);
  });

  it('that nobody set up is not fed', async () => {
    const { clock, told } = bench(null);
    await clock.advance(3_600_000);
    expect(told).toHaveLength(1);
  });
});
