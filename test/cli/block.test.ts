import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editBlock, editUnblock } from '../../src/cli/edits/block-edit.js';
import { makeSite } from './harness.js';

const now = Date.parse('2026-11-21T15:00:00Z');

const members = `# Who gets in.
apiVersion: sexton.dev/v1alpha1
kind: TierMapping
metadata: { name: members }
spec:
  # The cards.
  cards: { facilityCode: 167, aliasPrefix: sync- }
  rules:
    - { membershipType: Gold, access: Policy, policies: [ All Doors ] }   # the best
`;

describe('block and unblock', () => {
  it('edit the TierMapping, say what follows, and leave nothing behind', async () => {
    const own = makeSite();
    own.write('resources/members.yaml', members);
    const text = (): string => readFileSync(join(own.resources, 'members.yaml'), 'utf8');
    const { code, out, err } = await own.run(['block', 'contact/1234', '--until', '2026-12-31', '--reason', 'see "minutes"\u202e of: #5'], { now });
    expect([code, out, err]).toEqual([0, expect.stringContaining('contact/1234 is blocked until Fri 2027-01-01 00:00'), '']);
    expect(text()).toBe(members.replace('spec:\n', 'spec:\n  blocked:\n    - { contact: 1234, until: "2026-12-31", reason: "see \\"minutes\\" of: #5" }\n'));
    expect((await own.run(['block', '7'], { now })).code).toBe(0);
    expect((await own.run(['block', 'contact', '7'], { now })).code).toBe(0);
    expect((await own.run(['block', 'member/7'], { now })).out).toContain('it was so already');
    expect((parse(text()) as { spec: { blocked: unknown } }).spec.blocked).toEqual([
      { contact: 7 },
      { contact: 1234, until: '2026-12-31', reason: 'see "minutes" of: #5' },
    ]);
    // A later block without an end has none; its reason holds until another is given.
    await own.run(['block', 'contact/1234'], { now });
    expect(text()).toContain('- { contact: 1234, reason: "see \\"minutes\\" of: #5" }');
    expect((await own.run(['unblock', 'contact/7'], { now })).code).toBe(0);
    expect((await own.run(['unblock', 'contact/7'], { now })).out).toContain('it was so already');
    expect((await own.run(['unblock', 'contact/1234'], { now })).code).toBe(0);
    expect(text()).toBe(members);
  });

  it('what cannot be meant, and what cannot be done, is said and nothing is written', async () => {
    const own = makeSite();
    expect(await own.run(['block', 'contact/7'], { now })).toMatchObject({ code: 1, err: expect.stringContaining('there is no TierMapping') as string });
    own.write('resources/members.yaml', members.replace('167', 'many'));
    expect(await own.run(['block', 'contact/7'], { now })).toMatchObject({ code: 1, err: expect.stringContaining('members.yaml:2 is refused as it stands') as string });
    for (const words of [
      ['block', 'dg/gym'],
      ['block', 'contact/007'],
      ['block', 'contact/Bob'],
      ['block', 'contact'],
      ['block', 'contact/7', '--until', '2026-11-20'],
      ['block', 'contact/7', '--until', 'soon'],
    ]) {
      expect([words, (await own.run(words, { now })).code]).toEqual([words, 64]);
    }
  });
});

describe('the edit itself', () => {
  const file = (spec: string): string => `kind: TierMapping\nmetadata: { name: m }\nspec:${spec}`;
  const bare = { contact: 7, until: undefined, reason: undefined };
  const dated = { ...bare, until: '2026-12-31' };

  it.each([
    ['an empty list', '\n  blocked: []   # nobody\n  rules: []\n', dated, '\n  blocked: [{ contact: 7, until: "2026-12-31" }]   # nobody\n  rules: []\n'],
    ['a flow list', '\n  blocked: [ {contact: 1} ]\n', bare, '\n  blocked: [ {contact: 1}, { contact: 7 } ]\n'],
    ['flow all over', ' { rules: [] }\n', bare, ' { blocked: [{ contact: 7 }], rules: [] }\n'],
    ['a list, with what stands above its first', '\n  blocked:   # keep short\n  # from May\n  - contact: 1\n    reason: x # y\n', bare, '\n  blocked:   # keep short\n  - { contact: 7 }\n  # from May\n  - contact: 1\n    reason: x # y\n'],
    ['an end for one that is there', '\n  blocked:\n    - contact: 7   # Bob\n      reason: x\n    - contact: 8\n', dated, '\n  blocked:\n    - contact: 7   # Bob\n      until: "2026-12-31"\n      reason: x\n    - contact: 8\n'],
    ['another end', '\n  blocked: [{ contact: 7, until: 2026-11-30 }]\n', dated, '\n  blocked: [{ contact: 7, until: "2026-12-31" }]\n'],
    ['no end any longer', '\n  blocked:\n    - contact: 7\n      until: "2026-11-30" # was\n', bare, '\n  blocked:\n    - contact: 7\n      # was\n'],
    ['an alias', '\n  blocked: *others\n', bare, null],
    ['no list', '\n  blocked: 7\n', bare, null],
  ])('block: %s', (_, before, block, after) => {
    const text = before.includes('*others') ? `x: &others []\n${file(before)}` : file(before);
    expect(editBlock(text, 'm', block)).toBe(after === null ? null : file(after));
  });

  it.each([
    ['one of several', '\n  blocked:\n    - contact: 1\n    - { contact: 7 } # Bob\n    # Eve\n    - contact: 9\n', '\n  blocked:\n    - contact: 1\n    # Bob\n    # Eve\n    - contact: 9\n'],
    ['one over several lines', '\n  blocked:\n    - contact: 7 # a\n      until: "2026-12-31"\n      # b\n      reason: x # c\n    - contact: 9\n', '\n  blocked:\n    # a\n    # b\n    # c\n    - contact: 9\n'],
    ['the last, without comments', '\n  blocked:\n    - contact: 7\n  rules: []\n', '\n  rules: []\n'],
    ['the last, with one', '\n  blocked: # nobody?\n    - contact: 7\n  rules: []\n', '\n  blocked: [] # nobody?\n  rules: []\n'],
    ['the first of a flow list', '\n  blocked: [{ contact: 7 }, { contact: 8 }]\n', '\n  blocked: [{ contact: 8 }]\n'],
    ['the last of a flow list', '\n  blocked: [{ contact: 8 }, { contact: 7 }]\n', '\n  blocked: [{ contact: 8 }]\n'],
    ['nobody', '\n  rules: []\n', '\n  rules: []\n'],
    ['a block text', '\n  blocked:\n    - contact: 7\n      reason: |\n        two\n        lines\n    - contact: 9\n', '\n  blocked:\n    - contact: 9\n'],
  ])('unblock: %s', (_, before, after) => {
    expect(editUnblock(file(before), 'm', 7)).toBe(file(after));
  });

  it('blocking and unblocking a stranger gives the file back, whatever its form', () => {
    const entry = fc.record({ contact: fc.integer({ min: 10, max: 99 }), style: fc.constantFrom('flow', 'block'), comment: fc.constantFrom('', ' # c') });
    const list = fc.uniqueArray(entry, { selector: ({ contact }) => contact, maxLength: 4, minLength: 1 });
    const newline = fc.constantFrom('\n', '\r\n');
    const ended = fc.boolean();
    fc.assert(
      fc.property(list, newline, ended, fc.constantFrom('  ', '    ', '      '), (entries, lineEnd, lastBreak, indent) => {
        const lines = entries.map(({ contact, style, comment }) =>
          style === 'flow' ? `${indent}- { contact: ${contact} }${comment}` : `${indent}- contact: ${contact}${comment}\n${indent}  reason: "x"`,
        );
        const body = `\n  rules: []\n  blocked: # some\n${lines.join('\n')}${lastBreak ? '\n' : ''}`;
        const text = file(body).replaceAll('\n', lineEnd);
        const blocked = editBlock(text, 'm', dated);
        expect(blocked).not.toBeNull();
        expect(editUnblock(blocked ?? '', 'm', 7)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});
