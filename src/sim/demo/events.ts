import type { Weekday } from './church-days.js';

export interface DemoResource {
  readonly id: string;
  readonly name: string;
  readonly kind: 'Room' | 'Resource';
}

function room(id: string, name: string): DemoResource {
  return { id, name, kind: 'Room' };
}

export const resources: readonly DemoResource[] = [
  room('463961', 'Sanctuary'),
  room('463962', 'Chapel'),
  room('463963', 'Fellowship Hall'),
  room('463964', 'Kitchen'),
  room('463965', 'Library'),
  room('463966', 'Nursery'),
  room('463967', 'Choir Room'),
  room('463968', 'Youth Room'),
  room('463969', 'Conference Room'),
  // The id that examples/rooms.yaml names instead of the room.
  room('463975', 'Gymnasium'),
  room('463976', 'Classroom 1'),
  room('463977', 'Classroom 2'),
  // No mapping names these two.
  room('463981', 'Prayer Garden'),
  room('463982', 'Bell Tower'),
  // Excluded by the mapping.
  room('463983', 'Parsonage Living Room'),
  { id: '463991', name: 'Portable Projector', kind: 'Resource' },
];

/** Approved, pending, rejected: as Planning Center writes it. */
type Approval = 'A' | 'P' | 'R';

/** A series; its public times are on the church's clock. */
export interface DemoEvent {
  readonly name: string;
  /** Rooms, and equipment, by name; a pair states the approval of that one booking. */
  readonly books: readonly (string | readonly [string, Approval])[];
  readonly when: { readonly weekday: Weekday; readonly from: string } | 'soon';
  /** `HH:MM`; in minutes where the start is not known. */
  readonly to: string | number;
  /** Days from start to end. */
  readonly nights?: number;
  /** Occurrences: the coming one is 0, that of the week after is 1. */
  readonly weeks: readonly number[];
  /** Minutes before and after the public times in which the rooms are taken as well. */
  readonly setup?: number;
  readonly teardown?: number;
  readonly approval?: Approval;
  readonly kind?: 'blockout';
}

const [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = [1, 2, 3, 4, 5, 6, 7] as const;
const everyWeek = [0, 1];
const thisWeek = [0];
const nextWeek = [1];

/** 40 bookings of rooms, and two of a projector, which is no room. */
export const events: readonly DemoEvent[] = [
  {
    name: 'Sunday Worship Service',
    books: ['Sanctuary', 'Nursery', 'Gymnasium', 'Portable Projector'],
    when: { weekday: sunday, from: '10:00' },
    to: '11:30',
    weeks: everyWeek,
    setup: 90,
    teardown: 60,
  },
  { name: 'Sunday School', books: ['Classroom 1', 'Classroom 2'], when: { weekday: sunday, from: '09:00' }, to: '09:50', weeks: everyWeek, setup: 15 },
  { name: 'Choir Rehearsal', books: ['Choir Room'], when: { weekday: wednesday, from: '19:00' }, to: '20:30', weeks: everyWeek },
  // Its doors are adjusted by an override.
  { name: 'Junior High Youth Group', books: ['Gymnasium', 'Youth Room'], when: { weekday: friday, from: '19:00' }, to: '21:30', weeks: everyWeek, setup: 45 },
  // Cancelled by an override on one date.
  { name: 'Senior Lunch', books: ['Fellowship Hall', 'Kitchen'], when: { weekday: wednesday, from: '12:00' }, to: '13:30', weeks: everyWeek, setup: 90, teardown: 60 },
  // Excluded by the mapping: the staff have cards.
  { name: 'Staff Meeting', books: ['Conference Room'], when: { weekday: tuesday, from: '10:00' }, to: '11:00', weeks: everyWeek },
  { name: "Men's Breakfast 🥞", books: ['Kitchen'], when: { weekday: saturday, from: '07:30' }, to: '09:00', weeks: thisWeek, setup: 60 },
  { name: '"Café & Conversation"', books: ['Library'], when: { weekday: thursday, from: '18:30' }, to: '20:00', weeks: everyWeek },
  { name: 'Open Gym', books: ['Gymnasium'], when: { weekday: monday, from: '18:00' }, to: '21:00', weeks: everyWeek },
  // Longer than any door group's maxContinuous.
  { name: 'Silent Retreat 🤫', books: ['Library'], when: { weekday: friday, from: '18:00' }, to: '13:00', nights: 2, weeks: thisWeek },
  // Outside safe hours.
  { name: 'Night of Prayer', books: ['Chapel'], when: { weekday: saturday, from: '22:00' }, to: '00:30', nights: 1, weeks: thisWeek },
  // Denied by an override.
  { name: 'Senior High Lock-In', books: ['Gymnasium'], when: { weekday: saturday, from: '20:00' }, to: '07:00', nights: 1, weeks: nextWeek },
  { name: 'Floor Waxing', books: ['Gymnasium'], when: { weekday: thursday, from: '08:00' }, to: '16:00', weeks: thisWeek, kind: 'blockout' },
  { name: 'Wedding Rehearsal', books: ['Sanctuary'], when: { weekday: thursday, from: '17:00' }, to: '18:30', weeks: nextWeek, approval: 'P' },
  // An approved event of which one room was refused.
  { name: "Wedding: Müller & O'Quill 💒", books: ['Sanctuary', ['Fellowship Hall', 'R']], when: { weekday: saturday, from: '14:00' }, to: '16:00', weeks: nextWeek, setup: 120, teardown: 60 },
  { name: 'Quinceañera – Señorita Luz', books: ['Fellowship Hall'], when: { weekday: saturday, from: '15:00' }, to: '20:00', weeks: nextWeek, setup: 120, approval: 'P' },
  { name: 'Drum Circle', books: ['Chapel'], when: { weekday: thursday, from: '20:00' }, to: '22:00', weeks: nextWeek, approval: 'R' },
  { name: 'Blessing of the Bicycles', books: ['Prayer Garden'], when: { weekday: saturday, from: '11:00' }, to: '12:00', weeks: thisWeek },
  { name: 'Stargazing', books: ['Bell Tower'], when: { weekday: tuesday, from: '20:00' }, to: '21:30', weeks: nextWeek },
  { name: "Elders' Meeting", books: ['Parsonage Living Room'], when: { weekday: tuesday, from: '19:00' }, to: '20:30', weeks: thisWeek },
  // By day its doors open at once, or within a quarter of an hour: something to see.
  { name: 'Open House', books: ['Chapel'], when: 'soon', to: 90, weeks: thisWeek },
];
