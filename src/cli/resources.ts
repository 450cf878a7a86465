import { formatProblem } from '../api/problem.js';
import { kinds } from '../api/resource.js';
import type { Kind } from '../api/resource.js';
import { didYouMean } from '../api/suggest.js';
import type { Configuration } from '../runtime/config.js';
import { compareText } from '../runtime/text.js';
import type { ResourceReading } from '../store/resource-store.js';
import { absentObject, resourceObject } from './resource-object.js';
import type { ResourceObject } from './resource-object.js';
import type { Selector } from './selector.js';
import type { Session } from './session.js';
import type { Terminal } from './terminal.js';

export interface Resources {
  readonly reading: ResourceReading;
  /** By kind in the usual order, then name, then file. */
  readonly objects: readonly ResourceObject[];
}

export async function readResources(session: Session, configuration: Configuration): Promise<Resources> {
  const { loadResources } = session.readers;
  const reading = await loadResources(configuration);
  const objects = [
    ...reading.resources.map((stored) => resourceObject(stored, configuration.site)),
    ...reading.absent.map((absent) => absentObject(absent)),
  ];
  const place = (object: ResourceObject): number => kinds.indexOf(object.kind);
  return { reading, objects: objects.sort((a, b) => place(a) - place(b) || compareText(a.metadata.name, b.metadata.name) || inForceFirst(a, b)) };
}

/** Of two documents of the same name the accepted one comes first. */
function inForceFirst(a: ResourceObject, b: ResourceObject): number {
  return Number(a.spec === undefined) - Number(b.spec === undefined) || compareText(a.metadata.file ?? '', b.metadata.file ?? '');
}

export interface Selection {
  readonly objects: readonly ResourceObject[];
  /** A sentence per name that nothing bears. */
  readonly missing: readonly string[];
}

/** Those of one kind that are asked for; no names: all. */
export function select(resources: Resources, kind: Kind, names: readonly string[], matches: Selector | null): Selection {
  const all = resources.objects.filter((object) => object.kind === kind && (matches === null || matches(object.metadata.labels)));
  if (names.length === 0) return { objects: all, missing: [] };
  const known = all.map(({ metadata }) => metadata.name);
  return {
    objects: names.flatMap((name) => all.filter(({ metadata }) => metadata.name === name)),
    missing: names.filter((name) => !known.includes(name)).map((name) => `${kind} "${name}" not found${didYouMean(name, known)}`),
  };
}

/** What is wrong with the directory, on stderr: a person who looks at one kind must see that a file could not be read. */
export function noteTroubles(terminal: Terminal, { reading }: Resources, shown: readonly Kind[]): void {
  if (reading.suspended !== null) terminal.note(reading.suspended);
  for (const { kind, name, file, line, refused, accepted } of reading.resources) {
    if (refused === null || !shown.includes(kind)) continue;
    const force = accepted === null ? 'nothing of it is in force' : `generation ${accepted.metadata.generation ?? 1} stays in force`;
    terminal.note(`${kind}/${name} of ${file}:${line} is refused, ${force}:`);
    for (const problem of refused.problems) terminal.note(`  ${formatProblem(problem)}`);
  }
  for (const { problems } of reading.unreadable) for (const problem of problems) terminal.note(formatProblem(problem));
  for (const { kind, name, confirmed } of reading.absent) {
    if (shown.includes(kind)) terminal.note(`${kind}/${name}: its file is gone; ${confirmed ? 'what it did is being revoked' : 'it stays in force until that is certain'}`);
  }
}
