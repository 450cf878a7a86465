import { describe, expect, it } from 'vitest';
import { age, tableFor } from '../../src/api/columns.js';

const now = Date.parse('2026-11-21T12:00:00Z');

describe('tables', () => {
  const group = {
    metadata: { name: 'gym-front', creationTimestamp: '2026-11-18T12:00:00Z' },
    spec: { unlock: { method: 'Schedule' } },
    status: {
      doorCount: 2,
      next: 'Sat 21 Nov 18:15-21:15',
      scheduleId: null,
      conditions: [
        { type: 'Accepted', status: 'True', message: 'no' },
        { type: 'Ready', status: 'False', message: 'door "Gym" is missing' },
      ],
    },
  };

  it('have the columns of the CRD, the name first', () => {
    expect(tableFor('DoorGroup', [group], { wide: false, now })).toEqual({
      headers: ['NAME', 'DOORS', 'METHOD', 'NEXT', 'READY', 'AGE'],
      rows: [['gym-front', '2', 'Schedule', 'Sat 21 Nov 18:15-21:15', 'False', '3d']],
    });
  });

  it('have more columns when wide, and empty cells for what is not there', () => {
    const { headers, rows } = tableFor('DoorGroup', [group, { metadata: { name: 'new' } }], { wide: true, now });
    expect(headers.slice(6)).toEqual(['STATUS', 'SCHEDULE', 'FOLLOWING']);
    expect(rows[0]?.slice(6)).toEqual(['door "Gym" is missing', '', '']);
    expect(rows[1]).toEqual(['new', '', '', '', '', '', '', '', '']);
  });

  it.each([
    [0, '0s'], [119, '119s'], [120, '2m'], [330, '5m30s'], [600, '10m'], [10_799, '179m'], [10_800, '3h'], [11_100, '3h5m'],
    [28_800, '8h'], [172_799, '47h'], [172_800, '2d'], [187_200, '2d4h'], [691_200, '8d'], [63_072_000, '2y'], [65_664_000, '2y30d'], [252_288_000, '8y'], [-5, '0s'],
  ])('print an age of %d s as %s, as kubectl does', (seconds, text) => {
    expect(age(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
  });

  it('print no age for no instant', () => {
    expect(age('soon', now)).toBe('<unknown>');
  });
});
