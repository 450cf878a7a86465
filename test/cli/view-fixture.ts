import type { View } from '../../src/status/view.js';

/** Control and bidi characters, quotes, a formula, markup. */
export const hostile = '=cmd|"\u202Ehsaw\u202C" <b>\u0007\u001b[31mred\u2066';

/** A small world in which everything is Ready. */
export function calmView(): View {
  const source = { complete: true, readAt: '2026-11-20T12:00:00Z', ageSeconds: 30, items: 2, revision: 'abc', error: null } as const;
  const plane = { ready: true, lastSuccess: '2026-11-20T12:00:00Z', reason: null, message: null } as const;
  return {
    version: 1,
    status: {
      site: 'first-church',
      mode: 'Apply',
      now: '2026-11-20T12:00:30Z',
      revision: null,
      sources: [
        { ...source, name: 'planningCenter' },
        { ...source, name: 'civicrm' },
        { ...source, name: 'unifi' },
      ],
      doorGroups: [
        {
          name: 'front-lobby',
          now: 'Closed',
          until: '2026-11-21T22:45:00Z',
          next: { start: '2026-11-21T22:45:00Z', end: '2026-11-22T01:15:00Z' },
          ready: true,
        },
      ],
      members: { access: 2, none: 1, ignored: 0, quarantined: 1, blocked: 0, vanished: 0 },
      held: [],
      fence: 'Unverified',
      notes: [],
      planes: [
        { ...plane, plane: 'doors' },
        { ...plane, plane: 'members' },
      ],
    },
    bookings: [
      {
        id: '1000',
        event: { id: '10', name: 'Choir', startsAt: '2026-11-21T23:00:00Z', endsAt: '2026-11-22T01:00:00Z' },
        room: 'Sanctuary',
        resourceId: '1',
        start: '2026-11-21T23:00:00Z',
        end: '2026-11-22T01:00:00Z',
        approval: 'Approved',
        state: 'Open',
        reason: '',
        windows: [{ doorGroup: 'front-lobby', start: '2026-11-21T22:45:00Z', end: '2026-11-22T01:15:00Z' }],
        shut: [],
      },
    ],
    pending: [],
    doors: [
      { doorGroup: 'front-lobby', id: 'd1', name: 'Front North', lock: 'Locked', position: 'Closed', rule: 'schedule', desired: 'Closed', following: 'True' },
    ],
    members: [
      { contact: 7, outcome: 'Access', rule: 'Gold', policies: ['Members 24x7'], card: '***34', reasons: [] },
      { contact: 8, outcome: 'Quarantined', rule: 'Gold', policies: [], card: null, reasons: ['the card number is no number'] },
    ],
    windows: [
      {
        doorGroup: 'front-lobby',
        windows: [
          {
            start: '2026-11-21T22:45:00Z',
            end: '2026-11-22T01:15:00Z',
            held: false,
            causes: [{ kind: 'event', ref: 'event/10@2026-11-21T23:00:00Z', text: 'Choir (Sanctuary)' }],
          },
        ],
      },
    ],
    diff: {
      planes: [
        { plane: 'doors', hash: null, changes: [] },
        { plane: 'members', hash: null, changes: [] },
      ],
    },
  };
}

/** As if a plan of two additions waited, beside changes that may go. */
export function heldView(): View {
  const view = calmView();
  const user = { kind: 'User', id: null };
  return {
    ...view,
    diff: {
      planes: [
        {
          plane: 'doors',
          hash: null,
          changes: [
            { verb: 'create', object: { kind: 'Schedule', id: null, name: 'Sexton office' }, before: null, after: { monday: '09:00-12:00' }, held: false },
            { verb: 'program', object: { kind: 'Schedule', id: 's1', name: 'Front' }, before: {}, after: { saturday: '17:45-20:15' }, held: false },
            { verb: 'revoke', object: { kind: 'Schedule', id: 's2', name: 'Old' }, before: { sunday: '08:00-12:00' }, after: null, held: false },
            { verb: 'revoke-policy', object: { kind: 'AccessPolicy', id: 'p2', name: 'Old' }, before: 'made by sexton', after: null, held: false },
          ],
        },
        {
          plane: 'members',
          hash: '0123456789ab',
          changes: [
            { verb: 'add', object: { ...user, name: 'contact 9' }, contact: 9, before: null, after: { status: 'ACTIVE', card: '***01' }, held: 'bootstrap', op: 'aa'.repeat(32) },
            { verb: 'add', object: { ...user, name: 'contact 10' }, contact: 10, before: null, after: { status: 'ACTIVE', card: null }, held: 'bootstrap', op: 'bb'.repeat(32) },
            { verb: 'deactivate', object: { kind: 'User', id: 'u1', name: 'contact 3' }, contact: 3, before: { cards: ['***44'] }, after: { status: 'DEACTIVATED' }, held: false },
          ],
        },
      ],
    },
  };
}

/** Contact 3 waits for what another contact's approval would free. */
export function stuckView(): View {
  const view = heldView();
  const stuck = { verb: 'card', object: { kind: 'User', id: 'u1', name: 'contact 3' }, contact: 3, before: { cards: [] }, after: { card: '***44' }, held: 'the present holder of the card gives it up in a change that waits for approval' };
  return { ...view, diff: { planes: view.diff.planes.map((plane) => (plane.plane === 'members' ? { ...plane, changes: [stuck] } : plane)) } };
}
