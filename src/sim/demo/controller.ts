import { churchZone, type ChurchDays } from './church-days.js';

const doors = {
  frontNorth: { id: '3e1c5a10-6f0b-4c52-8d1e-0a51c0de0001', name: 'Front Lobby North' },
  frontSouth: { id: '3e1c5a10-6f0b-4c52-8d1e-0a51c0de0002', name: 'Front Lobby South' },
  rear: { id: '3e1c5a10-6f0b-4c52-8d1e-0a51c0de0003', name: 'Rear Lobby' },
  gymFront: { id: '3e1c5a10-6f0b-4c52-8d1e-0a51c0de0004', name: 'Gym Front' },
  gymRear: { id: '3e1c5a10-6f0b-4c52-8d1e-0a51c0de0005', name: 'Gym Rear' },
  office: { id: '3e1c5a10-6f0b-4c52-8d1e-0a51c0de0006', name: 'Office Entrance' },
  // In no door group: members get in with their cards, nothing unlocks it.
  boiler: { id: '3e1c5a10-6f0b-4c52-8d1e-0a51c0de0007', name: 'Boiler Room' },
} as const;

const schedules = {
  front: '5c4ed01e-2b7a-4d1f-9a3c-0a51c0de0101',
  rear: '5c4ed01e-2b7a-4d1f-9a3c-0a51c0de0102',
  gymFront: '5c4ed01e-2b7a-4d1f-9a3c-0a51c0de0103',
  gymRear: '5c4ed01e-2b7a-4d1f-9a3c-0a51c0de0104',
  cleaning: '5c4ed01e-2b7a-4d1f-9a3c-0a51c0de0105',
  daytime: '5c4ed01e-2b7a-4d1f-9a3c-0a51c0de0106',
  dayPass: '5c4ed01e-2b7a-4d1f-9a3c-0a51c0de0107',
} as const;

const churchHolidays = '401da150-93f4-4b6e-8f22-0a51c0de0201';
const cleaningPolicy = 'ac5e55f0-71d8-4a0c-b6e3-0a51c0de0304';
const masterCard = 'f00d'.repeat(16);
const cleaningCard = 'beef'.repeat(16);

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
type Day = (typeof weekdays)[number];

interface Range {
  readonly start_time: string;
  readonly end_time: string;
}

/** All seven days, as an absent week means access at all hours. A range is `HH:MM-HH:MM`, its last minute included. */
function week(hours: Partial<Record<Day, string>>): Record<string, readonly Range[]> {
  return Object.fromEntries(
    weekdays.map((day) => {
      const [start, end] = hours[day]?.split('-') ?? [];
      return [day, start === undefined || end === undefined ? [] : [{ start_time: `${start}:00`, end_time: `${end}:59` }]];
    }),
  );
}

function everyDay(hours: string): Partial<Record<Day, string>> {
  return Object.fromEntries(weekdays.map((day) => [day, hours]));
}

/** What the door controller holds before Sexton's first run: a seed of its simulator. */
export function demoController(days: ChurchDays): unknown {
  const all = Object.values(doors).map(({ id }) => ({ type: 'door', id }));
  return {
    time_zone: churchZone,
    doors: Object.values(doors).map((door) => ({ ...door, is_bind_hub: true })),
    holiday_groups: [
      {
        id: churchHolidays,
        name: 'Church holidays',
        holidays: [
          { name: 'Christmas Day', repeat: true, start_time: `${days.year()}-12-25T00:00:00Z`, end_time: `${days.year()}-12-26T00:00:00Z` },
        ],
      },
    ],
    schedules: [
      // Adopted by name. Two still hold what somebody once typed in, two are empty.
      { id: schedules.front, name: 'PCO Sync front_lobby', weekly: week({ sunday: '08:15-12:30', tuesday: '18:30-21:00' }) },
      { id: schedules.rear, name: 'PCO Sync rear_lobby', weekly: week({ sunday: '08:15-12:30', friday: '19:00-22:00' }) },
      { id: schedules.gymFront, name: 'PCO Sync gym_front', weekly: week({}) },
      { id: schedules.gymRear, name: 'PCO Sync gym_rear', weekly: week({}) },
      // Not Sexton's: these must look the same at the end of the demo.
      { id: schedules.cleaning, name: 'Cleaning crew', weekly: week({ monday: '21:30-23:30', thursday: '21:30-23:30' }), holiday_group_id: churchHolidays },
      { id: schedules.daytime, name: 'Daytime', weekly: week(everyDay('06:00-21:59')) },
      { id: schedules.dayPass, name: 'Day pass hours', weekly: week({ ...everyDay('09:00-16:59'), sunday: '12:00-16:59' }) },
    ],
    // What a person chose for each hub in UniFi's pages. The office has nothing yet: the schedule "Sexton office" does
    // not exist before Sexton creates it, and no program can point a hub at a schedule. Until somebody does, that door
    // stays shut, and the status of its door group says what to do.
    unlock_schedules: {
      [doors.frontNorth.id]: schedules.front,
      [doors.frontSouth.id]: schedules.front,
      [doors.rear.id]: schedules.rear,
      [doors.gymFront.id]: schedules.gymFront,
      [doors.gymRear.id]: schedules.gymRear,
    },
    access_policies: [
      // Without a schedule_id: that of access at all hours.
      { id: 'ac5e55f0-71d8-4a0c-b6e3-0a51c0de0301', name: 'Members 24x7', resources: all },
      { id: 'ac5e55f0-71d8-4a0c-b6e3-0a51c0de0302', name: 'Members Daytime', resources: all, schedule_id: schedules.daytime },
      {
        id: 'ac5e55f0-71d8-4a0c-b6e3-0a51c0de0303',
        name: 'Day Pass',
        resources: [{ type: 'door', id: doors.gymFront.id }, { type: 'door', id: doors.frontNorth.id }],
        schedule_id: schedules.dayPass,
      },
      { id: cleaningPolicy, name: 'Cleaning crew', resources: all, schedule_id: schedules.cleaning },
      // As every controller has it: open to all doors at all hours. `sexton doctor` warns of it.
      { id: 'ac5e55f0-71d8-4a0c-b6e3-0a51c0de0305', name: 'Default Site Policy', resources: all },
    ],
    cards: [
      { token: masterCard, alias: 'Master', nfc_id: '70F12C' },
      { token: cleaningCard, alias: 'Cleaning 1', nfc_id: '70F12D' },
    ],
    // Nobody here is Sexton's: none has a number that its template makes.
    users: [
      {
        id: 'b0551e5a-0c1d-4f7e-9a60-0a51c0de0401',
        first_name: 'Wilhelmina',
        last_name: 'Keyhole',
        user_email: 'keyhole@example.org',
        employee_number: '1001',
        status: 'ACTIVE',
        nfc_cards: [{ token: masterCard }],
      },
      {
        id: 'b0551e5a-0c1d-4f7e-9a60-0a51c0de0402',
        first_name: 'Barnaby',
        last_name: 'Mopwell',
        employee_number: '',
        status: 'ACTIVE',
        access_policy_ids: [cleaningPolicy],
        nfc_cards: [{ token: cleaningCard }],
      },
      {
        id: 'b0551e5a-0c1d-4f7e-9a60-0a51c0de0403',
        first_name: 'Ezra',
        last_name: 'Oldbell',
        employee_number: '1002',
        status: 'DEACTIVATED',
      },
    ],
  };
}
