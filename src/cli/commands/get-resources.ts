import type { Configuration } from '../../runtime/config.js';
import { lockHolder } from '../../runtime/lock.js';
import { requireConfiguration } from '../configuration.js';
import { exit } from '../exit.js';
import { follow } from '../follow.js';
import { listOf, printValue } from '../print.js';
import { resourceRows } from '../resource-tables.js';
import type { ResourceObject } from '../resource-object.js';
import { noteTroubles, readResources, select } from '../resources.js';
import type { Resources } from '../resources.js';
import type { Selector } from '../selector.js';
import type { Session } from '../session.js';
import { renderTable } from '../table.js';
import type { RenderedTable } from '../table.js';
import { qualified } from '../targets.js';
import type { GetOptions, KindTarget } from '../get-request.js';

export interface ResourceRequest {
  readonly targets: readonly KindTarget[];
  readonly selector: Selector | null;
  readonly all: boolean;
  readonly options: GetOptions;
}

interface Found {
  readonly groups: readonly { readonly kind: KindTarget['kind']; readonly objects: readonly ResourceObject[] }[];
  readonly objects: readonly ResourceObject[];
  readonly missing: readonly string[];
}

/** The six kinds, from the resource directory alone. */
export async function getResources(session: Session, request: ResourceRequest): Promise<number> {
  const configuration = requireConfiguration(session, request.options.config);
  const { terminal } = session;
  const resources = await readResources(session, configuration);
  if (!daemonRuns(configuration)) terminal.note('No daemon runs: the files as they are now, with the status that the last run left; nothing was written.');
  noteTroubles(terminal, resources, request.targets.map(({ kind }) => kind));
  const found = find(resources, request);
  await print(session, request, found, resources);
  for (const sentence of found.missing) terminal.note(sentence);
  if (found.objects.length === 0 && found.missing.length === 0) terminal.note('No resources found');
  if (request.options.watch !== true) return found.missing.length > 0 ? exit.failed : exit.ok;
  return watch(session, request, { first: found, read: () => readResources(session, configuration) });
}

function daemonRuns({ runtimeDir }: Configuration): boolean {
  try {
    return lockHolder(runtimeDir) !== null;
  } catch {
    // Not for this user to know; the files can be read all the same.
    return true;
  }
}

function find(resources: Resources, { targets, selector }: ResourceRequest): Found {
  const selections = targets.map(({ kind, names }) => ({ kind, ...select(resources, kind, names, selector) }));
  return {
    groups: selections.filter(({ objects }) => objects.length > 0),
    objects: selections.flatMap(({ objects }) => objects),
    missing: selections.flatMap(({ missing }) => missing),
  };
}

async function print(session: Session, request: ResourceRequest, found: Found, resources: Resources): Promise<void> {
  const { terminal } = session;
  const { output } = request.options;
  if (output === 'json' || output === 'yaml') {
    const { targets, all } = request;
    const names = targets.flatMap((target) => target.names);
    const single = names.length === 1 ? found.objects[0] : undefined;
    if (single !== undefined) await printValue(terminal, output, single);
    else if (names.length !== 1) await printValue(terminal, output, listOf([...found.objects, ...(all ? unreadableItems(resources) : [])]));
    return;
  }
  if (output === 'name') {
    terminal.out(found.objects.map((object) => `${fullName(object)}\n`).join(''));
    return;
  }
  const tables = found.groups.map(({ kind, objects }) => tableOf(session, request, kind, objects));
  terminal.out(tables.map(({ text }) => text).join('\n'));
}

function tableOf(session: Session, request: ResourceRequest, kind: KindTarget['kind'], objects: readonly ResourceObject[]): RenderedTable {
  const { headers, rows } = rowsOf(session, request, kind, objects);
  return renderTable(headers, rows);
}

function rowsOf({ terminal, clock }: Session, request: ResourceRequest, kind: KindTarget['kind'], objects: readonly ResourceObject[]) {
  const { output, now = clock.now() } = request.options;
  return resourceRows(kind, objects, { wide: output === 'wide', now, qualify: request.targets.length > 1, colors: terminal.colors });
}

function fullName({ kind, metadata }: ResourceObject): string {
  return `${qualified(kind)}/${metadata.name}`;
}

function unreadableItems({ reading }: Resources): readonly unknown[] {
  return reading.unreadable.map(({ file, line, problems }) => ({
    kind: 'UnreadableDocument',
    metadata: { name: `line-${line}`, file, line },
    status: { problems },
  }));
}

/** Of a resource that no daemon has accepted or refused yet, these are the times of each reading. */
const timesOfReading: ReadonlySet<string> = new Set(['creationTimestamp', 'since', 'lastTransitionTime']);

/** Prints an object again whenever it, or what is known of it, changes. */
async function watch(
  session: Session,
  request: ResourceRequest,
  { first, read }: { readonly first: Found; readonly read: () => Promise<Resources> },
): Promise<number> {
  const { terminal } = session;
  const { output } = request.options;
  const tables = new Map(first.groups.map(({ kind, objects }) => [kind, tableOf(session, request, kind, objects)]));
  const keyOf = (object: ResourceObject): string => `${fullName(object)} ${object.metadata.file ?? ''}`;
  return follow({
    session,
    items: async () => new Map(find(await read(), request).objects.map((object) => [keyOf(object), object])),
    first: new Map(first.objects.map((object) => [keyOf(object), object])),
    fingerprint: (object) => JSON.stringify(object, (key, value: unknown) => (timesOfReading.has(key) ? undefined : value)),
    print: async (object) => {
      if (output === 'json' || output === 'yaml') await printValue(terminal, output, object);
      else if (output === 'name') terminal.out(`${fullName(object)}\n`);
      else {
        const { headers, rows } = rowsOf(session, request, object.kind, [object]);
        const known = tables.get(object.kind);
        const table = known ?? renderTable(headers, rows);
        if (known === undefined) terminal.out(`${table.header}\n`);
        tables.set(object.kind, table);
        for (const cells of rows) terminal.out(`${table.row(cells)}\n`);
      }
    },
  });
}
