import { churchZone, type ChurchDays } from './church-days.js';

const gold = [
  'Abelard Nettlewick', 'Betony Marrowgate', 'Cuthbert Ploverdale', 'Dulcie Hartstongue', 'Ephraim Quagmoor', 'Fenella Tidewater',
  'Gideon Bramblecote', 'Hepzibah Snowdrop', 'Ignatius Wickerbee', 'Jocasta Thimblerig', 'Kasimir Żółkiewka', 'Lettice Underhedge',
  'Mordecai Sparrowfoot', 'Nerissa Copperkettle', 'Obadiah Larkspurn', 'Philippa Dragonfly', 'Quentin Mossbottom', 'Rosalba Ñandú',
  'Septimus Candlewax', 'Tabitha Greengage',
];
const silver = [
  'Ulric Featherstitch', 'Verity Puddlejump', 'Wendel Øresundby', 'Xanthe Barleymow', 'Yorick Hollyhock', 'Zelda Turnpenny',
  'Aloysius Crumpethall', 'Blanche Moonraker', 'Crispin O’Dandelion', 'Dorothea Winterapple', 'Eustace Flintlock', 'Felicity Goosedown',
  'Godfrey Harebellow', 'Hyacinth Juniperus', 'Isidore Kettledrum', 'Jemima Lanternjaw', 'Kenelm Mustardseed', 'Lavinia Nightjar',
  'Montague Otterbourne', 'Nanette Périgourdine', 'Osbert Quillfeather',
];
const dayPass = [
  'Primrose Rushlight', 'Quincy Saltmarsh', 'Rowena Thistledown', 'Silvanus Umberfield', 'Theodora Vinegaroon', 'Umberto Windlestraw',
  'Violetta Yarrowby',
];

interface Membership {
  readonly type: string;
  readonly status?: string;
  /** Days from today; null: for life. */
  readonly ends: number | null;
  readonly years?: number;
  readonly is_override?: boolean;
  readonly is_test?: boolean;
}

interface DemoMember {
  readonly name: readonly [first: string, last: string] | null;
  readonly card?: string;
  readonly deceased?: boolean;
  readonly memberships: readonly Membership[];
}

/** What is unusual about some of the members in good standing, by the place in their tier. */
const unusualGold: Readonly<Record<number, readonly Membership[]>> = {
  0: [{ type: 'Gold', status: 'New', ends: 360 }],
  // Past its end, still let in for a while.
  1: [{ type: 'Gold', status: 'Grace', ends: -4 }],
  2: [{ type: 'Gold', ends: null }],
  // Somebody in the office keeps it alive by hand.
  3: [{ type: 'Gold', ends: -40, is_override: true }],
  // Moved up: the older membership is over.
  4: [{ type: 'Silver', status: 'Expired', ends: -120 }, { type: 'Gold', ends: 245 }],
};
const unusualSilver: Readonly<Record<number, readonly Membership[]>> = {
  // Two at once: the higher rank wins.
  0: [{ type: 'Silver', ends: 90 }, { type: 'Day Pass', ends: 3 }],
};

function tier(names: readonly string[], type: string, unusual: Readonly<Record<number, readonly Membership[]>>): DemoMember[] {
  return names.map((name, index) => {
    const [first = '', last = ''] = name.split(' ');
    const ends = type === 'Day Pass' ? 1 + index : 20 + ((index * 47) % 320);
    return { name: [first, last], memberships: unusual[index] ?? [{ type, ends }] };
  });
}

/** Records as they happen: people whom Sexton must not let in, cannot judge, or has to lock out. */
const odd: readonly DemoMember[] = [
  // Quarantined: a letter O in the number, a number that no card has, one card on two contacts, no name, a type without a rule.
  { name: ['Peregrine', 'Smudgely'], card: '4O21', memberships: [{ type: 'Silver', ends: 77 }] },
  { name: ['Griselda', 'Toobigge'], card: '70001', memberships: [{ type: 'Gold', ends: 150 }] },
  { name: ['Castor', 'Twinning'], card: '04242', memberships: [{ type: 'Silver', ends: 200 }] },
  { name: ['Pollux', 'Twinning'], card: '4242', memberships: [{ type: 'Silver', ends: 200 }] },
  { name: null, memberships: [{ type: 'Day Pass', ends: 5 }] },
  { name: ['Leopold', 'Foundling'], memberships: [{ type: 'Founders Circle', ends: 300 }] },
  // Without access: over, deceased before the membership was ended, a friend whose Gold membership is only a test.
  { name: ['Bartholomew', 'Lapsed'], memberships: [{ type: 'Gold', status: 'Expired', ends: -30 }] },
  { name: ['Cordelia', 'Bygone'], memberships: [{ type: 'Silver', status: 'Expired', ends: -365, years: 4 }] },
  { name: ['Desmond', 'Yesteryear'], memberships: [{ type: 'Silver', status: 'Cancelled', ends: 60 }] },
  { name: ['Eglantine', 'Overdew'], memberships: [{ type: 'Day Pass', status: 'Expired', ends: -2 }] },
  { name: ['Methuselah', 'Evergone'], deceased: true, memberships: [{ type: 'Gold', ends: 110, years: 30 }] },
  { name: ['Amity', 'Wellwisher'], memberships: [{ type: 'Friend', ends: 100 }, { type: 'Gold', ends: 100, is_test: true }] },
];

/** What CiviCRM holds: 60 contacts with a card, as a seed of its simulator. */
export function demoMembers(days: ChurchDays): unknown {
  const everybody = [...tier(gold, 'Gold', unusualGold), ...tier(silver, 'Silver', unusualSilver), ...tier(dayPass, 'Day Pass', {}), ...odd];
  return {
    time_zone: churchZone,
    card_field: 'Door_Access.card_id',
    // Labels are for people and change; rules name the types.
    membership_types: [
      { name: 'Gold', label: 'Gold Member' },
      { name: 'Silver', label: 'Silver Member' },
      { name: 'Day Pass', label: 'Day Pass (one week)' },
      { name: 'Friend', label: 'Friend of the Church' },
      { name: 'Founders Circle', label: 'Founders’ Circle' },
    ],
    contacts: everybody.map((member, index) => contact(member, index, days)),
  };
}

function contact({ name, card, deceased, memberships }: DemoMember, index: number, days: ChurchDays): unknown {
  const id = 201 + index;
  return {
    id,
    first_name: name?.[0] ?? null,
    last_name: name?.[1] ?? null,
    card_id: card ?? String(1_201 + index * 13),
    email: `contact-${id}@example.org`,
    is_deceased: deceased ?? false,
    memberships: memberships.map(({ type, status = 'Current', ends, years = 1 + (index % 6), is_override = false, is_test = false }) => {
      const lastsOneWeek = type === 'Day Pass';
      const starts = ends === null ? -2_000 : ends - (lastsOneWeek ? 7 : 365);
      const joined = status === 'New' || lastsOneWeek ? starts : starts - 365 * (years - 1);
      return {
        type,
        status,
        join_date: days.date(joined),
        start_date: days.date(starts),
        end_date: ends === null ? null : days.date(ends),
        is_override,
        is_test,
      };
    }),
  };
}
