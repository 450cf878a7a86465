import Papa from 'papaparse';
import type { Resource } from '../../api/resource.js';
import { plain } from '../../runtime/text.js';
import { doorGroupNames } from './door-names.js';
import type { Imported, NotCarried } from './imported.js';

/** Columns with a meaning of their own; every other one is a door group. */
const reserved = ['room', 'match', 'lead', 'lag', 'mapping', 'notes'] as const;
type Reserved = (typeof reserved)[number];
const yes = new Set(['yes', 'y', 'true', '1', 'x', 'on']);
const no = new Set(['', 'no', 'n', 'false', '0', 'off', '-']);

type Room = Resource<'RoomMapping'>['spec']['rooms'][number];
type MatchField = 'name' | 'nameContains' | 'resourceId';

/** A table of rooms and door groups, as a spreadsheet saves it, as RoomMappings. `doorGroups`: names that there are; empty: not known. */
export function importRoomsCsv(text: string, doorGroups: readonly string[]): Imported {
  const parsed = Papa.parse<readonly string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  const [header = [], ...rows] = parsed.data;
  const columns = header.map((title) => title.trim());
  const notCarried: NotCarried[] = parsed.errors.flatMap(({ row, code, message }) => (code === 'UndetectableDelimiter' ? [] : [{ from: `line ${(row ?? 0) + 1}`, reason: message }]));
  if (!columns.some((title) => title.toLowerCase() === 'room')) {
    return { ...nothing, notCarried: [...notCarried, { from: 'line 1', reason: 'there is no column "room": the first line names the columns' }] };
  }
  const own = columns.filter((title) => title !== '' && reservedOf(title) === null);
  const names = doorGroupNames(own);
  const groupOf = (title: string): string => doorGroups.find((name) => name === title) ?? names.get(title) ?? title;
  const known = new Set(doorGroups);
  const unknown = doorGroups.length === 0 ? [] : own.filter((title) => !known.has(groupOf(title)));
  for (const title of unknown) notCarried.push({ from: `column ${title}`, reason: `there is no DoorGroup "${groupOf(title)}"` });
  const carried = own.filter((title) => !unknown.includes(title)).map((title) => ({ from: `column ${title}`, to: `DoorGroup/${groupOf(title)}` }));

  const mappings = new Map<string, Room[]>();
  for (const [index, row] of rows.entries()) {
    const line = `line ${index + 2}`;
    const cell = (name: Reserved): string => unescaped((row[columns.findIndex((title) => reservedOf(title) === name)] ?? '').trim());
    if (cell('notes') !== '') notCarried.push({ from: `${line}, notes`, reason: 'a note has no place in a resource; write it as a comment' });
    const read = roomOf({ line, row, columns, cell, groupOf, skip: new Set(unknown) });
    if ('reason' in read) notCarried.push({ from: read.from, reason: read.reason });
    else {
      const mapping = cell('mapping') === '' ? 'rooms' : cell('mapping');
      mappings.set(mapping, [...(mappings.get(mapping) ?? []), read.room]);
      carried.push({ from: line, to: `RoomMapping/${mapping} spec.rooms` });
      notCarried.push(...read.problems);
    }
  }
  const documents = [...mappings].flatMap(([name, rooms]) =>
    Array.from({ length: Math.ceil(rooms.length / mostRooms) }, (_, part) => ({
      kind: 'RoomMapping',
      name: part === 0 ? name : `${name}-${part + 1}`,
      spec: { rooms: rooms.slice(part * mostRooms, (part + 1) * mostRooms) },
    })),
  );
  // A resource file may have 1 MiB.
  const files = Array.from({ length: Math.ceil(documents.length / mappingsPerFile) }, (_, part) => ({
    file: part === 0 ? 'rooms.yaml' : `rooms-${part + 1}.yaml`,
    comment: 'Which doors a room opens. Imported from a table.',
    documents: documents.slice(part * mappingsPerFile, (part + 1) * mappingsPerFile),
  }));
  return { ...nothing, files, carried, notCarried };
}

/** Of one RoomMapping; several are united. */
const mostRooms = 1000;
const mappingsPerFile = 4;

const nothing: Imported = { configuration: {}, files: [], credentials: {}, carried: [], notCarried: [], notes: [] };

interface Row {
  readonly line: string;
  readonly row: readonly string[];
  readonly columns: readonly string[];
  readonly cell: (name: Reserved) => string;
  readonly groupOf: (title: string) => string;
  readonly skip: ReadonlySet<string>;
}

function roomOf({ line, row, columns, cell, groupOf, skip }: Row): { readonly room: Room; readonly problems: readonly NotCarried[] } | NotCarried {
  const room = plain(cell('room'));
  if (room === '') return { from: line, reason: 'the room has no name' };
  const match = matchOf(cell('match'));
  if (match === null) return { from: line, reason: `match is "${cell('match')}"; it is name, contains or id` };
  const problems: NotCarried[] = [];
  const doorGroups = columns.flatMap((title, index) => {
    const mark = (row[index] ?? '').trim().toLowerCase();
    if (title === '' || reservedOf(title) !== null || skip.has(title) || no.has(mark)) return [];
    if (yes.has(mark)) return [groupOf(title)];
    problems.push({ from: `${line}, ${title}`, reason: `"${plain(mark)}" is neither yes nor empty` });
    return [];
  });
  if (doorGroups.length === 0) return { from: line, reason: 'it opens no door' };
  const margins = { ...(cell('lead') === '' ? {} : { lead: cell('lead') }), ...(cell('lag') === '' ? {} : { lag: cell('lag') }) };
  return { room: { [match]: room, doorGroups: [...new Set(doorGroups)], ...margins }, problems };
}

/** The rooms of all RoomMappings as a table that a spreadsheet edits, and what it has no column for. */
export function exportRoomsCsv(mappings: readonly Resource<'RoomMapping'>[], doorGroups: readonly string[]): { readonly text: string; readonly notCarried: readonly NotCarried[] } {
  const named = new Set(mappings.flatMap(({ spec }) => spec.rooms.flatMap((room) => room.doorGroups)));
  const groups = [...new Set([...doorGroups, ...named])].filter((name) => reservedOf(name) === null);
  const lines = mappings.flatMap(({ metadata, spec }) =>
    spec.rooms.map((room) => {
      const field = matchFields.find((each) => room[each] !== undefined) ?? 'name';
      const marks = groups.map((name) => (room.doorGroups.includes(name) ? 'yes' : ''));
      return [room[field] ?? '', wordOf[field], room.lead ?? '', room.lag ?? '', metadata.name, ...marks];
    }),
  );
  const text = Papa.unparse({ fields: ['room', 'match', 'lead', 'lag', 'mapping', ...groups], data: lines }, { newline: '\n', escapeFormulae: true });
  const notCarried = mappings.flatMap(({ metadata, spec }) =>
    (['timesFrom', 'lead', 'lag', 'exclude', 'onlyLocationContains', 'locationFallback', 'suspend'] as const).flatMap((field) => {
      const value = spec[field];
      const silent = value === undefined || value === false || value === 'Published' || (Array.isArray(value) && value.length === 0);
      return silent ? [] : [{ from: `RoomMapping/${metadata.name} spec.${field}`, reason: 'a table of rooms has no column for it' }];
    }),
  );
  const reservedGroups = [...named].filter((name) => reservedOf(name) !== null).map((name) => ({ from: `DoorGroup/${name}`, reason: 'the table has a column of that name for something else' }));
  return { text: `${text}\n`, notCarried: [...notCarried, ...reservedGroups] };
}

const matchFields = ['name', 'nameContains', 'resourceId'] as const satisfies readonly MatchField[];
const wordOf: Readonly<Record<MatchField, string>> = { name: 'name', nameContains: 'contains', resourceId: 'id' };

function matchOf(word: string): MatchField | null {
  const lower = word.toLowerCase();
  return lower === '' ? 'name' : (matchFields.find((field) => wordOf[field] === lower || field.toLowerCase() === lower) ?? null);
}

function reservedOf(title: string): Reserved | null {
  return reserved.find((name) => name === title.trim().toLowerCase()) ?? null;
}

/** A spreadsheet takes a cell that begins so for a formula, unless it is quoted. */
function unescaped(cell: string): string {
  return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}
