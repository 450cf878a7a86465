import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { rows } from '../support/sim.js';
import { condition } from '../support/site.js';
import { header, openings, ruled, startRuleSite, type RuleSite } from './lock-rule-world.js';

let site: RuleSite;
afterEach(async () => {
  await site.close();
});

const gym = { 'doors.yaml': ruled('gym', 'Gym'), 'hours.yaml': openings('18:00-20:00 gym') };
const programmed = async (group = 'gym'): Promise<unknown> => condition(await site.status('DoorGroup', group), 'Programmed');
const rulesFile = (): string => join(site.configuration.stateDir, 'rules.json');

describe('a window by lock rule', () => {
  it('opens at its start, ends by itself, and is written once', async () => {
    site = await startRuleSite({ files: gym });
    expect(await site.runAt('17:00')).toEqual([]);
    expect(await site.rulesSent()).toEqual([]);
    expect(await site.runAt('18:00')).toEqual([]);
    expect(await site.unlocked('gym')).toEqual(['18:00-20:00']);
    expect(await programmed()).toMatchObject({ status: 'True', reason: 'Programmed' });
    const before = await stat(rulesFile());
    for (const time of ['18:00', '18:05', '19:00', '19:59', '20:00', '20:01', '21:00']) expect(await site.runAt(time)).toEqual([]);
    expect(await site.rulesSent()).toEqual(['gym 120']);
    expect((await stat(rulesFile())).mtimeMs).toBe(before.mtimeMs);
  });

  it('is opened late for what is left of it, in whole minutes', async () => {
    site = await startRuleSite({ files: gym });
    await site.runAt('18:10:30');
    expect(await site.rulesSent()).toEqual(['gym 110']);
    expect(await site.unlocked('gym')).toEqual(['18:10:30-20:00:30']);
  });

  it('asks to be woken at its edges', async () => {
    site = await startRuleSite({ files: gym });
    await site.moveTo('17:58');
    const { requeueAfter } = await site.composition.engine.reconcile('doors');
    expect(requeueAfter).toBe(120_000);
  });

  it('is woken for all the same while the schedule of another group cannot be written', async () => {
    const office = `${header('DoorGroup', 'office')}spec:\n  doors: [{ name: Side }]\n  unlock: { method: Schedule, schedule: { name: Office } }\n`;
    const weekly = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
    site = await startRuleSite({ files: { ...gym, 'office.yaml': office, 'hours.yaml': openings('18:00-20:00 gym', '19:00-20:00 office') }, unifi: { schedules: [{ id: 's1', name: 'Office', weekly }] } });
    await site.unifi.sim('/fault', { match: 'PUT .*/schedules/', times: -1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    await site.moveTo('17:58');
    await expect(site.composition.engine.reconcile('doors')).rejects.toMatchObject({ code: 'CODE_SYSTEM_ERROR', dueIn: 120_000 });
    expect(await site.runAt('18:00')).toHaveLength(1);
    expect(await site.unlocked('gym')).toEqual(['18:00-20:00']);
  });

  it.each([
    ['extended', openings('18:00-21:00 gym'), ['18:00-21:00'], ['gym 150']],
    ['shortened', openings('18:00-19:00 gym'), ['18:00-19:00'], ['gym 30']],
    ['shortened to what is past', openings('18:00-18:20 gym'), [], ['gym reset']],
    ['moved away', openings('21:00-22:00 gym'), [], ['gym reset']],
  ])('%s while it is on', async (_name, hours, unlocked, sent) => {
    site = await startRuleSite({ files: gym });
    await site.runAt('18:00');
    await site.forgetRequests();
    await site.write('hours.yaml', hours);
    expect(await site.runAt('18:30')).toEqual([]);
    expect(await site.rulesSent()).toEqual(sent);
    expect(await site.unlocked('gym', '18:31')).toEqual(unlocked.map((span) => span.replace('18:00', '18:31')));
    await site.runAt('18:31');
    expect(await site.rulesSent()).toEqual(sent);
  });

  it('a closure over everything ends it, and taking the closure back opens it again', async () => {
    site = await startRuleSite({ files: gym });
    await site.runAt('18:00');
    await site.write('closed.yaml', `${header('OfficeHours', 'closed')}spec:\n  closures:\n    - { from: "2026-11-21T18:20", to: "2026-11-21T20:00", scope: Everything }\n`);
    await site.runAt('18:30');
    expect(await site.unlocked('gym', '18:31')).toEqual([]);
    await site.write('closed.yaml', `${header('OfficeHours', 'closed')}spec: { closures: [] }\n`);
    await site.runAt('18:40');
    expect(await site.unlocked('gym', '18:41')).toEqual(['18:41-20:00']);
  });

  it('a door of two groups is open when one of them wants it', async () => {
    site = await startRuleSite({
      files: { 'doors.yaml': [ruled('gym', 'Gym'), ruled('all', 'Gym Side')].join('---\n'), 'hours.yaml': openings('18:00-20:00 gym', '19:00-21:00 all') },
    });
    for (const time of ['18:00', '19:00', '20:00', '21:00']) await site.runAt(time);
    expect(await site.rulesSent()).toEqual(['gym 180', 'side 120']);
  });
});

describe('case 15: a person comes first', () => {
  it('who ends a running rule is not overruled within that window, nor after a restart', async () => {
    site = await startRuleSite({ files: { ...gym, 'hours.yaml': openings('18:00-20:00 gym', '21:00-22:00 gym') } });
    await site.runAt('18:00');
    await site.moveTo('18:30');
    await site.person('gym', { type: 'reset' });
    for (const time of ['18:30', '18:35', '19:30']) expect(await site.runAt(time)).toEqual([]);
    await site.restart();
    await site.runAt('19:40');
    expect(await site.unlocked('gym', '18:31', '20:59')).toEqual([]);
    expect(await programmed()).toMatchObject({ status: 'True', reason: 'EndedByPerson' });
    await site.runAt('21:00');
    expect(await site.unlocked('gym', '21:00')).toEqual(['21:00-22:00']);
  });

  it('but a new declaration opens again', async () => {
    site = await startRuleSite({ files: gym });
    await site.runAt('18:00');
    await site.moveTo('18:30');
    await site.person('gym', { type: 'reset' });
    await site.runAt('18:31');
    await site.write('hours.yaml', openings('18:00-21:00 gym'));
    await site.runAt('18:40');
    expect(await site.unlocked('gym', '18:41')).toEqual(['18:41-21:00']);
  });

  it.each([
    ['keep_lock', {}],
    ['keep_unlock', {}],
    ['custom', { interval: 30 }],
    ['lock_now', {}],
  ])('%s stays untouched until it is gone; then a window that was never opened is', async (type, more) => {
    site = await startRuleSite({ files: gym });
    await site.moveTo('17:30');
    await site.person('gym', { type, ...more, ...(type === 'custom' ? { interval: 45 } : {}) });
    await site.forgetRequests();
    for (const time of ['17:45', '18:00', '18:10']) expect(await site.runAt(time)).toEqual([]);
    expect(await site.rulesSent()).toEqual([]);
    expect(await programmed()).toMatchObject({ status: 'True', reason: 'YieldedToPerson' });
    await site.moveTo('18:20');
    if (type !== 'custom') await site.person('gym', { type: 'reset' });
    await site.forgetRequests();
    await site.runAt('18:20');
    expect(await site.rulesSent()).toEqual(['gym 100']);
  });

  it.each(['lock_now', 'lock_early', 'reset'])('a door locked now, read as %s, stays locked within that window', async (reading) => {
    site = await startRuleSite({ files: gym, quirks: { 'lock-now-reads-as': reading, 'idle-lock-rule': 'reset' } });
    await site.runAt('18:00');
    await site.moveTo('18:30');
    await site.person('gym', { type: 'lock_now' });
    for (const time of ['18:30', '18:40', '19:30']) await site.runAt(time);
    expect(await site.unlocked('gym', '18:31')).toEqual([]);
  });

  it.each(['lockdown', 'evacuation'])('nothing is written during %s', async (kind) => {
    site = await startRuleSite({ files: gym });
    await site.unifi.sim('/seed?merge=1', { emergency: { lockdown: kind === 'lockdown', evacuation: kind === 'evacuation' } });
    await site.runAt('18:00');
    await site.write('hours.yaml', openings('18:00-19:00 gym'));
    await site.runAt('18:10');
    expect(await site.rulesSent()).toEqual([]);
    await site.unifi.sim('/seed?merge=1', { emergency: { lockdown: false, evacuation: false } });
    await site.runAt('18:20');
    expect(await site.unlocked('gym', '18:21')).toEqual(['18:21-19:00']);
  });
});

describe('memory', () => {
  it.each([
    ['gone', async () => rm(rulesFile())],
    ['damaged', async () => writeFile(rulesFile(), '{ "version": 1, "doors": {')],
  ])('that is %s makes a running rule a person\'s, which expires; the window is not opened again, the next one is', async (_name, lose) => {
    site = await startRuleSite({ files: { ...gym, 'hours.yaml': openings('18:00-20:00 gym', '21:00-22:00 gym') } });
    await site.runAt('18:00');
    await lose();
    await site.moveTo('18:30');
    await site.restart();
    expect(site.composition.lost.join()).toContain('rules.json');
    await site.forgetRequests();
    await site.write('hours.yaml', openings('18:00-19:00 gym', '21:00-22:00 gym'));
    await site.runAt('18:31');
    expect(await programmed()).toMatchObject({ reason: 'YieldedToPerson' });
    await site.person('gym', { type: 'reset' });
    await site.forgetRequests();
    await site.runAt('18:40');
    expect(await site.rulesSent()).toEqual([]);
    expect(await site.unlocked('gym', '18:41')).toEqual([]);
    await site.runAt('21:00');
    expect(await site.rulesSent()).toEqual(['gym 60']);
  });

  it('names no person and no event, only references', async () => {
    site = await startRuleSite({ files: gym });
    await site.runAt('18:00');
    expect(JSON.parse(await readFile(rulesFile(), 'utf8'))).toMatchObject({
      version: 1,
      doors: { gym: { doorGroups: ['gym'], window: { causes: ['opening OfficeHours/once'] }, stopped: null } },
    });
  });
});

describe('a group that goes', () => {
  it.each([
    ['Lock', []],
    ['Orphan', ['18:31-20:00']],
  ])('with deletionPolicy %s', async (policy, left) => {
    site = await startRuleSite({ files: { 'doors.yaml': [ruled('gym', 'Gym', `  deletionPolicy: ${policy}\n`), ruled('side', 'Side')].join('---\n'), 'hours.yaml': openings('18:00-20:00 gym') } });
    await site.runAt('18:00');
    await site.write('doors.yaml', ruled('side', 'Side'));
    await site.runAt('18:30');
    site.clock.advance(11_000);
    await site.run('doors');
    expect(await site.unlocked('gym', '18:31')).toEqual(left);
  });

  it('to another method ends its rule too', async () => {
    site = await startRuleSite({ files: gym });
    await site.runAt('18:00');
    await site.write('doors.yaml', ruled('gym', 'Gym').replace('LockRule', 'None'));
    await site.runAt('18:30');
    expect(await site.unlocked('gym', '18:31')).toEqual([]);
  });

  it('a suspended group keeps what is open, and opens nothing', async () => {
    site = await startRuleSite({ files: { ...gym, 'hours.yaml': openings('18:00-20:00 gym', '21:00-22:00 gym') } });
    await site.runAt('18:00');
    await site.forgetRequests();
    await site.write('doors.yaml', ruled('gym', 'Gym', '  suspend: true\n'));
    for (const time of ['18:30', '20:00', '21:00', '21:30']) await site.runAt(time);
    expect(await site.rulesSent()).toEqual([]);
  });
});

describe('hubs as they are', () => {
  it.each(['25', '60', '100'])('one that takes at most %s minutes is renewed until the end, and no longer', async (most) => {
    site = await startRuleSite({ files: gym, quirks: { 'max-interval': most } });
    await site.moveTo('18:00');
    let open = 0;
    // From one wake-up that it asks for to the next, as the daemon does.
    while (site.clock.now() < Date.parse('2026-11-21T20:05:00Z')) {
      const { requeueAfter = 60_000 } = await site.composition.engine.reconcile('doors');
      const from = site.clock.now();
      site.clock.advance(requeueAfter);
      const doors = rows(await site.unifi.sim(`/doors?from=${new Date(from).toISOString()}&to=${new Date(site.clock.now()).toISOString()}`));
      for (const span of rows(doors[0]?.['unlocked'])) open += Date.parse(String(span['to'])) - Date.parse(String(span['from']));
      await site.unifi.sim('/clock', { now: new Date(site.clock.now()).toISOString() });
    }
    expect(open).toBeGreaterThanOrEqual(120 * 60_000);
    expect(open).toBeLessThan(121 * 60_000);
  }, 60_000);

  it('one without lock rules is a condition on its group; the others open', async () => {
    site = await startRuleSite({
      files: { 'doors.yaml': [ruled('gym', 'Gym'), ruled('side', 'Side')].join('---\n'), 'hours.yaml': openings('18:00-20:00 gym', '18:00-20:00 side') },
      unifi: { doors: [{ id: 'gym', name: 'Gym', supports_lock_rule: false }, { id: 'side', name: 'Side' }] },
    });
    expect(await site.runAt('18:00')).toEqual([]);
    expect(await programmed()).toMatchObject({ status: 'False', reason: 'LockRuleUnsupported' });
    expect(condition(await site.status('DoorGroup', 'gym'), 'Stalled')).toMatchObject({ status: 'True' });
    expect(await site.unlocked('side')).toEqual(['18:00-20:00']);
  });

  it('one that is offline is tried again each minute', async () => {
    site = await startRuleSite({ files: gym, unifi: { doors: [{ id: 'gym', name: 'Gym', is_online: false }] } });
    await site.moveTo('18:00');
    expect((await site.composition.engine.reconcile('doors')).requeueAfter).toBe(60_000);
    expect(await programmed()).toMatchObject({ status: 'False', reason: 'WriteFailed' });
    await site.unifi.sim('/seed?merge=1', { doors: [{ id: 'gym', name: 'Gym', is_online: true }] });
    await site.runAt('18:01');
    expect(await site.unlocked('gym')).toEqual(['18:01-20:00']);
  });

  it.each(['resume', 'lock'])('a schedule of somebody else\'s is not written over (reset within it: %s)', async (reset) => {
    const range = [{ start_time: '17:30:00', end_time: '22:00:59' }];
    site = await startRuleSite({
      files: gym,
      quirks: { 'reset-in-schedule': reset },
      unifi: {
        schedules: [{ id: 'foreign', name: 'Foreign', weekly: { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: range, sunday: [] } }],
        unlock_schedules: { gym: 'foreign' },
      },
    });
    await site.runAt('18:00');
    expect(await site.rulesSent()).toEqual([]);
    await site.runAt('20:30');
    expect(condition(await site.status('DoorGroup', 'gym'), 'Following')).toMatchObject({ status: 'False', reason: 'ForeignSchedule' });
    expect(await site.rulesSent()).toEqual([]);
  });

  it.each([
    ['extend', 'resume'],
    ['replace', 'resume'],
    ['extend', 'lock'],
  ])('ending our own rule within a foreign schedule (custom: %s, reset: %s) sends one reset and says what holds the door', async (over, reset) => {
    const range = [{ start_time: '18:10:00', end_time: '22:00:59' }];
    site = await startRuleSite({
      files: gym,
      quirks: { 'reset-in-schedule': reset, 'custom-over-schedule': over },
      unifi: {
        schedules: [{ id: 'foreign', name: 'Foreign', weekly: { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: range, sunday: [] } }],
        unlock_schedules: { gym: 'foreign' },
      },
    });
    await site.runAt('18:00');
    await site.write('hours.yaml', openings('18:00-18:20 gym'));
    await site.runAt('18:30');
    await site.runAt('18:40');
    expect(await site.rulesSent()).toEqual(['gym 120', 'gym reset']);
    const following = condition(await site.status('DoorGroup', 'gym'), 'Following');
    if (reset === 'resume') expect(following).toMatchObject({ status: 'False', reason: 'ForeignSchedule' });
    else expect(await site.unlocked('gym', '18:41', '22:00')).toEqual([]);
  }, 20_000);
});

describe('case 17: time passes between looking and writing', () => {
  it.each([
    ['past the window\'s end', '19:59', 3_600_000, 'Overtaken'],
    ['for an hour within the window', '18:30', 3_600_000, 'StalePlan'],
    ['for half a minute', '18:30', 30_000, null],
  ])('a stop %s between remembering and writing sends nothing that is too long', async (_name, time, pause, code) => {
    site = await startRuleSite({ files: { ...gym, 'hours.yaml': openings('18:00-20:00 gym') } });
    await site.moveTo(time);
    const inner = site.composition.deps.rules;
    let stopped = false;
    Object.assign(site.composition.deps, {
      rules: {
        lostSince: null,
        of: (id) => inner.of(id),
        doorIds: () => inner.doorIds(),
        learn: (...args: Parameters<typeof inner.learn>) => inner.learn(...args),
        flush: () => inner.flush(),
        remember: async (...args: Parameters<typeof inner.remember>) => {
          await inner.remember(...args);
          if (stopped) return;
          stopped = true;
          site.clock.advance(pause);
          await site.unifi.sim('/clock', { now: new Date(site.clock.now()).toISOString() });
        },
      } satisfies typeof inner,
    });
    const errors = await site.run('doors');
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual(code === null ? [] : ['StalePlan']);
    expect(await site.rulesSent()).toEqual(code === null ? ['gym 90'] : []);
    await site.run('doors');
    expect((await site.unlocked('gym')).every((span) => span.endsWith('-20:00') || span.endsWith('-20:00:30'))).toBe(true);
  });

  it('a dry run shows the rule and writes none', async () => {
    site = await startRuleSite({ files: gym, mode: 'DryRun' });
    await site.runAt('18:00');
    expect(await site.rulesSent()).toEqual([]);
    expect(site.composition.engine.view().diff.planes[0]?.changes).toContainEqual(expect.objectContaining({ verb: 'program', object: { kind: 'LockRule', id: 'gym', name: 'Gym' } }));
  });
});
