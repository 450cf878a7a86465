import { findKind, kindInfo, kindWords } from '../api/kinds.js';
import { kinds } from '../api/resource.js';
import type { Kind } from '../api/resource.js';
import { closest } from '../api/suggest.js';
import { UsageError } from './exit.js';

/** What can be listed besides the six kinds; it comes from the view of the world. */
export type ListName = 'bookings' | 'pending' | 'doors' | 'members' | 'sources';

const lists: Readonly<Record<ListName, readonly string[]>> = {
  bookings: ['bookings', 'booking'],
  pending: ['pending'],
  doors: ['doors', 'door'],
  members: ['members', 'member', 'contacts', 'contact'],
  sources: ['sources', 'source'],
};

export type Target = { readonly kind: Kind; readonly names: readonly string[] } | { readonly list: ListName; readonly names: readonly string[] };

/**
 * `dg`, `dg a b`, `dg/a rm/b`, `dg,rm`, `all`: what each word means. All of one kind stand together, as first named.
 * @throws UsageError with what was probably meant
 */
export function parseTargets(words: readonly string[]): readonly Target[] {
  const [first = '', ...rest] = words;
  if (!words.some((word) => word.includes('/'))) return targetsOf(first).map((target) => ({ ...target, names: rest }));
  const bare = words.find((word) => !word.includes('/'));
  if (bare !== undefined) throw new UsageError(`${bare}: with KIND/NAME every word is one; write ${first.split('/')[0] ?? ''}/${bare}?`);
  const merged = new Map<string, Target>();
  for (const word of words) {
    const slash = word.indexOf('/');
    const [kindWord, name] = [word.slice(0, slash), word.slice(slash + 1)];
    if (name === '') throw new UsageError(`${word}: the name after the slash is missing`);
    for (const target of targetsOf(kindWord)) {
      const key = 'kind' in target ? target.kind : target.list;
      merged.set(key, { ...target, names: [...(merged.get(key)?.names ?? []), name] });
    }
  }
  return [...merged.values()];
}

/**
 * One `KIND/NAME`, or `KIND NAME`.
 * @throws UsageError
 */
export function parseOne(words: readonly string[]): Target & { readonly name: string } {
  const [target, another] = parseTargets(words);
  const [name, second] = target?.names ?? [];
  if (target === undefined || name === undefined) throw new UsageError(`a name is missing; write ${words[0] ?? 'KIND'}/NAME`);
  if (another !== undefined || second !== undefined) throw new UsageError('one thing at a time: KIND/NAME');
  return { ...target, name };
}

/** @throws UsageError */
export function contactId(name: string): number {
  if (!/^[1-9]\d{0,14}$/.test(name)) throw new UsageError(`${name}: a contact is named by its id in CiviCRM, for example contact/1234`);
  return Number(name);
}

/** @throws UsageError */
export function requireKind(word: string): Kind {
  const kind = findKind(word);
  if (kind !== null) return kind;
  throw new UsageError(`there is no kind \`${word}\`${meant(word, kinds.flatMap((each) => kindWords(each)), kinds)}`);
}

/** `doorgroup.sexton.dev`, as kubectl qualifies names. */
export function qualified(kind: Kind): string {
  return `${kindInfo(kind).singular}.sexton.dev`;
}

/** What `-o name` prints for anything that has a kind: a resource as `get` prints it, `schedule/Front` for what UniFi holds. */
export function objectName({ kind, name }: { readonly kind: string; readonly name: string }): string {
  const own = kinds.find((each) => each === kind);
  return `${own === undefined ? kind.toLowerCase() : qualified(own)}/${name}`;
}

/** Every word that names something to `get`. */
export function targetWords(): readonly string[] {
  return [...kinds.flatMap((kind) => kindWords(kind)), ...Object.values(lists).flat(), 'all'];
}

function targetsOf(text: string): readonly Target[] {
  return text.split(',').flatMap((part): readonly Target[] => {
    const word = part.toLowerCase().replace(/\.sexton\.dev$/, '');
    if (word === 'all') return kinds.map((kind) => ({ kind, names: [] }));
    const kind = findKind(word);
    if (kind !== null) return [{ kind, names: [] }];
    const list = (Object.keys(lists) as ListName[]).find((name) => lists[name].includes(word));
    if (list !== undefined) return [{ list, names: [] }];
    if (/^(ev|events?)$/.test(word)) {
      throw new UsageError('`get events` could mean two things: `sexton get bookings` shows the calendar, `sexton events` what the controller did');
    }
    throw new UsageError(`there is nothing called \`${part}\`${meant(word, targetWords(), [...kinds.map((each) => kindInfo(each).plural), ...Object.keys(lists), 'all'])}`);
  });
}

function meant(word: string, candidates: readonly string[], all: readonly string[]): string {
  const near = closest(word, candidates);
  return near === null ? `; there are ${all.join(', ')}` : `; did you mean \`${near}\`?`;
}
