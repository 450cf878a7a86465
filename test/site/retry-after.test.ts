import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../support/process.js';
import { rows } from '../support/sim.js';
import { openings, ruled, startRuleSite, type RuleSite } from './lock-rule-world.js';

let site: RuleSite | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const scheduled = ruled('gym', 'Gym').replace('method: LockRule', 'method: Schedule, schedule: { name: "Gym hours" }');
const empty = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };

/** A run in which UniFi asks once for a pause of a minute, which both clocks then take. */
async function runThroughPause(on: RuleSite, at: string, match: string): Promise<readonly unknown[]> {
  await on.moveTo(at);
  await on.forgetRequests();
  await on.unifi.sim('/fault', { match, times: 1, status: 429, headers: { 'retry-after': '60' }, body: { code: 'CODE_TOO_MANY', msg: 'slow down' } });
  const run = { over: false };
  const running = on.run('doors').finally(() => (run.over = true));
  await until('the pause', async () => on.clock.timers() > 0 && rows(await on.unifi.sim('/requests')).some(({ status }) => status === 429));
  for (let pauses = 0; !run.over && pauses < 3; pauses += 1) {
    on.clock.advance(61_000);
    await on.unifi.sim('/clock', { now: new Date(on.clock.now()).toISOString() });
    await until('the end of the run, or another pause', () => run.over || on.clock.timers() > 0);
  }
  return running;
}

const slowSite = (): Promise<RuleSite> =>
  startRuleSite({
    files: { 'gym.yaml': scheduled, 'hours.yaml': openings('18:00-20:00 gym') },
    drivenTimers: true,
    unifi: { schedules: [{ id: 's-gym', name: 'Gym hours', weekly: empty }], unlock_schedules: { gym: 's-gym' } },
  });

/** The next rounds, which the backoff would bring. */
async function settle(on: RuleSite): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    await on.run('doors');
    on.clock.advance(61_000);
    await on.unifi.sim('/clock', { now: new Date(on.clock.now()).toISOString() });
  }
}

describe('case 17: UniFi asks for a pause of 60 s at a window\'s end', () => {
  it.each([
    ['before the door is looked at', 'GET .*/lock_rule'],
    ['when the rule is set', 'PUT .*/lock_rule'],
    ['before anything is read', 'GET .*/doors$'],
  ])('%s: a lock rule does not open the door late', async (_, match) => {
    site = await startRuleSite({ files: { 'gym.yaml': ruled('gym', 'Gym'), 'hours.yaml': openings('18:00-20:00 gym') }, drivenTimers: true });
    await runThroughPause(site, '19:59:30', match);
    await settle(site);
    expect(await site.unlocked('gym', '20:00')).toEqual([]);
    expect((await site.rulesSent()).length).toBeLessThanOrEqual(1);
  });

  it('in the middle of a window the rest of it is opened, and not a minute more', async () => {
    site = await startRuleSite({ files: { 'gym.yaml': ruled('gym', 'Gym'), 'hours.yaml': openings('18:00-20:00 gym') }, drivenTimers: true });
    await runThroughPause(site, '19:30', 'PUT .*/lock_rule');
    await settle(site);
    const spans = await site.unlocked('gym');
    expect(spans).toHaveLength(1);
    expect(['20:00', '20:00:01', '20:00:59']).toContain(spans[0]?.slice(-8).replace(/^.*-/, ''));
  });

  it('a rule that is to be shortened ends no later than it was declared before', async () => {
    site = await startRuleSite({ files: { 'gym.yaml': ruled('gym', 'Gym'), 'hours.yaml': openings('18:00-20:00 gym') }, drivenTimers: true });
    await site.runAt('18:00');
    await site.write('hours.yaml', openings('18:00-19:00 gym'));
    await runThroughPause(site, '18:59:30', 'PUT .*/lock_rule');
    await settle(site);
    const ends = (await site.unlocked('gym', '18:00')).map((span) => span.split('-')[1] ?? '');
    expect(ends.every((end) => end < '19:05')).toBe(true);
  });

  it.each(['PUT .*/schedules/', 'GET .*/schedules/', 'POST .*/holiday_groups'])('a program whose %s waits closes when it should', async (match) => {
    site = await slowSite();
    await runThroughPause(site, '19:59:30', match);
    await settle(site);
    expect(await site.unlocked('gym', '18:00')).toEqual(['18:00-20:01']);
    expect(await site.unlocked('gym', '20:01')).toEqual([]);
  });
});

describe('case 17: stopped for an hour between plan and write', () => {
  it('a program is not written from the old plan, but from a fresh look', async () => {
    site = await slowSite();
    const on = site;
    await on.moveTo('19:30');
    await on.run('doors');
    await on.write('hours.yaml', openings('18:00-23:00 gym'));
    await on.forgetRequests();
    // The second reading of the policies is the last one before the write.
    const match = 'GET .*/access_policies$';
    await on.unifi.sim('/fault', { match, times: 1, delayMs: 0 });
    await on.unifi.sim('/fault', { match, times: 1, delayMs: 500 });
    const running = on.run('doors');
    await until('the last look', async () => rows(await on.unifi.sim('/requests')).filter(({ path }) => String(path).endsWith('/access_policies')).length === 2);
    // Meanwhile the hours are taken back.
    await on.write('hours.yaml', openings('18:00-20:00 gym'));
    on.clock.advance(3_600_000);
    expect(await running).toMatchObject([{ code: 'StalePlan' }]);
    expect(await on.writes()).toEqual([]);
    expect(await on.run('doors')).toEqual([]);
    expect(await on.unlocked('gym', '18:00')).toEqual(['18:00-20:01']);
  });
});
