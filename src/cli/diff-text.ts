import { isDeepStrictEqual } from 'node:util';
import { plain } from '../runtime/text.js';
import type { ChangeView, DiffView } from '../status/view.js';
import type { Colors } from './terminal.js';

/** A longer value says nothing on one line; `-o yaml` shows all of it. */
const longest = 160;

/** One line a change, the hash of every held plan, then the count. */
export function diffText({ planes }: DiffView, colors: Colors): string {
  const changes = planes.flatMap((plane) => plane.changes);
  const held = changes.filter((change) => change.held !== false);
  const hashes = planes.flatMap(({ hash, changes: own }) => (hash !== null && own.some((change) => change.held !== false) ? [`plan/${hash}`] : []));
  const counts = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}, ${held.length} held`;
  return [...changes.map((change) => changeLine(change, colors)), ...hashes, counts].map((line) => `${line}\n`).join('');
}

function changeLine(change: ChangeView, colors: Colors): string {
  const { verb, object, contact, before, after, held } = change;
  const sign = signOf(change);
  const paint = { '+': colors.green, '~': colors.yellow, '-': colors.red, '!': colors.yellow }[sign];
  const whose = contact === undefined || object.name.includes(String(contact)) ? '' : ` (contact ${contact})`;
  const why = held === false ? '' : ` [held: ${held}]`;
  return paint(plain(`${sign} ${verb} ${object.kind}/${object.name}${whose}${transition(before, after)}${why}`));
}

function signOf({ verb, held }: ChangeView): '+' | '~' | '-' | '!' {
  if (held !== false) return '!';
  if (verb === 'create' || verb === 'add') return '+';
  return verb === 'revoke' || verb === 'revoke-policy' || verb === 'deactivate' ? '-' : '~';
}

function transition(before: unknown, after: unknown): string {
  const [was, becomes] = differing(before, after);
  const [from, to] = [valueText(was), valueText(becomes)];
  if (from === '') return to === '' ? '' : `: ${to}`;
  return to === '' ? `: was ${from}` : `: ${from} -> ${to}`;
}

/** Without the fields that stay: of a full week the one day that changes must not be lost behind the others. */
function differing(before: unknown, after: unknown): readonly [unknown, unknown] {
  if (!isFields(before) || !isFields(after) || isDeepStrictEqual(before, after)) return [before, after];
  const stays = (key: string): boolean => isDeepStrictEqual(before[key], after[key]);
  const rest = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([key]) => !stays(key)));
  return [rest(before), rest(after)];
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `monday 09:00-11:00; friday 18:00-20:00` for an object, the thing itself for anything else. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = isFields(value) ? fieldsText(value) : scalarText(value);
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

function fieldsText(value: object): string {
  const fields = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return fields.length === 0 ? 'nothing' : fields.map(([key, inner]: [string, unknown]) => `${key} ${scalarText(inner)}`).join('; ');
}

function scalarText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scalarText).join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
