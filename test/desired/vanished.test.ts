import { describe, expect, it } from 'vitest';
import { isOut } from '../../src/desired/members/people.js';
import { absences, type RememberedAbsence } from '../../src/desired/members/vanished.js';
import { judged, member } from '../support/members.js';

const noon = Date.parse('2026-11-21T12:00:00Z');
const minutes = (count: number): number => noon + count * 60_000;
const nobody = new Set<number>();
const known = (contacts: readonly number[], more: Partial<RememberedAbsence> = {}): ReadonlyMap<number, RememberedAbsence> =>
  new Map(contacts.map((contact) => [contact, { since: noon, held: false, ...more }]));

describe('who answers neither in the list nor by id', () => {
  it('is absent from the first reading on, and due an hour of readings later', () => {
    expect(absences([7], nobody, new Map(), noon).get(7)).toEqual({ since: noon, due: false, held: false });
    expect(absences([7], nobody, known([7]), minutes(59)).get(7)).toEqual({ since: noon, due: false, held: false });
    expect(absences([7], nobody, known([7]), minutes(60)).get(7)).toEqual({ since: noon, due: true, held: false });
  });

  it('the same reading looked at for hours is one reading', () => {
    expect(absences([7], nobody, known([7]), noon).get(7)?.due).toBe(false);
  });

  it('who answers, or is listed again, is forgotten', () => {
    expect(absences([7, 8], new Set([7]), known([7, 8]), minutes(70)).has(7)).toBe(false);
    expect(absences([8], nobody, known([7, 8]), minutes(70)).has(7)).toBe(false);
  });

  it('three at once wait for a person, and go on waiting when only two are left', () => {
    const three = absences([7, 8, 9], nobody, new Map(), noon);
    expect([...three.values()].map(({ held }) => held)).toEqual([true, true, true]);
    const two = absences([7, 8], nobody, three, minutes(90));
    expect([...two.values()]).toEqual([{ since: noon, due: true, held: true }, { since: noon, due: true, held: true }]);
  });

  it('two do not wait', () => {
    expect([...absences([7, 8], nobody, known([7, 8]), minutes(90)).values()].every(({ due, held }) => due && !held)).toBe(true);
  });

  it('a moment from the future begins now: nobody waits for ever for a clock that was wrong', () => {
    expect(absences([7], nobody, known([7], { since: minutes(1_000_000) }), noon).get(7)?.since).toBe(noon);
  });
});

describe('what is said of them', () => {
  const said = (absence: { since: number; due: boolean; held: boolean }): string =>
    judged([member(1)], { vanished: { 7: absence } }).find(({ contact }) => contact === 7)?.reasons.join('; ') ?? '';

  it('since when, and when it would end', () => {
    const text = said({ since: noon, due: false, held: false });
    expect(text).toContain('since 2026-11-21T12:00:00Z');
    expect(text).toContain('from 2026-11-21T13:00:00Z on');
    expect(said({ since: noon, due: true, held: false })).toContain('access ends');
    expect(said({ since: noon, due: true, held: true })).toContain('a person approves');
  });

  it('only one whose absence is certain may lose a card to somebody else', () => {
    const out = (absence: { since: number; due: boolean; held: boolean }): boolean => isOut(judged([], { vanished: { 7: absence } })[0]!);
    expect(out({ since: noon, due: false, held: false })).toBe(false);
    expect(out({ since: noon, due: true, held: true })).toBe(false);
    expect(out({ since: noon, due: true, held: false })).toBe(true);
  });

  it('who is listed after all is judged by the record', () => {
    expect(judged([member(7)], { vanished: { 7: { since: noon, due: true, held: false } } }).map(({ outcome }) => outcome)).toEqual(['Access']);
  });
});
