import { describe, expect, it } from 'vitest';
import { joinBookings, mayOverlap } from '../../src/sources/planning-center/bookings.js';
import { parsePage, type ApiRecord } from '../../src/sources/planning-center/json-api.js';
import { overlapQuery, readWindow } from '../../src/sources/planning-center/read-window.js';
import { missingRecords, relatedRecords } from '../../src/sources/planning-center/records.js';
import { zoneMismatch } from '../../src/sources/planning-center/time-zones.js';

const iso = (instant: number): string => new Date(instant).toISOString();

describe('the window that is read', () => {
  it.each([
    ['an ordinary day', '2026-06-10T16:00:00Z', 'America/New_York', '2026-06-09T04:00:00.000Z', '2026-06-25T04:00:00.000Z'],
    ['one minute before local midnight', '2026-06-11T03:59:00Z', 'America/New_York', '2026-06-09T04:00:00.000Z', '2026-06-25T04:00:00.000Z'],
    ['at local midnight it moves', '2026-06-11T04:00:00Z', 'America/New_York', '2026-06-10T04:00:00.000Z', '2026-06-26T04:00:00.000Z'],
    ['clocks go back within it', '2026-10-31T16:00:00Z', 'America/New_York', '2026-10-30T04:00:00.000Z', '2026-11-15T05:00:00.000Z'],
    ['east of Greenwich', '2026-06-10T16:00:00Z', 'Pacific/Auckland', '2026-06-09T12:00:00.000Z', '2026-06-25T12:00:00.000Z'],
  ])('%s', (_, now, zone, start, end) => {
    const window = readWindow(Date.parse(now), zone, 14);
    expect([iso(window.start), iso(window.end)]).toEqual([start, end]);
  });

  it('asks for overlap, with whole instants', () => {
    const query = overlapQuery({ start: Date.parse('2026-06-09T04:00:00Z'), end: Date.parse('2026-06-25T04:00:00Z') });
    expect(query).toContainEqual(['where[starts_at][lt]', '2026-06-25T04:00:00Z']);
    expect(query).toContainEqual(['where[ends_at][gt]', '2026-06-09T04:00:00Z']);
  });
});

describe('a page', () => {
  it('keeps the ids that single links name', () => {
    const relationships = {
      event: { data: { type: 'Event', id: '7' } },
      owner: { data: null },
      tags: { data: [{ type: 'Tag', id: '1' }] },
    };
    const page = parsePage(JSON.stringify({ data: [{ type: 'ResourceBooking', id: '1', relationships }], meta: { total_count: 1 } }));
    expect(page).toMatchObject({ total: 1, included: [], data: [{ id: '1', attributes: {}, relations: { event: '7' } }] });
    expect('data' in page && Object.keys(page.data[0]!.relations)).toEqual(['event']);
  });

  it.each([
    ['HTML', '<html></html>'],
    ['a body cut short', '{"data":[{"type":"Event","id":"1"'],
    ['an error body', '{"errors":[{"code":"500"}]}'],
    ['no count', '{"data":[],"meta":{}}'],
    ['a record without an id', '{"data":[{"type":"Event"}],"meta":{"total_count":1}}'],
    ['an array', '[]'],
  ])('is refused: %s', (_, body) => {
    expect(parsePage(body)).toHaveProperty('problem');
  });
});

function record(type: string, id: string, attributes: Record<string, unknown>, relations: Record<string, string> = {}): ApiRecord {
  return { type, id, attributes, relations };
}

const times = { starts_at: '2026-06-10T22:00:00Z', ends_at: '2026-06-11T01:00:00Z' };
const instance = record('EventInstance', '71', {
  ...times,
  name: 'Choir\u202e\u0007',
  location: null,
  all_day_event: false,
  kind: 'standard',
  published_starts_at: '2026-06-10T22:30:00Z',
  published_ends_at: '2026-06-11T00:30:00Z',
});
const room = record('Resource', '5', { name: 'Hall', kind: 'Room' });
const request = record('EventResourceRequest', '91', { approval_status: 'P' }, { event: '7', resource: '5' });
const links = { event: '7', event_instance: '71', resource: '5', event_resource_request: '91' };
const booking = record('ResourceBooking', '1', times, links);

function join(bookings: readonly ApiRecord[], included: readonly ApiRecord[]) {
  const { bookings: joined, ...rest } = joinBookings(bookings, relatedRecords(bookings, included));
  return { ...rest, incompleteEvents: [...rest.incompleteEvents], bookings: joined };
}

describe('bookings joined with what they point at', () => {
  it('take name and times from the instance and the approval from their own request', () => {
    const { bookings, incompleteEvents } = join([booking], [instance, room, request]);
    expect(incompleteEvents).toEqual([]);
    expect(bookings).toEqual([
      {
        id: '1',
        event: {
          id: '7',
          instanceId: '71',
          name: 'Choir',
          startsAt: Date.parse('2026-06-10T22:00:00Z'),
          endsAt: Date.parse('2026-06-11T01:00:00Z'),
          publishedStartsAt: Date.parse('2026-06-10T22:30:00Z'),
          publishedEndsAt: Date.parse('2026-06-11T00:30:00Z'),
          location: null,
          allDay: false,
          blockout: false,
        },
        resourceId: '5',
        room: 'Hall',
        start: Date.parse('2026-06-10T22:00:00Z'),
        end: Date.parse('2026-06-11T01:00:00Z'),
        approval: 'Pending',
      },
    ]);
  });

  it.each([
    ['its instance is missing', [room, request], {}],
    ['its room is missing', [instance, request], {}],
    ['its request is missing', [instance, room], {}],
    ['its instance has no name', [record('EventInstance', '71', times), room, request], {}],
    ['its status is unknown', [instance, room, record('EventResourceRequest', '91', { approval_status: 'X' })], {}],
    ['its end is unreadable', [instance, room, request], { ends_at: 'soon' }],
    ['it ends before it starts', [instance, room, request], { ends_at: '2026-06-10T21:00:00Z' }],
  ])('an event is incomplete when %s, and its other bookings do not count either', (_, included, attributes) => {
    const broken = { ...booking, attributes: { ...times, ...attributes } };
    const whole = record('ResourceBooking', '2', times, { ...links, resource: '6', event_resource_request: '92', event_instance: '72' });
    const other = record('ResourceBooking', '3', times, { ...links, event: '8', resource: '6', event_resource_request: '92', event_instance: '72' });
    const further = [
      record('Resource', '6', { name: 'Gym', kind: 'Room' }),
      record('EventResourceRequest', '92', { approval_status: 'A' }),
      record('EventInstance', '72', instance.attributes),
    ];
    const { bookings, incompleteEvents } = join([broken, whole, other], [...included, ...further]);
    expect(incompleteEvents).toEqual(['7']);
    expect(bookings.map(({ id }) => id)).toEqual(['3']);
  });

  it('a projector is no room and needs no request', () => {
    const projector = record('Resource', '5', { name: 'Projector', kind: 'Resource' });
    expect(join([booking], [instance, projector])).toEqual({ bookings: [], incompleteEvents: [], orphans: [] });
    expect(missingRecords([booking], relatedRecords([booking], [projector]))).toEqual({ instances: [], rooms: [], approvals: false });
  });

  it('a booking that names no event makes the whole reading worthless', () => {
    const unlinked = { event_instance: '71', resource: '5', event_resource_request: '91' };
    expect(join([record('ResourceBooking', '1', times, unlinked)], [instance, room, request]).orphans).toEqual(['1']);
  });

  it('finds the request by event and room when the booking does not link it, unless two disagree', () => {
    const plainBooking = record('ResourceBooking', '1', times, { event: '7', event_instance: '71', resource: '5' });
    expect(join([plainBooking], [instance, room, request]).bookings[0]?.approval).toBe('Pending');
    const second = record('EventResourceRequest', '92', { approval_status: 'A' }, { event: '7', resource: '5' });
    expect(join([plainBooking], [instance, room, request, second]).incompleteEvents).toEqual(['7']);
  });

  it('marks blockouts, and falls back to its own times where nothing is published', () => {
    const bare = record('EventInstance', '71', { ...times, name: 'Floor work', kind: 'blockout', published_starts_at: null });
    const event = join([booking], [bare, room, request]).bookings[0]!.event;
    expect(event).toMatchObject({ blockout: true, publishedStartsAt: event.startsAt, publishedEndsAt: event.endsAt });
  });

  it('names what is missing once', () => {
    const twin = { ...booking, id: '2' };
    expect(missingRecords([booking, twin], relatedRecords([booking, twin], []))).toEqual({ instances: ['71'], rooms: ['5'], approvals: true });
  });

  it('lets only pass what may overlap the window', () => {
    const at = (from: string, to: string) => ({ start: Date.parse(from), end: Date.parse(to) });
    expect(mayOverlap(booking, at('2026-06-11T00:59:00Z', '2026-06-12T00:00:00Z'))).toBe(true);
    expect(mayOverlap(booking, at('2026-06-11T01:00:00Z', '2026-06-12T00:00:00Z'))).toBe(false);
    expect(mayOverlap(record('ResourceBooking', '1', {}), at('2026-06-11T01:00:00Z', '2026-06-12T00:00:00Z'))).toBe(true);
  });
});

describe('the time zones of organization and site', () => {
  const now = Date.parse('2026-01-15T12:00:00Z');
  it.each([
    ['the same name', 'America/New_York', 'America/New_York', true],
    ['the name that Rails gives it', 'Eastern Time (US & Canada)', 'America/New_York', true],
    ['another name for the same clocks', 'America/Detroit', 'America/New_York', true],
    ['the same in winter only', 'Arizona', 'America/Denver', false],
    ['another zone', 'Pacific Time (US & Canada)', 'America/New_York', false],
    ['a name nobody knows proves nothing', 'Atlantis', 'America/New_York', true],
  ])('%s', (_, organization, site, agree) => {
    expect(zoneMismatch(organization, site, now) === null).toBe(agree);
  });
});
