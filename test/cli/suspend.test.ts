import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editSuspension } from '../../src/cli/edits/suspend-edit.js';
import { doorGroup, makeSite } from './harness.js';

const commented = `# Hours of the office.   Odd   spacing stays.
apiVersion:   sexton.dev/v1alpha1
kind: OfficeHours      # a kind
metadata: {name: weekdays,labels: {"team":'office'}}
spec:   # what should be
  # The desk.
  weekly:
  - {days: [monday,   wednesday], hours: ['09:00-11:00'], doorGroups: [ rear ]}


  closures: [ ]   # none
# The end.
---
apiVersion: sexton.dev/v1alpha1
kind: OfficeHours
metadata: { name: other }
spec: { weekly: [] }
---
${doorGroup('rear')}`;

const now = Date.parse('2026-11-21T15:00:00Z');

describe('suspend and resume', () => {
  it('change one line, keep every other byte, mode and document, and leave nothing behind', async () => {
    const own = makeSite();
    own.write('resources/office.yaml', commented);
    const path = join(own.resources, 'office.yaml');
    chmodSync(path, 0o640);
    const { code, out } = await own.run(['suspend', 'oh/weekdays'], { now });
    expect([code, out]).toEqual([0, expect.stringContaining('OfficeHours/weekdays is suspended: it adds no openings')]);
    expect(readFileSync(path, 'utf8')).toBe(commented.replace('# what should be\n', '# what should be\n  suspend: true\n'));
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect((await own.run(['suspend', 'OfficeHours', 'weekdays'], { now })).out).toContain('it was so already');
    expect((await own.run(['resume', 'oh/weekdays'], { now })).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(commented);
    expect((await own.run(['resume', 'oh/weekdays'], { now })).out).toContain('it was so already');
  });

  it('an end and a reason stand beside it; a later suspend without an end has none', async () => {
    const own = makeSite();
    own.write('resources/office.yaml', commented);
    const spec = (): unknown => (parse(readFileSync(join(own.resources, 'office.yaml'), 'utf8').split('---')[0] ?? '') as { spec: unknown }).spec;
    expect((await own.run(['suspend', 'oh/weekdays', '--until', '2026-12-01', '--reason', 'no "staff"\u202e: #1'], { now })).out).toContain('until Wed 2026-12-02 00:00');
    expect(spec()).toMatchObject({ suspend: true, suspendUntil: '2026-12-01', suspendReason: 'no "staff": #1' });
    await own.run(['suspend', 'oh/weekdays', '--until', '2026-12-05T12:00'], { now });
    expect(spec()).toMatchObject({ suspendUntil: '2026-12-05T12:00', suspendReason: 'no "staff": #1' });
    await own.run(['suspend', 'oh/weekdays'], { now });
    expect(spec()).not.toHaveProperty('suspendUntil');
    await own.run(['resume', 'oh/weekdays'], { now });
    expect(readFileSync(join(own.resources, 'office.yaml'), 'utf8')).toBe(commented);
  });

  it('what cannot be done ends with 1 and leaves the file alone', async () => {
    const own = makeSite();
    const safe = 'apiVersion: sexton.dev/v1alpha1\nkind: SafeHours\nmetadata: { name: safe }\nspec: {}\n';
    const broken = doorGroup('gym').replace('doors:', 'colour: red, doors:');
    own.write('resources/all.yaml', [safe, broken, doorGroup('rear')].join('---\n'));
    own.write('elsewhere.yaml', doorGroup('far'));
    symlinkSync(join(own.root, 'elsewhere.yaml'), join(own.resources, 'far.yaml'));
    const before = readFileSync(join(own.resources, 'all.yaml'), 'utf8');
    for (const [words, said] of [
      [['suspend', 'sh/safe'], 'SafeHours cannot be suspended'],
      [['resume', 'safehours', 'safe'], 'SafeHours cannot be resumed'],
      [['suspend', 'dg/gym'], 'all.yaml:6 is refused as it stands'],
      [['suspend', 'dg/rea'], 'did you mean `rear`?'],
      [['suspend', 'dg/far'], 'not found'],
    ] as const) {
      const { code, err } = await own.run(words, { now });
      expect([words, code, err]).toEqual([words, 1, expect.stringContaining(said)]);
    }
    for (const words of [['suspend', 'bookings/1'], ['suspend', 'dg'], ['suspend', 'dg/rear', '--until', 'soon'], ['suspend', 'dg/rear', '--until', '2026-02-30'], ['suspend', 'dg/rear', '--until', '2026-11-20']]) {
      expect([words, (await own.run(words, { now })).code]).toEqual([words, 64]);
    }
    expect(readFileSync(join(own.resources, 'all.yaml'), 'utf8')).toBe(before);
    // Its neighbour is none of its business.
    expect((await own.run(['suspend', 'dg/rear'], { now })).code).toBe(0);
    expect(readFileSync(join(own.resources, 'all.yaml'), 'utf8')).toBe(before.replace('spec: { doors: [{ name: rear }] }', 'spec: { suspend: true, doors: [{ name: rear }] }'));
  });

  it('line ends, a byte order mark and a missing last line break stay', async () => {
    const own = makeSite();
    const path = join(own.resources, 'gym.yaml');
    const text = `\uFEFF${doorGroup('gym').replace('spec: { doors: [{ name: gym }] }\n', 'spec:\n  doors:\n    - name: gym').replaceAll('\n', '\r\n')}`;
    writeFileSync(path, text);
    expect((await own.run(['suspend', 'dg/gym'], { now })).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(text.replace('spec:\r\n', 'spec:\r\n  suspend: true\r\n'));
    expect((await own.run(['resume', 'dg/gym'], { now })).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('the edit itself', () => {
  const file = (spec: string): string => `kind: DoorGroup\nmetadata:\n  name: gym\nspec:${spec}`;
  const gym = { kind: 'DoorGroup', name: 'gym' };
  const on = { suspend: true, suspendUntil: undefined, suspendReason: undefined };
  const off = { ...on, suspend: false };
  const dated = { suspend: true, suspendUntil: '2026-12-01', suspendReason: undefined };

  it.each([
    ['a flow mapping', ' {doors: []}\n', on, ' { suspend: true, doors: []}\n'],
    ['a flow mapping with its space', ' { doors: [] }\n', on, ' { suspend: true, doors: [] }\n'],
    ['an empty one', ' {}\n', on, ' { suspend: true }\n'],
    ['JSON', ' {"suspend": false, "doors": []}\n', on, ' {"suspend": true, "doors": []}\n'],
    ['flow, an end beside it', ' { suspend: true, doors: [] }\n', dated, ' { suspend: true, suspendUntil: "2026-12-01", doors: [] }\n'],
    ['flow, taken out', ' { suspend: true, suspendUntil: "2026-11-01", doors: [] }\n', off, ' { doors: [] }\n'],
    ['flow, last taken out', ' { doors: [], suspend: true }\n', off, ' { doors: [] }\n'],
    ['a comment on the line', '\n  suspend: false   # for now\n  doors: []\n', on, '\n  suspend: true   # for now\n  doors: []\n'],
    ['a comment that outlives its field', '\n  suspend: true # why\n  suspendUntil: "2026-11-01"   # the plumber\n  doors: []\n', off, '\n  suspend: false # why\n  # the plumber\n  doors: []\n'],
    ['an empty value', '\n  suspend:\n  doors: []\n', on, '\n  suspend: true\n  doors: []\n'],
    ['a block text', '\n  doors: []\n  suspend: true\n  suspendReason: |\n    two\n    lines\n  color: x\n', off, '\n  doors: []\n  color: x\n'],
    ['nothing else in it', '\n  suspend: true\n', off, '\n  suspend: false\n'],
    ['an alias', ' *other\n', on, null],
    ['no end of line', '\n    doors: []', on, '\n    suspend: true\n    doors: []'],
    ['an end after the last line', '\n    doors: []\n    suspend: true', dated, '\n    doors: []\n    suspend: true\n    suspendUntil: "2026-12-01"\n'],
  ])('%s', (_, before, wanted, after) => {
    const text = before.includes('*other') ? `x: &other { doors: [] }\n${file(before)}` : file(before);
    expect(editSuspension(text, gym, wanted)).toBe(after === null ? null : file(after));
  });
});
