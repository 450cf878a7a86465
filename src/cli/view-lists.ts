import type { BookingView, DoorView, MemberView, PendingView, Plane, SourceView, View } from '../status/view.js';
import type { SiteTime } from '../runtime/site-time.js';
import type { Cell } from './table.js';
import type { ListName } from './targets.js';
import type { Colors, Paint } from './terminal.js';

/** One item of a list: what it is called, printed as and asked for by. */
export interface ListEntry {
  /** `booking/4711`, for `-o name`. */
  readonly fullName: string;
  /** What a person may type for it. */
  readonly names: readonly string[];
  readonly value: unknown;
  readonly cells: readonly Cell[];
}

export interface ListDefinition {
  /** The planes that must be read for it. */
  readonly planes: readonly Plane[];
  /** Without them there is nothing to show; null: the list is about the sources themselves. */
  readonly needs: { readonly source: SourceView['name']; readonly plane: Plane } | null;
  readonly headers: (wide: boolean) => readonly string[];
  readonly entries: (view: View, look: Look) => readonly ListEntry[];
}

export interface Look {
  readonly wide: boolean;
  readonly time: SiteTime;
  readonly colors: Colors;
}

interface Column<T> {
  readonly header: string;
  readonly wide?: true;
  readonly cell: (item: T, look: Look) => string | Cell;
}

interface Shape<T> {
  readonly needs: ListDefinition['needs'];
  readonly items: (view: View) => readonly T[];
  readonly singular: string;
  /** The first is its name. */
  readonly names: (item: T) => readonly [string, ...string[]];
  readonly columns: readonly Column<T>[];
}

function list<T>({ needs, items, singular, names, columns }: Shape<T>): ListDefinition {
  const shown = (wide: boolean): readonly Column<T>[] => columns.filter((column) => wide || column.wide !== true);
  const cellOf = (cell: string | Cell): Cell => (typeof cell === 'string' ? { text: cell } : cell);
  return {
    planes: needs === null ? ['doors', 'members'] : [needs.plane],
    needs,
    headers: (wide) => shown(wide).map(({ header }) => header),
    entries: (view, look) =>
      items(view).map((item) => ({
        fullName: `${singular}/${names(item)[0]}`,
        names: names(item),
        value: item,
        cells: shown(look.wide).map(({ cell }) => cellOf(cell(item, look))),
      })),
  };
}

export const viewLists: Readonly<Record<ListName, ListDefinition>> = {
  bookings: list<BookingView>({
    needs: { source: 'planningCenter', plane: 'doors' },
    items: (view) => view.bookings,
    singular: 'booking',
    names: ({ id, event }) => [id, event.id, event.name],
    columns: [
      { header: 'ID', cell: ({ id }) => id },
      { header: 'EVENT', cell: ({ event }) => event.name },
      { header: 'ROOM', cell: ({ room }) => room },
      { header: 'WHEN', cell: ({ start, end }, { time }) => time.range(start, end) },
      { header: 'STATE', cell: ({ state }, { colors }) => ({ text: state, paint: bookingPaint(state, colors) }) },
      { header: 'DOORS', cell: ({ windows }) => [...new Set(windows.map(({ doorGroup }) => doorGroup))].join(',') },
      { header: 'APPROVAL', wide: true, cell: ({ approval }) => approval },
      { header: 'EVENT ID', wide: true, cell: ({ event }) => event.id },
      { header: 'REASON', wide: true, cell: ({ reason }) => reason },
    ],
  }),
  pending: list<PendingView>({
    needs: { source: 'planningCenter', plane: 'doors' },
    items: (view) => view.pending,
    singular: 'pending',
    names: ({ eventId, eventName }) => [eventId, eventName],
    columns: [
      { header: 'EVENT', cell: ({ eventName }) => eventName },
      { header: 'STARTS', cell: ({ startsAt }, { time }) => time.full(startsAt) },
      { header: 'REASON', cell: ({ reason }, { colors }) => ({ text: reason, paint: colors.yellow }) },
      { header: 'DOORS', cell: ({ windows }) => [...new Set(windows.map(({ doorGroup }) => doorGroup))].join(',') },
      { header: 'ROOMS', wide: true, cell: ({ rooms }) => rooms.join(', ') },
      { header: 'SINCE', wide: true, cell: ({ since }, { time }) => time.full(since) },
      { header: 'RELEASE', cell: ({ release }) => release },
    ],
  }),
  doors: list<DoorView>({
    needs: { source: 'unifi', plane: 'doors' },
    items: (view) => view.doors,
    singular: 'door',
    names: ({ name, id }) => [name, id],
    columns: [
      { header: 'NAME', cell: ({ name }) => name },
      { header: 'GROUP', cell: ({ doorGroup }) => doorGroup ?? '' },
      { header: 'DESIRED', cell: ({ desired }) => desired },
      { header: 'LOCK', cell: ({ lock }) => lock },
      { header: 'POSITION', cell: ({ position }) => position },
      { header: 'FOLLOWING', cell: ({ following }, { colors }) => ({ text: following, paint: truthPaint(following, colors) }) },
      { header: 'RULE', wide: true, cell: ({ rule }) => rule },
      { header: 'ID', wide: true, cell: ({ id }) => id },
    ],
  }),
  members: list<MemberView>({
    needs: { source: 'civicrm', plane: 'members' },
    items: (view) => view.members,
    singular: 'member',
    names: ({ contact }) => [String(contact)],
    columns: [
      { header: 'CONTACT', cell: ({ contact }) => String(contact) },
      { header: 'OUTCOME', cell: ({ outcome }, { colors }) => ({ text: outcome, paint: outcomePaint(outcome, colors) }) },
      { header: 'RULE', cell: ({ rule }) => rule ?? '' },
      { header: 'CARD', cell: ({ card }) => card ?? '' },
      { header: 'POLICIES', cell: ({ policies }) => policies.join(', ') },
      { header: 'REASONS', wide: true, cell: ({ reasons }) => reasons.join('; ') },
    ],
  }),
  sources: list<SourceView>({
    needs: null,
    items: (view) => view.status.sources,
    singular: 'source',
    names: ({ name }) => [name],
    columns: [
      { header: 'NAME', cell: ({ name }) => name },
      { header: 'COMPLETE', cell: ({ complete }, { colors }) => ({ text: complete ? 'True' : 'False', paint: complete ? colors.green : colors.red }) },
      { header: 'AGE', cell: ({ ageSeconds }) => (ageSeconds === null ? '<never>' : secondsText(ageSeconds)) },
      { header: 'ITEMS', cell: ({ items }) => String(items) },
      { header: 'REVISION', wide: true, cell: ({ revision }) => revision ?? '' },
      { header: 'READ AT', wide: true, cell: ({ readAt }, { time }) => (readAt === null ? '' : time.full(readAt)) },
      { header: 'ERROR', cell: ({ error }, { colors }) => ({ text: error ?? '', paint: colors.red }) },
    ],
  }),
};

/** `45s`, `12m`, `3h`. */
export function secondsText(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)}s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}

function bookingPaint(state: BookingView['state'], colors: Colors): Paint {
  if (state === 'Open') return colors.green;
  return state === 'Held' || state === 'Unmapped' ? colors.yellow : colors.dim;
}

function truthPaint(value: 'True' | 'False' | 'Unknown', colors: Colors): Paint {
  return { True: colors.green, False: colors.red, Unknown: colors.dim }[value];
}

function outcomePaint(outcome: MemberView['outcome'], colors: Colors): Paint {
  if (outcome === 'Access') return colors.green;
  return outcome === 'None' || outcome === 'Ignored' ? colors.dim : colors.yellow;
}
