import { describe, expect, it } from 'vitest';
import { detect } from '../../src/notify/detect.js';
import { hour, minute, type Look } from '../../src/notify/alert.js';
import type { AlertFacts } from '../../src/notify/facts.js';
import { siteTime } from '../../src/runtime/site-time.js';
import type { DoorView, PendingView, PlaneView, SourceView, StatusView, View } from '../../src/status/view.js';
import type { StatusUpdate, StoredResource } from '../../src/store/resource-store.js';
import { calmView } from '../cli/view-fixture.js';

const now = Date.parse('2026-11-20T12:00:30Z');

interface World {
  readonly status?: Partial<StatusView>;
  readonly view?: Partial<View>;
  readonly facts?: Partial<AlertFacts>;
}

function factsOf({ status = {}, view = {}, facts = {} }: World): AlertFacts {
  const calm = calmView();
  return {
    now,
    time: siteTime('America/New_York'),
    view: { ...calm, ...view, status: { ...calm.status, gitOps: null, troubles: [], ...status } },
    statuses: [],
    reading: { resources: [], unreadable: [], suspended: null },
    planes: ['doors', 'members'],
    reported: ['doors', 'members'],
    stuckAfter: 30 * minute,
    transports: [],
    heartbeat: null,
    ...facts,
  };
}

const looked = (world: World = {}): Look => detect(factsOf(world));
const keysOf = (world: World): string[] => looked(world).holding.map(({ key }) => key);

function plane(name: PlaneView['plane'], reason: string, more: Partial<PlaneView> = {}): readonly PlaneView[] {
  return calmView().status.planes.map((each) => (each.plane === name ? { ...each, ready: false, reason, message: `${reason} says why`, ...more } : each));
}

function source(name: SourceView['name'], more: Partial<SourceView>): readonly SourceView[] {
  return calmView().status.sources.map((each) => (each.name === name ? { ...each, ...more } : each));
}

function door(more: Partial<DoorView>): readonly DoorView[] {
  return calmView().doors.map((each) => ({ ...each, ...more }));
}

const pending: PendingView = {
  eventId: '140',
  eventName: 'Lock-in\u202e',
  startsAt: '2026-11-21T23:00:00Z',
  rooms: ['Gym'],
  windows: [{ doorGroup: 'gym-front', start: '2026-11-21T22:45:00Z', end: '2026-11-22T06:15:00Z' }],
  reason: 'OutsideSafeHours',
  since: '2026-11-20T12:00:00Z',
  release: 'sexton approve 140@2026-11-21T23:00:00Z',
};

function statusOf(name: string, ...conditions: readonly (readonly [type: string, status: string, reason: string])[]): StatusUpdate {
  return { kind: 'DoorGroup', name, file: 'doors.yaml', line: 1, status: { conditions: conditions.map(([type, status, reason]) => ({ type, status, reason, message: `${reason} of ${name}` })) } };
}

const refusedFile = { kind: 'DoorGroup', name: 'gym', file: 'doors.yaml', line: 3, refused: { since: '2026-11-20T11:00:00Z', reason: 'Invalid', problems: [{ file: 'doors.yaml', line: 8, column: 3, path: 'spec.colour', message: 'unknown field' }] } } as unknown as StoredResource;
const members = { plane: 'members' as const, hash: '0123456789ab', changes: [] };
const gitOps = { revision: { commit: 'a'.repeat(40), branch: 'main', authoredAt: '2026-11-20T10:00:00Z', pulledAt: '2026-11-20T10:05:00Z' }, refused: null, fetchedAt: '2026-11-20T12:00:00Z', failed: null, intervalSeconds: 60 };
const refused = { commit: 'b'.repeat(40), authoredAt: '2026-11-20T11:00:00Z', since: '2026-11-20T11:01:00Z', reason: 'Invalid' as const, message: '1 problem', problems: [{ file: 'doors.yaml', line: 8, column: 3, path: '', message: 'unknown field' }] };
const transport = { name: 'mail', type: 'Smtp' as const, ok: true, waiting: 0, lastSuccess: null, failingSince: null, error: null };

describe('what a person is told of', () => {
  it('nothing, while everything is as it should be', () => {
    expect(keysOf({})).toEqual([]);
  });

  const rows: readonly (readonly [name: string, world: World, key: string, more: Readonly<Record<string, unknown>>])[] = [
    ['a brake, with the command that releases exactly this plan', { view: { diff: { planes: [members] } } }, 'held/members', { severity: 'Critical', command: 'sexton approve plan/0123456789ab', fact: '0123456789ab', patience: 0 }],
    ['openings that came all at once', { view: { diff: { planes: [{ ...members, plane: 'doors' }] } } }, 'held/doors', { command: 'sexton approve plan/0123456789ab' }],
    ['an event that waits for approval', { view: { pending: [pending] } }, 'pending/140@2026-11-21T23:00:00Z', { severity: 'Info', subject: 'Approve? Lock-in, Sat 2026-11-21 18:00', command: pending.release, since: Date.parse(pending.since) }],
    ['a plane that fails for long', { status: { planes: plane('doors', 'ConnectionFailed'), fencedUntil: '2026-11-27' } }, 'plane/doors', { severity: 'Critical', patience: 10 * minute, what: 'The doors plane fails: ConnectionFailed says why. Doors follow the last program, and stay shut after 2026-11-27 for at least 60 days.' }],
    ['a plane that hangs', { status: { planes: plane('members', '', { ready: true, reason: null, lastSuccess: '2026-11-20T11:00:00Z' }) } }, 'plane/members', { what: expect.stringContaining('no run has ended for long') as unknown }],
    ['a plane that never ran', { status: { planes: plane('doors', 'Reconciling', { lastSuccess: null, message: null }) } }, 'plane/doors', { patience: 10 * minute }],
    ['a certificate that changed', { status: { planes: plane('doors', 'FingerprintMismatch') } }, 'certificate/unifi', { severity: 'Critical', patience: 0 }],
    ['the certificate of a source', { status: { sources: source('civicrm', { error: 'no', errorCode: 'CertificateRefused' }) } }, 'certificate/civicrm', { severity: 'Critical' }],
    ['another owner', { status: { planes: plane('doors', 'NotOwner') } }, 'owner', { command: 'sexton adopt controller', fact: 'NotOwner' }],
    ['another controller', { status: { planes: plane('members', 'ControllerReplaced') } }, 'owner', { fact: 'ControllerReplaced' }],
    ['a wrong clock', { status: { planes: plane('doors', 'ClockSkew') } }, 'clock', { patience: 5 * minute }],
    ['a source that cannot be read for long', { status: { sources: source('planningCenter', { error: 'down', errorCode: 'Timeout' }) } }, 'source/planningCenter', { patience: 30 * minute, since: Date.parse('2026-11-20T12:00:00Z') }],
    ['a calendar that lost much', { status: { sources: source('planningCenter', { kept: '9 bookings have vanished' }) } }, 'vanished/planningCenter', { what: '9 bookings have vanished' }],
    ['a door that is open outside every window', { view: { doors: door({ following: 'False', fault: { door: 'Open', since: '2026-11-20T11:50:00Z', why: 'is open outside every window' } }) } }, 'door/d1/open', { severity: 'Critical', subject: 'Door open: Front North', command: "sexton describe door/'Front North'", since: Date.parse('2026-11-20T11:50:00Z') }],
    ['a door that is shut within one', { view: { doors: door({ following: 'False', fault: { door: 'Closed', since: null, why: 'is locked within a window' } }) } }, 'door/d1/shut', { severity: 'Warning', since: null }],
    ['a fence that cannot be made', { facts: { statuses: [statusOf('gym', ['Programmed', 'False', 'FenceFailed']), statusOf('lobby', ['Programmed', 'False', 'FenceFailed'])] } }, 'fence', { severity: 'Critical', what: 'Without it no new program is written for gym, lobby: FenceFailed of gym' }],
    ['a group that waits for a person', { facts: { statuses: [statusOf('gym', ['Stalled', 'True', 'ForeignHolidays'])] } }, 'stalled/DoorGroup/gym', { command: 'sexton describe DoorGroup/gym', patience: 15 * minute }],
    ['a file that is refused', { facts: { reading: { resources: [refusedFile, refusedFile], unreadable: [], suspended: null } } }, 'refused/doors.yaml', { what: 'doors.yaml:8:3 spec.colour: unknown field (and 1 more). What was in force before stays in force.', since: Date.parse('2026-11-20T11:00:00Z') }],
    ['a file that nobody can read', { facts: { reading: { resources: [], unreadable: [{ file: 'x.yaml', line: 1, problems: [] }], suspended: null } } }, 'refused/x.yaml', {}],
    ['an empty directory', { facts: { reading: { resources: [], unreadable: [], suspended: 'The directory is empty.' } } }, 'resources', { severity: 'Critical' }],
    ['a commit that is refused', { status: { gitOps: { ...gitOps, refused } } }, 'commit', { subject: 'Refused: commit bbbbbbbbbbbb', fact: `${'b'.repeat(40)} Invalid`, what: 'Commit bbbbbbbbbbbb, made Fri 2026-11-20 06:00, is refused (Invalid): 1 problem. doors.yaml:8:3: unknown field. Commit aaaaaaaaaaaa stays in force.' }],
    ['a repository that cannot be pulled', { status: { gitOps: { ...gitOps, failed: { since: '2026-11-20T11:00:00Z', code: 'Timeout', message: 'no answer' } } } }, 'pull', { patience: hour, what: 'no answer. What was pulled last stays in force.' }],
    ['pulls that do not come', { status: { gitOps: { ...gitOps, fetchedAt: '2026-11-20T10:00:00Z' } } }, 'pull', { patience: 0 }],
    ['a lost state file, once', { status: { troubles: [{ key: 'state/inventory.json', reason: 'StateLost', object: 'State/inventory.json', message: 'it is damaged', since: '2026-11-20T12:00:00Z' }] } }, 'trouble/state/inventory.json', { severity: 'Critical', subject: 'A state file was lost: inventory.json', reminded: false }],
    ['an approval of a stranger', { status: { troubles: [{ key: 'approval/a.json', reason: 'ApprovalRefused', object: 'Approval/a.json', message: 'owned by uid 1001', since: '2026-11-20T12:00:00Z' }] } }, 'trouble/approval/a.json', { severity: 'Critical' }],
    ['a transport that is dead', { facts: { transports: [{ ...transport, ok: false, failingSince: '2026-11-20T11:59:00Z', error: 'mail: no connection.' }] } }, 'transport/mail', { command: 'sexton alert test', patience: minute }],
    ['a heartbeat that does not get through', { facts: { heartbeat: { ok: false, lastSuccess: null, failingSince: '2026-11-20T11:00:00Z', error: 'no answer.' } } }, 'heartbeat', { patience: 30 * minute }],
  ];
  it.each(rows)('%s', (_, world, key, more) => {
    const { holding } = looked(world);
    expect(holding.map((each) => each.key)).toEqual([key]);
    expect(holding[0]).toMatchObject(more);
    // For a phone: short, plain, and with something to do.
    expect(holding[0]?.subject.length).toBeLessThanOrEqual(80);
    expect(holding[0]?.todo).not.toBe('');
    expect(JSON.stringify(holding)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });

  it('nothing of what an operator has switched off, or of what this version leaves out', () => {
    expect(keysOf({ status: { planes: plane('members', 'Suspended') } })).toEqual([]);
    expect(keysOf({ status: { planes: plane('members', 'NotImplemented') } })).toEqual([]);
    expect(keysOf({ status: { planes: plane('members', 'ConnectionFailed') }, facts: { planes: ['doors'] } })).toEqual([]);
    expect(keysOf({ facts: { statuses: [statusOf('gym', ['Stalled', 'True', 'NotOwner'])] } })).toEqual([]);
  });

  it('no run of many minutes that gets on; one that no longer does, since it stopped', () => {
    const first = (gotOnAt: string): World => ({ status: { planes: plane('members', 'Reconciling', { lastSuccess: null, message: null, gotOnAt }) } });
    const later = (gotOnAt: string): World => ({ status: { planes: plane('members', '', { ready: true, reason: null, lastSuccess: '2026-11-20T11:00:00Z', gotOnAt }) } });
    for (const world of [first('2026-11-20T11:51:00Z'), later('2026-11-20T11:51:00Z')]) expect(keysOf(world)).toEqual([]);
    for (const world of [first('2026-11-20T11:49:00Z'), later('2026-11-20T11:49:00Z')]) {
      expect(looked(world).holding).toMatchObject([{ key: 'plane/members', since: Date.parse('2026-11-20T11:49:00Z') }]);
    }
    expect(keysOf({ status: { planes: plane('members', 'ConnectionFailed', { gotOnAt: '2026-11-20T11:59:00Z' }) } })).toEqual(['plane/members']);
  });

  it('one certificate, not also a plane that fails', () => {
    const both = calmView().status.planes.map((each) => ({ ...each, ready: false, reason: 'FingerprintMismatch', message: 'another one' }));
    expect(keysOf({ status: { planes: both } })).toEqual(['certificate/unifi']);
  });

  it('names from outside as one word of a shell, and no command that holds more than words', () => {
    const fault = { door: 'Open', since: null, why: 'is open' } as const;
    const named = looked({ view: { doors: door({ name: "Gym'; rm -rf ~ #", following: 'False', fault }) } });
    expect(named.holding[0]?.command).toBe("sexton describe door/'Gym'\\''; rm -rf ~ #'");
    const event = looked({ view: { pending: [{ ...pending, release: 'sexton approve $(reboot)@2026-11-21T23:00:00Z' }] } });
    expect(event.holding[0]?.command).toBeNull();
  });
});

describe('what nobody can tell now is not over', () => {
  const rows: readonly (readonly [name: string, key: string, unknown: World, known: World])[] = [
    ['a door while UniFi cannot be read', 'door/d1/open', { view: { doors: door({ following: 'Unknown' }) } }, {}],
    ['a door before the first run', 'door/d1/open', { facts: { reported: [] } }, { facts: { reported: ['doors'] } }],
    ['a door, until DryRun looks at none', 'door/d1/open', { view: { doors: door({ following: 'Unknown' }) } }, { status: { mode: 'DryRun' }, view: { doors: door({ following: 'Unknown' }) } }],
    ['an approval before the first run', 'pending/140@2026-11-21T23:00:00Z', { facts: { reported: ['members'] } }, {}],
    ['an approval before the calendar was read', 'pending/140@2026-11-21T23:00:00Z', { status: { sources: source('planningCenter', { readAt: null }) } }, {}],
    ['a brake before the members were read', 'held/members', { status: { sources: source('civicrm', { readAt: null }) } }, {}],
    ['a brake before the first run', 'held/members', { facts: { reported: ['doors'] } }, { facts: { reported: ['members'] } }],
    ['the owner while nothing answers', 'owner', { status: { planes: calmView().status.planes.map((each) => ({ ...each, ready: false, reason: 'Timeout', message: null })) } }, { status: { planes: plane('members', 'Timeout') } }],
    ['files before the directory was read', 'refused/doors.yaml', { facts: { reading: null } }, {}],
    ['a stalled group before the first run', 'stalled/DoorGroup/gym', { facts: { reported: [] } }, {}],
    ['a transport that was not tried since the start', 'transport/mail', { facts: { transports: [transport] } }, { facts: { transports: [{ ...transport, lastSuccess: '2026-11-20T12:00:00Z' }] } }],
    ['a heartbeat that was not tried since the start', 'heartbeat', { facts: { heartbeat: { ok: true, lastSuccess: null, failingSince: null, error: null } } }, {}],
    ['an approval of a stranger before the first run', 'trouble/approval/a.json', { facts: { reported: [] } }, {}],
    ['a commit in the view of an older daemon', 'commit', { status: { gitOps: undefined } as unknown as Partial<StatusView> }, {}],
  ];
  it.each(rows)('%s', (_, key, unknown, known) => {
    expect(looked(unknown).unknown(key)).toBe(true);
    expect(looked(known).unknown(key)).toBe(false);
  });

  it('a lost state file is over with the next start', () => {
    expect(looked({ facts: { reported: [] } }).unknown('trouble/state/inventory.json')).toBe(false);
  });
});
