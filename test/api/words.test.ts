import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/api/explain.js';
import { findKind, kindInfo, suggestKind } from '../../src/api/kinds.js';
import { kinds } from '../../src/api/resource.js';
import { canonicalJson, specHash } from '../../src/api/spec-hash.js';
import { closest } from '../../src/api/suggest.js';
import { template } from '../../src/api/templates.js';
import { resourcesOf, warningsOf } from './read.js';

const textOf = (path: string): string => {
  const answer = explain(path);
  return 'text' in answer ? answer.text : `problem: ${answer.problem}`;
};

describe('kinds', () => {
  it.each([
    ['doorgroups', 'DoorGroup'], ['DoorGroup', 'DoorGroup'], ['DG', 'DoorGroup'], ['oh', 'OfficeHours'], ['OFFICEHOURS', 'OfficeHours'], ['tiermapping', 'TierMapping'],
    ['pods', null], ['', null], ['constructor', null],
  ])('are found by any of their words: %s', (word, kind) => {
    expect(findKind(word)).toBe(kind);
  });

  it('are suggested for a slip', () => {
    expect(suggestKind('dorgroup')).toBe('doorgroup');
    expect(suggestKind('xyzzy')).toBeNull();
  });

  it('have short names of their own', () => {
    const names = kinds.flatMap((kind) => kindInfo(kind).shortNames);
    expect(names).toEqual(['dg', 'rm', 'oh', 'eo', 'sh', 'tm']);
  });
});

describe('suggestions', () => {
  it.each([
    ['doorGrups', 'doorGroups'], ['door_groups', 'doorGroups'], ['Doors', 'doors'], ['open', 'openings'], ['x', null], ['a'.repeat(1000), null],
  ])('for %s', (word, meant) => {
    expect(closest(word, ['doorGroups', 'doors', 'openings'])).toBe(meant);
  });

  it('prefer the nearest word to one that only begins alike', () => {
    expect(closest('doorgruop', ['door', 'doorgroup'])).toBe('doorgroup');
    expect(closest('doorgruop', ['door'])).toBe('door');
  });
});

describe('explain', () => {
  it('shows a kind with its fields', () => {
    const text = textOf('tm');
    expect(text).toMatch(/^KIND: {5}TierMapping\nVERSION: {2}sexton\.dev\/v1alpha1\n/);
    expect(text).toContain('Which membership earns which access.');
    expect(text).toContain('  spec <Object> -required-');
  });

  it('shows a field with its values and default, with or without spec', () => {
    expect(textOf('dg.unlock.method')).toBe(textOf('doorgroups.spec.unlock.method'));
    expect(textOf('dg.unlock.method')).toContain('FIELD:    spec.unlock.method <string>');
    expect(textOf('dg.unlock.method')).toContain('     one of: Schedule, LockRule, None\n     default: Schedule\n');
    expect(textOf('dg.unlock.lead')).toContain('form: a duration (90s, 15m, 1h30m)');
    expect(textOf('tm.graceDays')).toContain('value: 0 to 365');
  });

  it('looks into lists', () => {
    expect(textOf('rm.rooms')).toContain('FIELD:    spec.rooms <[]Object> -required-');
    expect(textOf('rm.rooms')).toContain('  doorGroups <[]string> -required-');
    expect(textOf('rm.rooms[].nameContains')).toContain('characters: 3 to 200');
    expect(textOf('oh.weekly.days')).toContain('each: one of: monday');
  });

  it.each([
    ['dgg', 'problem: there is no kind `dgg`; did you mean `dg`?'],
    ['dg.unlock.metod', 'problem: DoorGroup.spec.unlock has no field `metod`; did you mean `method`?'],
    ['dg.unlock.method.x', 'problem: DoorGroup.spec.unlock.method has no field `x`; it has no fields'],
    ['dg.constructor', 'problem: DoorGroup.spec has no field `constructor`; its fields are suspend, suspendUntil, suspendReason, displayName, color, doors, unlock, policy, deletionPolicy'],
  ])('answers %s with a suggestion', (path, answer) => {
    expect(textOf(path)).toBe(answer);
  });

  it('stays within 80 columns where words allow', () => {
    const long = kinds.flatMap((kind) => textOf(kind).split('\n').concat(textOf(`${kind}.spec`).split('\n'))).filter((line) => line.length > 80);
    expect(long).toEqual([]);
  });
});

describe('templates', () => {
  it.each(kinds)('of %s are valid and make the kind', (kind) => {
    expect(resourcesOf(template(kind)).map((resource) => resource.kind)).toEqual([kind]);
    expect(warningsOf(template(kind))).toEqual([]);
    // Also with every suggestion in force.
    const uncommented = template(kind).replaceAll(/^( *)# ?(?= *[-\w])/gm, '$1');
    if (kind === 'DoorGroup') expect(resourcesOf(uncommented).map(({ spec }) => spec)).toMatchObject([{ color: '#3b82f6', unlock: { schedule: { name: 'Sexton front-lobby' } } }]);
  });
});

describe('the hash of a spec', () => {
  it('does not depend on the order of keys, and on nothing undefined', () => {
    expect(specHash({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(specHash({ b: [{ d: 3, c: 2 }], x: undefined, a: 1 }));
    expect(specHash({ a: [1, 2] })).not.toBe(specHash({ a: [2, 1] }));
    expect(specHash({})).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is that of what the JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as unknown;
        expect(JSON.parse(canonicalJson(value))).toEqual(json);
        expect(specHash(json)).toBe(specHash(value));
      }),
    );
  });
});
