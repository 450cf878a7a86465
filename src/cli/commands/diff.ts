import type { DiffView, Plane, View } from '../../status/view.js';
import { requireConfiguration } from '../configuration.js';
import { diffText } from '../diff-text.js';
import { exit } from '../exit.js';
import { follow } from '../follow.js';
import type { OutputForm } from '../options.js';
import { printValue } from '../print.js';
import type { Session } from '../session.js';
import { objectName } from '../targets.js';
import { readView, readViewAgain } from '../view.js';
import type { ViewRequest } from '../view.js';

export interface DiffOptions {
  readonly config?: string;
  readonly output?: OutputForm;
  readonly watch?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** The live plan: exit 0 nothing to do, 1 changes (held ones included), 2 it could not be told. Writes nothing. */
export async function diffCommand(session: Session, plane: Plane | undefined, options: DiffOptions): Promise<number> {
  const configuration = requireConfiguration(session, options.config);
  const planes: readonly Plane[] = plane === undefined ? ['doors', 'members'] : [plane];
  const request: ViewRequest = { configuration, now: options.now, planes, fresh: true, failure: exit.unable };
  const loaded = await readView(session, request);
  const diff = only(loaded.view.diff, planes);
  const untold = sourceTroubles(loaded.view, planes);
  for (const sentence of untold) session.terminal.note(sentence);
  await print(session, diff, options.output);
  if (options.watch === true) {
    return follow({
      session,
      items: async () => new Map([['diff', only((await readViewAgain(session, request)).view.diff, planes)]]),
      first: new Map([['diff', diff]]),
      print: (changed) => print(session, changed, options.output),
      every: 30_000,
    });
  }
  if (untold.length > 0 || diff.planes.some(({ error }) => error !== undefined)) return exit.unable;
  return diff.planes.some(({ changes }) => changes.length > 0) ? exit.failed : exit.ok;
}

async function print({ terminal }: Session, diff: DiffView, output: OutputForm | undefined): Promise<void> {
  for (const { plane, error } of diff.planes) if (error !== undefined) terminal.note(`${plane}: ${error}`);
  if (output === 'json' || output === 'yaml') await printValue(terminal, output, diff);
  else if (output === 'name') terminal.out(diff.planes.flatMap(({ changes }) => changes.map(({ object }) => `${objectName(object)}\n`)).join(''));
  else if (diff.planes.some(({ error }) => error === undefined)) terminal.out(diffText(diff, terminal.colors));
}

/** A plan made of what a source said earlier, or said in part, does not tell what a reconcile would change. */
function sourceTroubles({ status }: View, planes: readonly Plane[]): readonly string[] {
  return status.sources.flatMap(({ name, complete, error, readAt }) => {
    const plane = name === 'planningCenter' ? 'doors' : name === 'civicrm' ? 'members' : null;
    if (plane === null || !planes.includes(plane) || (complete && error === null)) return [];
    const older = readAt === null ? '' : `; this is the plan by what was read at ${readAt}`;
    return `${name}: ${error ?? 'the answer was incomplete'}${older}`;
  });
}

function only(diff: DiffView, planes: readonly Plane[]): DiffView {
  return { planes: diff.planes.filter(({ plane }) => planes.includes(plane)) };
}
