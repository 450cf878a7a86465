import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyLockRules, type RuledDoor } from '../../src/apply/doors/lock-rules.js';
import { openRuleMemory, type RuleMemories } from '../../src/apply/doors/rule-memory.js';
import { clockAt } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/log.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import type { AccessController } from '../../src/unifi/access-controller.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { rows, startTestSimulator, type TestSimulator } from '../support/sim.js';

const at = (time: string): number => Date.parse(`2026-11-21T${time}:00Z`);
const iso = (time: string): string => new Date(at(time)).toISOString();

let unifi: TestSimulator;
let client: ReturnType<typeof createUnifiClient>;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sexton-rules-'));
  unifi = await startTestSimulator(unifiDefinition, { seed: { doors: [{ id: 'gym', name: 'Gym' }] }, now: at('18:00') });
  client = createUnifiClient({ url: unifi.listening, token: 'sim-unifi-token', fingerprint: unifi.fingerprint ?? '', clock: clockAt(0, false), log: silentLogger });
});
afterEach(async () => {
  client.close();
  await unifi.close();
  await rm(directory, { recursive: true, force: true });
});

const door = (from?: string, to?: string): RuledDoor => ({
  id: 'gym',
  name: 'Gym',
  hasHub: true,
  doorGroups: ['gym'],
  windows: from === undefined || to === undefined ? [] : [{ start: at(from), end: at(to), causes: [{ kind: 'opening', ref: 'OfficeHours/once', text: '' }] }],
  frozen: [],
  endsKnown: true,
  orphan: false,
  scheduled: false,
});

/** A process that starts, runs once at that time and is gone. */
async function runOnce(time: string, wanted: RuledDoor, through: (parts: Parts) => Parts = (parts) => parts): Promise<string> {
  await unifi.sim('/clock', { now: iso(time) });
  const { rules } = await openRuleMemory({ path: join(directory, 'rules.json'), writable: true, fresh: true, now: at(time), onDiskWrite: () => undefined });
  const parts = through({ unifi: client, rules });
  const [outcome] = await applyLockRules([wanted], { ...parts, clock: clockAt(at(time), false), checkpoint: () => undefined, write: true, onRecord: (_, carryOut) => carryOut() });
  return outcome?.state ?? '';
}

interface Parts {
  readonly unifi: AccessController;
  readonly rules: RuleMemories;
}

class Killed extends Error {}

/** Once it is dead, a process does nothing any more, whatever its code goes on to try. */
function killedAt(point: string): (parts: Parts) => Parts {
  let dead = false;
  let written = 0;
  const die = (): never => {
    dead = true;
    throw new Killed(point);
  };
  const alive = (): void => {
    if (dead) throw new Killed('dead');
  };
  return ({ unifi: real, rules }) => ({
    unifi: {
      ...real,
      getLockRule: async (id) => {
        alive();
        if (point === 'read back' && written > 0) die();
        return real.getLockRule(id);
      },
      setLockRule: async (id, rule) => {
        alive();
        if (point === 'before the write') die();
        await real.setLockRule(id, rule);
        written += 1;
        if (point === 'before its answer') die();
      },
    },
    rules: {
      lostSince: null,
      of: (id) => rules.of(id),
      doorIds: () => rules.doorIds(),
      remember: async (id, memory) => {
        alive();
        if (point === 'before it remembers') die();
        if (point === 'before it confirms' && written > 0) die();
        await rules.remember(id, memory);
      },
      learn: async (id, memory) => {
        alive();
        if (point === 'before it confirms' && written > 0) die();
        await rules.learn(id, memory);
      },
      flush: () => rules.flush(),
    },
  });
}

async function unlocked(from: string, to = '23:59'): Promise<readonly string[]> {
  const [gym] = rows(await unifi.sim(`/doors?from=${iso(from)}&to=${iso(to)}`));
  return rows(gym?.['unlocked']).map((span) => `${String(span['from']).slice(11, 16)}-${String(span['to']).slice(11, 16)}`);
}

const points = ['before it remembers', 'before the write', 'before its answer', 'read back', 'before it confirms'] as const;

describe.each(points)('case 12, lock rules: killed %s', (point) => {
  it('at a window\'s start: the door is never open beyond it; a restart opens it for the rest, once', async () => {
    await runOnce('18:00', door('18:00', '20:00'), killedAt(point));
    const alone = await unlocked('18:00');
    expect(alone.length === 0 || alone[0] === '18:00-20:00').toBe(true);
    expect(await runOnce('18:02', door('18:00', '20:00'))).toBe('Held');
    expect(await unlocked('18:02')).toEqual(['18:02-20:00']);
    await unifi.remove('/requests');
    expect(await runOnce('18:03', door('18:00', '20:00'))).toBe('Held');
    expect(rows(await unifi.sim('/requests')).filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await runOnce('20:00', door('18:00', '20:00'))).not.toBe('Failed');
    expect(await unlocked('20:00')).toEqual([]);
  });

  it.each([
    ['longer', '21:00', ['18:32-21:00']],
    ['shorter', '19:00', ['18:32-19:00']],
    ['gone', undefined, []],
  ])('while the window becomes %s: the next start makes it so', async (_name, to, after) => {
    await runOnce('18:00', door('18:00', '20:00'));
    await runOnce('18:30', door('18:00', to), killedAt(point));
    expect((await unlocked('18:31')).every((span) => span <= (to === '21:00' ? '18:31-21:00' : '18:31-20:00'))).toBe(true);
    await runOnce('18:32', door('18:00', to));
    expect(await unlocked('18:32')).toEqual(after);
  });

  it('while a closure ends the rule: once it is withdrawn, the next start opens what is left', async () => {
    await runOnce('18:00', door('18:00', '20:00'));
    await runOnce('18:30', door(), killedAt(point));
    expect(await runOnce('18:32', door('18:00', '20:00'))).toBe('Held');
    expect(await unlocked('18:32')).toEqual(['18:32-20:00']);
  });

  it('once a person has ended the rule, no start opens that window again', async () => {
    await runOnce('18:00', door('18:00', '20:00'));
    await unifi.sim('/clock', { now: iso('18:20') });
    await client.setLockRule('gym', { type: 'reset' });
    await runOnce('18:30', door('18:00', '20:00'), killedAt(point));
    expect(await runOnce('18:40', door('18:00', '20:00'))).toBe('EndedByPerson');
    expect(await unlocked('18:21')).toEqual([]);
  });
});

it('an answer that is lost on the way is confirmed by looking', async () => {
  await unifi.sim('/fault', { match: 'PUT .*lock_rule', truncateBytes: 3 });
  expect(await runOnce('18:00', door('18:00', '20:00'))).toBe('Failed');
  expect(await runOnce('18:01', door('18:00', '20:00'))).toBe('Held');
  const sent = rows(await unifi.sim('/requests')).filter(({ method }) => method !== 'GET');
  expect(sent).toHaveLength(1);
  expect(await unlocked('18:01')).toEqual(['18:01-20:00']);
});

it('an end that was refused, and then not wanted any more, is forgotten: a person may end that rule still', async () => {
  await runOnce('18:00', door('18:00', '20:00'));
  await unifi.sim('/fault', { match: 'PUT .*lock_rule', times: 1, status: 503, body: 'busy' });
  expect(await runOnce('18:30', door())).toBe('Failed');
  expect(await runOnce('18:31', door('18:00', '20:00'))).toBe('Held');
  await client.setLockRule('gym', { type: 'reset' });
  expect(await runOnce('18:32', door('18:00', '20:00'))).toBe('EndedByPerson');
  expect(await unlocked('18:32')).toEqual([]);
});

it('a refused extension leaves the running rule ours', async () => {
  await runOnce('18:00', door('18:00', '20:00'));
  await unifi.sim('/fault', { match: 'PUT .*lock_rule', times: 1, code: 'CODE_DEVICE_DEVICE_OFFLINE' });
  expect(await runOnce('18:30', door('18:00', '21:00'))).toBe('Offline');
  expect(await runOnce('18:31', door())).toBe('Idle');
  expect(await unlocked('18:31')).toEqual([]);
});

it('a token without the scope is told, and nothing is remembered as sent', async () => {
  await unifi.sim('/fault', { match: 'PUT .*lock_rule', times: -1, code: 'CODE_UNAUTHORIZED' });
  expect(await runOnce('18:00', door('18:00', '20:00'))).toBe('Failed');
  const { rules } = await openRuleMemory({ path: join(directory, 'rules.json'), writable: true, fresh: true, now: at('18:01'), onDiskWrite: () => undefined });
  expect(rules.of('gym')).toBeNull();
});
