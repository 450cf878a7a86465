import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCondition, isReady, mergeConditions } from '../../src/api/conditions.js';
import type { Condition } from '../../src/api/conditions.js';

type Next = Omit<Condition, 'lastTransitionTime'>;
const ready = (status: Condition['status'], message = '', observedGeneration = 1): Next => ({ type: 'Ready', status, reason: 'Programmed', message, observedGeneration });
const [early, late] = ['2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z'];

describe('conditions', () => {
  it('keep their transition time while only the message, reason or generation changes', () => {
    const first = mergeConditions([], [ready('True', 'a')], early);
    expect(mergeConditions(first, [ready('True', 'b', 2)], late)).toEqual([{ ...ready('True', 'b', 2), lastTransitionTime: early }]);
  });

  it('move it when the status changes, and lose what is no longer said', () => {
    const first = mergeConditions([], [ready('True'), { type: 'Braked', status: 'True', reason: 'Braked', message: '' }], early);
    expect(mergeConditions(first, [ready('Unknown')], late)).toEqual([{ ...ready('Unknown'), lastTransitionTime: late }]);
  });

  it('merge to the same when merged again', () => {
    const next = fc.uniqueArray(
      fc.record({ type: fc.constantFrom('Ready', 'Accepted', 'Braked'), status: fc.constantFrom('True', 'False', 'Unknown'), reason: fc.constant('Valid'), message: fc.string() }),
      { selector: ({ type }) => type },
    ) as fc.Arbitrary<Next[]>;
    fc.assert(
      fc.property(next, next, (before, after) => {
        const merged = mergeConditions(mergeConditions([], before, early), after, late);
        expect(mergeConditions(merged, after, '2026-11-21T12:00:00Z')).toEqual(merged);
      }),
    );
  });

  it('are ready only for the generation they speak of', () => {
    const conditions = mergeConditions([], [ready('True', '', 2)], early);
    expect([isReady(conditions), isReady(conditions, 2), isReady(conditions, 3), isReady(undefined), isReady([])]).toEqual([true, true, false, false, false]);
    expect(findCondition(conditions, 'Accepted')).toBeUndefined();
  });
});
