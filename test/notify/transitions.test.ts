import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { day, holding, hour, minute, type Holding, type Look, type Note } from '../../src/notify/alert.js';
import { mostAlerts, nothingTold, step, type AlertState } from '../../src/notify/transitions.js';

const start = Date.parse('2026-11-21T12:00:00Z');

function alert(key: string, more: Partial<Holding> = {}): Holding {
  return holding({ key, severity: 'Warning', subject: key, what: `${key} is wrong`, todo: 'mend it', command: null, ...more });
}

function look(...present: readonly Holding[]): Look {
  return { holding: present, unknown: () => false };
}

/** What is told, as `kind key`, when these looks follow each other; times count from the start. */
function told(...looks: readonly (readonly [at: number, look: Look])[]): string[] {
  let state: AlertState = nothingTold;
  const lines: string[] = [];
  for (const [at, each] of looks) {
    const next = step(state, each, start + at);
    ({ state } = next);
    lines.push(...next.notes.map(({ kind, told: { key } }) => `${at / minute} ${kind} ${key}`));
  }
  return lines;
}

const nobodyKnows: Look = { holding: [], unknown: () => true };

describe('what is told, and when', () => {
  const slow = alert('a', { patience: 10 * minute });
  const quick = alert('a', { calm: 0 });
  const a = alert('a');
  const rows: readonly (readonly [name: string, looks: readonly (readonly [at: number, look: Look])[], expected: readonly string[]])[] = [
    ['at once, once', [[0, look(a)], [minute, look(a)], [2 * hour, look(a)]], ['0 Raised a']],
    ['after its patience', [[0, look(slow)], [9 * minute, look(slow)], [10 * minute, look(slow)]], ['10 Raised a']],
    ['never, when it passes before', [[0, look(slow)], [9 * minute, look()], [11 * minute, look(slow)], [20 * minute, look()]], []],
    ['over after its calm', [[0, look(a)], [minute, look()], [4 * minute, look()], [6 * minute, look()], [20 * minute, look()]], ['0 Raised a', '6 Resolved a']],
    ['over at once, where it has none', [[0, look(quick)], [minute, look()]], ['0 Raised a', '1 Resolved a']],
    ['one alert, when it is away for less', [[0, look(a)], [minute, look()], [5 * minute, look(a)], [9 * minute, look()], [13 * minute, look(a)]], ['0 Raised a']],
    ['daily while it holds', [[0, look(a)], [23 * hour, look(a)], [24 * hour, look(a)], [47 * hour, look(a)], [48 * hour, look(a)]], ['0 Raised a', '1440 Reminder a', '2880 Reminder a']],
    ['once, where nothing is to be reminded of', [[0, look(alert('a', { reminded: false }))], [30 * hour, look(alert('a', { reminded: false }))]], ['0 Raised a']],
    ['again when it changed', [[0, look(alert('a', { fact: '1' }))], [hour, look(alert('a', { fact: '2' }))], [2 * hour, look(alert('a', { fact: '2' }))]], ['0 Raised a', '60 Changed a']],
    [
      'what keeps changing, less and less often',
      [0, 5, 14, 15, 30, 44, 45, 60, 105, 120].map((at, index): readonly [number, Look] => [at * minute, look(alert('a', { fact: String(index) }))]),
      ['0 Raised a', '15 Changed a', '45 Changed a', '105 Changed a'],
    ],
    ['not over while nobody can tell', [[0, look(quick)], [hour, nobodyKnows], [2 * hour, look(quick)], [3 * hour, look()]], ['0 Raised a', '180 Resolved a']],
    ['the calm begins anew once somebody can tell', [[0, look(a)], [minute, look()], [3 * minute, nobodyKnows], [7 * minute, look()], [11 * minute, look()], [12 * minute, look()]], ['0 Raised a', '12 Resolved a']],
    ['each by itself', [[0, look(quick, alert('b'))], [hour, look(alert('b'))], [25 * hour, look(alert('b'))]], ['0 Raised a', '0 Raised b', '60 Resolved a', '1500 Reminder b']],
    [
      'one that comes back has to stay away for longer',
      [[0, look(quick)], [minute, look()], [2 * minute, look(quick)], [3 * minute, look()], [12 * minute, look()], [13 * minute, look()], [14 * minute, look(quick)], [15 * minute, look()], [34 * minute, look()], [35 * minute, look()]],
      ['0 Raised a', '1 Resolved a', '2 Raised a', '13 Resolved a', '14 Raised a', '35 Resolved a'],
    ],
    ['a clock that was days ahead silences nothing for long', [[9 * day, look(a)], [0, look(a)], [hour, look(a)], [day, look(a)]], ['12960 Raised a', '1440 Reminder a']],
  ];
  it.each(rows)('%s', (_, looks, expected) => {
    expect(told(...looks)).toEqual(expected);
  });

  it('remembers since when it held, not since when it was told', () => {
    const { state } = step(nothingTold, look(alert('a', { patience: hour })), start);
    const later = step(state, look(alert('a', { patience: hour })), start + hour);
    expect(later.notes).toMatchObject([{ kind: 'Raised', since: start, at: start + hour }]);
    expect(step(nothingTold, look(alert('a', { since: start - day })), start).notes).toMatchObject([{ since: start - day }]);
    // From a clock that was ahead.
    expect(step(nothingTold, look(alert('a', { since: start + day })), start).notes).toMatchObject([{ since: start }]);
  });

  it('tells at most a hundred things; the others when there is room', () => {
    const many = Array.from({ length: mostAlerts + 20 }, (_, index) => alert(`k${index}`, { calm: 0 }));
    const first = step(nothingTold, look(...many), start);
    expect(first.notes).toHaveLength(mostAlerts);
    const second = step(first.state, look(...many.slice(30)), start + minute);
    expect(second.notes.filter(({ kind }) => kind === 'Resolved')).toHaveLength(30);
    const third = step(second.state, look(...many.slice(30)), start + 2 * minute);
    expect(third.notes.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'Raised'));
  });

  it('forgets what ended a day ago, but only beside something to tell', () => {
    let { state } = step(nothingTold, look(alert('a', { calm: 0 })), start);
    ({ state } = step(state, look(), start + minute));
    ({ state } = step(state, look(), start + 3 * day));
    expect([...state.records.keys()]).toEqual(['a']);
    ({ state } = step(state, look(alert('b')), start + 3 * day));
    expect([...state.records.keys()]).toEqual(['b']);
  });
});

/** Looks at random moments: which of three things hold, in which version, and whether anybody can tell. */
const course = fc.array(
  fc.record({
    after: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2000 })),
    holds: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    facts: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.constant(0), fc.constant(0)),
    known: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    restart: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { maxLength: 80 },
);

function play(looks: typeof course extends fc.Arbitrary<infer T> ? T : never): readonly Note[] {
  let state: AlertState = nothingTold;
  let now = start;
  const notes: Note[] = [];
  for (const { after, holds, facts, known, restart } of looks) {
    now += after * minute;
    if (restart) state = { ...nothingTold, records: state.records };
    const present = holds.flatMap((holds_, index) => (holds_ ? [alert(`k${index}`, { fact: String(facts[index]), patience: index * minute, calm: index * 2 * minute })] : []));
    const next = step(state, { holding: known ? present : [], unknown: () => !known }, now);
    ({ state } = next);
    notes.push(...next.notes);
  }
  return notes;
}

describe('laws, whatever comes and goes and however often it restarts', () => {
  const keys = ['k0', 'k1', 'k2'];

  it('nothing is told twice within a day without a change', () => {
    fc.assert(
      fc.property(course, (looks) => {
        const notes = play(looks);
        for (const key of keys) {
          const mine = notes.filter(({ told: { key: each } }) => each === key);
          for (const [index, note] of mine.entries()) {
            const before = mine[index - 1];
            if (before === undefined || note.at - before.at >= day) continue;
            if (note.kind === 'Changed') expect(note.told.fact).not.toBe(before.told.fact);
            else expect([before.kind === 'Resolved', note.kind]).toEqual(note.kind === 'Resolved' ? [false, 'Resolved'] : [true, 'Raised']);
          }
        }
      }),
    );
  });

  it('what was told and ends gets exactly one note that it is over; nothing else does', () => {
    fc.assert(
      fc.property(course, (looks) => {
        const quiet = Array.from({ length: 4 }, () => ({ after: 3000, holds: [false, false, false] as [boolean, boolean, boolean], facts: [0, 0, 0] as [number, 0, 0], known: true, restart: false }));
        const notes = play([...looks, ...quiet]);
        for (const key of keys) {
          const kinds = notes.filter(({ told: { key: each } }) => each === key).map(({ kind }) => kind);
          const count = (kind: string): number => kinds.filter((each) => each === kind).length;
          expect(count('Resolved')).toBe(count('Raised'));
          // Raised and over take turns.
          expect(kinds.filter((kind) => kind === 'Raised' || kind === 'Resolved').every((kind, index) => kind === (index % 2 === 0 ? 'Raised' : 'Resolved'))).toBe(true);
        }
      }),
    );
  });

  it('whatever flaps is told less than once an hour', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 200, maxLength: 200 }), (gaps) => {
        let state: AlertState = nothingTold;
        let now = start;
        let count = 0;
        for (const [index, gap] of gaps.entries()) {
          now += gap * minute;
          if (now > start + day) break;
          const next = step(state, look(...(index % 2 === 0 ? [alert('a', { calm: 0 })] : [])), now);
          ({ state } = next);
          count += next.notes.length;
        }
        expect(count).toBeLessThanOrEqual(24);
      }),
    );
  });
});
