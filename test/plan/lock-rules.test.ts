import { describe, expect, it } from 'vitest';
import { decideRule, ruleMinutes, unconfirmedMemory, type RuleInputs, type RuleMemory } from '../../src/plan/doors/lock-rules.js';
import type { Window } from '../../src/desired/windows.js';

const at = (time: string): number => Date.parse(`2026-11-21T${time.length === 5 ? `${time}:00` : time}Z`);
const window = (from: string, to: string, ...refs: readonly string[]): Window => ({
  start: at(from),
  end: at(to),
  causes: (refs.length === 0 ? ['event/1@2026-11-21T18:00:00Z'] : refs).map((ref) => ({ kind: 'event', ref, text: ref })),
});
const evening = window('18:00', '20:00');
const held: RuleMemory = {
  doorGroups: ['gym'],
  window: { start: at('18:00'), end: at('20:00'), causes: ['event event/1@2026-11-21T18:00:00Z'] },
  sentAt: at('18:00'),
  expected: at('20:00'),
  endedTime: at('20:00') / 1000,
  longest: null,
  stopped: null,
  before: null,
  endingSince: null,
};
const idle = { type: '', endedTime: 0 };
const custom = (until: string): RuleInputs['rule'] => ({ type: 'custom', endedTime: at(until) / 1000 });
const inputs = (now: string, changes: Partial<RuleInputs> = {}): RuleInputs => ({
  now: at(now),
  windows: [evening],
  frozen: [],
  endsKnown: true,
  orphan: false,
  doorGroups: ['gym'],
  memory: null,
  lostSince: null,
  rule: idle,
  emergency: { lockdown: false, evacuation: false },
  ...changes,
});
const decided = (now: string, changes: Partial<RuleInputs> = {}): string => {
  const decision = decideRule(inputs(now, changes));
  if (decision.action === 'set') return `set until ${new Date(decision.window.end).toISOString().slice(11, 16)}`;
  if (decision.action === 'reset') return 'reset';
  const stopped = decision.memory?.stopped;
  return stopped == null ? decision.state : `${decision.state} (${stopped})`;
};

describe('minutes of a custom rule', () => {
  it.each([
    ['18:00', null, 120],
    ['18:00:01', null, 120],
    ['18:01:00', null, 119],
    ['19:59:59', null, 1],
    ['18:00', 45, 45],
    ['19:30', 45, 30],
  ])('at %s of a window to 20:00, at most %s: %s', (now, longest, minutes) => {
    expect(ruleMinutes(at('20:00'), at(now), longest)).toBe(minutes);
  });
});

describe('what a door needs', () => {
  it.each<[string, string, string, Partial<RuleInputs>]>([
    ['before its window', '17:59:59', 'Idle', {}],
    ['from its first moment', '18:00', 'set until 20:00', {}],
    ['late in it', '19:59:58', 'set until 20:00', {}],
    ['at its end', '20:00', 'Idle', {}],
    ['idle by another word', '18:30', 'set until 20:00', { rule: { type: 'reset', endedTime: 0 } }],
    ['our rule runs', '18:30', 'Held', { memory: held, rule: custom('20:00') }],
    ['our rule, two seconds off', '18:30', 'Held', { memory: held, rule: custom('20:00:02') }],
    ['custom, three seconds off', '18:30', 'YieldedToPerson (Person)', { memory: held, rule: custom('20:00:03') }],
    ['a custom rule without memory', '18:30', 'YieldedToPerson', { rule: custom('20:00') }],
    ['keep_lock', '18:30', 'YieldedToPerson', { rule: { type: 'keep_lock', endedTime: 3e9 } }],
    ['keep_unlock', '18:30', 'YieldedToPerson', { rule: { type: 'keep_unlock', endedTime: 3e9 } }],
    ['lock_now', '18:30', 'YieldedToPerson', { rule: { type: 'lock_now', endedTime: 0 } }],
    ['lock_early', '18:30', 'YieldedToPerson', { rule: { type: 'lock_early', endedTime: 0 } }],
    ['a word nobody knows', '18:30', 'YieldedToPerson', { rule: { type: 'party_mode', endedTime: 0 } }],
    ['a schedule holds it', '18:30', 'Schedule', { rule: { type: 'schedule', endedTime: 0 } }],
    ['lockdown', '18:30', 'Emergency', { emergency: { lockdown: true, evacuation: false } }],
    ['evacuation', '18:30', 'Emergency', { emergency: { lockdown: false, evacuation: true } }],
    ['evacuation while ours should end', '18:30', 'Emergency', { memory: held, rule: custom('20:00'), windows: [], emergency: { lockdown: false, evacuation: true } }],
    ['ours has vanished', '18:30', 'EndedByPerson (Person)', { memory: held }],
    ['ours became shorter', '18:30', 'YieldedToPerson (Person)', { memory: held, rule: custom('19:00') }],
    ['ours vanished in its last seconds', '19:59:55', 'Held', { memory: held }],
    ['extended by an hour', '18:30', 'set until 21:00', { memory: held, rule: custom('20:00'), windows: [window('18:00', '21:00')] }],
    ['extended by a minute', '18:30', 'Held', { memory: held, rule: custom('20:00'), windows: [window('18:00', '20:01')] }],
    ['shortened', '18:30', 'set until 19:00', { memory: held, rule: custom('20:00'), windows: [window('18:00', '19:00')] }],
    ['shortened into the past', '18:30', 'reset', { memory: held, rule: custom('20:00'), windows: [window('18:00', '18:20')] }],
    ['removed', '18:30', 'reset', { memory: held, rule: custom('20:00'), windows: [] }],
    ['removed, rule gone too', '18:30', 'Idle (Person)', { memory: held, windows: [] }],
    ['removed, Orphan', '18:30', 'Idle', { memory: held, rule: custom('20:00'), windows: [], orphan: true }],
    ['removed, another rule', '18:30', 'YieldedToPerson (Person)', { memory: held, rule: custom('22:00'), windows: [] }],
    ['removed, source unread', '18:30', 'Held', { memory: held, rule: custom('20:00'), windows: [], endsKnown: false }],
    ['shortened, source unread', '18:30', 'Held', { memory: held, rule: custom('20:00'), windows: [window('18:00', '19:00')], endsKnown: false }],
    ['over, the minute runs out', '20:00:20', 'Held', { memory: { ...held, expected: at('20:00:40'), endedTime: at('20:00:40') / 1000 }, rule: custom('20:00:40') }],
    ['over, and far too long', '20:00:20', 'reset', { memory: { ...held, expected: at('21:00'), endedTime: at('21:00') / 1000 }, rule: custom('21:00') }],
    ['carried out far too late', '18:30', 'set until 20:00', { memory: { ...held, expected: at('20:05'), endedTime: at('20:05') / 1000 }, rule: custom('20:05') }],
    ['the next window', '21:00', 'set until 22:00', { memory: held, windows: [evening, window('21:00', '22:00')] }],
    ['suspended: no opening', '18:30', 'Idle', { windows: [], frozen: [evening] }],
    ['suspended: stays open', '18:30', 'Held', { memory: held, rule: custom('20:00'), windows: [], frozen: [evening] }],
    ['suspended: no extension', '18:30', 'Held', { memory: held, rule: custom('20:00'), windows: [], frozen: [window('18:00', '21:00')] }],
    ['suspended: shortened', '18:30', 'set until 19:00', { memory: held, rule: custom('20:00'), windows: [], frozen: [window('18:00', '19:00')] }],
    ['memory lost before the window', '18:30', 'set until 20:00', { lostSince: at('17:00') }],
    ['memory lost within the window', '18:30', 'EndedByPerson (MemoryLost)', { lostSince: at('18:10') }],
  ])('%s', (_name, now, expected, changes) => {
    expect(decided(now, changes)).toBe(expected);
  });

  const ended: RuleMemory = { ...held, stopped: 'Person' };
  it.each<[string, string, string, Partial<RuleInputs>]>([
    ['stays closed', '19:00', 'EndedByPerson (Person)', {}],
    ['a later end is a new declaration', '19:00', 'set until 21:00', { windows: [window('18:00', '21:00')] }],
    ['an earlier end is none', '19:00', 'EndedByPerson (Person)', { windows: [window('18:00', '19:30')] }],
    ['another cause is one', '19:00', 'set until 20:00', { windows: [window('18:00', '20:00', 'event/1@2026-11-21T18:00:00Z', 'event/2@2026-11-21T18:30:00Z')] }],
    ['an earlier start is none', '19:00', 'EndedByPerson (Person)', { windows: [window('17:00', '20:00')] }],
    ['the next window opens', '21:00', 'set until 22:00', { windows: [window('21:00', '22:00')] }],
    ['also after a glitch', '19:00', 'Idle (Person)', { windows: [] }],
  ])('a window that a person has ended: %s', (_name, now, expected, changes) => {
    expect(decided(now, { memory: ended, ...changes })).toBe(expected);
  });

  const ending: RuleMemory = { ...held, endingSince: at('18:30') };
  it.each<[string, string, string, Partial<RuleInputs>]>([
    ['is gone soon after: it was our doing', '18:40', 'set until 20:00', {}],
    ['is found gone much later: it may have been somebody', '18:40:01', 'EndedByPerson (Person)', {}],
    ['gave way to another: it was somebody', '18:31', 'YieldedToPerson (Person)', { rule: { type: 'keep_lock', endedTime: 0 } }],
    ['runs on, and is wanted again', '18:31', 'Held', { rule: custom('20:00') }],
    ['runs on, and is not wanted', '18:31', 'reset', { rule: custom('20:00'), windows: [] }],
  ])('a rule that we were ending %s', (_name, now, expected, changes) => {
    expect(decided(now, { memory: ending, ...changes })).toBe(expected);
  });

  it('a cause that comes and goes while the rule runs is no new declaration afterwards', () => {
    const both = window('18:00', '20:00', 'event/1@2026-11-21T18:00:00Z', 'event/2@2026-11-21T18:30:00Z');
    const joined = decideRule(inputs('18:30', { memory: held, rule: custom('20:00'), windows: [both] }));
    if (joined.action !== 'none' || joined.memory === null) throw new Error(joined.action);
    expect(decided('18:40', { memory: joined.memory, windows: [evening] })).toBe('EndedByPerson (Person)');
    expect(decided('18:40', { memory: { ...joined.memory, stopped: 'Person' }, windows: [both] })).toBe('EndedByPerson (Person)');
  });
});

describe('a write whose answer nobody saw', () => {
  const sent = unconfirmedMemory({ now: at('18:00'), memory: null, doorGroups: ['gym'] }, { action: 'set', window: evening, longest: null });
  it.each<[string, string, string, Partial<RuleInputs>]>([
    ['is ours within a minute', '18:00:10', 'Held', { rule: custom('20:00:59') }],
    ['is ours within 90 s, and corrected', '18:00:10', 'set until 20:00', { rule: custom('20:01:30') }],
    ['is a person\'s beyond', '18:00:10', 'YieldedToPerson', { rule: custom('20:01:31') }],
    ['is sent again', '18:00:10', 'set until 20:00', {}],
    ['is not sent again after ten minutes', '18:10:01', 'EndedByPerson (Unconfirmed)', {}],
  ])('%s', (_name, now, expected, changes) => {
    expect(decided(now, { memory: sent, ...changes })).toBe(expected);
  });

  it('leaves the rule before it ours: a shortened window still ends', () => {
    const shorter = unconfirmedMemory({ now: at('18:30'), memory: held, doorGroups: ['gym'] }, { action: 'set', window: window('18:00', '19:00'), longest: null });
    expect(decided('18:31', { memory: shorter, rule: custom('20:00'), windows: [window('18:00', '19:00')] })).toBe('set until 19:00');
    expect(decided('18:31', { memory: shorter, rule: custom('20:00'), windows: [] })).toBe('reset');
    expect(decided('18:31', { memory: shorter, windows: [window('18:00', '19:00')] })).toBe('EndedByPerson (Person)');
  });
});

describe('a hub that takes no long interval', () => {
  const slice: RuleMemory = { ...held, expected: at('19:00'), endedTime: at('19:00') / 1000, longest: 60 };
  it.each<[string, string, string, Partial<RuleInputs>]>([
    ['holds', '18:30', 'Held', { rule: custom('19:00') }],
    ['is renewed before it ends', '18:55', 'set until 20:00', { rule: custom('19:00') }],
    ['is opened again when it ran out', '19:05', 'set until 20:00', {}],
    ['is not when somebody ended it', '18:30', 'EndedByPerson (Person)', {}],
    ['is not renewed while suspended', '18:55', 'Held', { rule: custom('19:00'), windows: [], frozen: [evening] }],
  ])('%s', (_name, now, expected, changes) => {
    expect(decided(now, { memory: slice, ...changes })).toBe(expected);
  });
});
