import { findCondition } from '../../api/conditions.js';
import type { ConditionStatus, ConditionType } from '../../api/conditions.js';
import { didYouMean } from '../../api/suggest.js';
import type { StoredResource } from '../../store/resource-store.js';
import { requireConfiguration } from '../configuration.js';
import { UsageError, exit } from '../exit.js';
import { poll } from '../poll.js';
import { resourceObject } from '../resource-object.js';
import type { Session } from '../session.js';
import { parseOne, qualified } from '../targets.js';

export interface WaitOptions {
  readonly config?: string;
  /** `condition=Ready`, `condition=Ready=False`. */
  readonly for: string;
  /** Milliseconds. */
  readonly timeout: number;
}

interface Wanted {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
}

/** Waits until a condition of the version in the file holds: exit 0, or 1 when it does not in time. */
export async function waitCommand(session: Session, words: readonly string[], options: WaitOptions): Promise<number> {
  const { terminal } = session;
  const wanted = parseFor(options.for);
  const target = parseOne(words);
  if (!('kind' in target)) throw new UsageError(`${target.list} have no conditions; wait for a resource, such as dg/NAME`);
  const { kind, name } = target;
  const configuration = requireConfiguration(session, options.config);
  const { loadResources } = session.readers;
  let last = 'not found';
  const result = await poll(session, { timeout: options.timeout, every: 250 }, async () => {
    const { resources } = await loadResources(configuration);
    const same = resources.filter((each) => each.kind === kind && each.name === name);
    // Of two documents of one name, the accepted one is the resource.
    const stored = same.find(({ refused }) => refused === null) ?? same[0];
    last = stored === undefined ? 'not found' : standing(stored, wanted);
    return stored !== undefined && holds(stored, configuration.site, wanted) ? stored : null;
  });
  if (result === 'interrupted') return exit.interrupted;
  if (result === 'timeout') {
    terminal.note(`timed out waiting for ${wanted.type}=${wanted.status} of ${kind}/${name}: ${last}`);
    return exit.failed;
  }
  terminal.out(`${qualified(kind)}/${name} condition met\n`);
  return exit.ok;
}

/** A refused document is certainly not Ready and not Accepted; nothing else is believed of it. */
function holds(stored: StoredResource, site: string, wanted: Wanted): boolean {
  if (stored.refused !== null) return wanted.status === 'False' && (wanted.type === 'Ready' || wanted.type === 'Accepted');
  const { status } = resourceObject(stored, site);
  return isCurrent(stored) && findCondition(status?.conditions, wanted.type)?.status === wanted.status;
}

/** The status speaks of the file as it stands now. */
function isCurrent({ accepted, specHash, status }: StoredResource): boolean {
  if (accepted === null || specHash === null || status === null || status.refused !== undefined) return false;
  return status.specHash === specHash && status.observedGeneration === accepted.metadata.generation;
}

function standing(stored: StoredResource, { type }: Wanted): string {
  if (stored.refused !== null) return `its file is refused (${stored.refused.problems[0]?.message ?? stored.refused.reason})`;
  if (!isCurrent(stored)) return 'its status does not speak of this version yet';
  const condition = findCondition(stored.status?.conditions, type);
  return condition === undefined ? `it has no condition ${type}` : `it is ${condition.status} (${condition.reason}: ${condition.message})`;
}

const types: readonly ConditionType[] = ['Ready', 'Accepted', 'ResolvedRefs', 'Programmed', 'Following', 'Reconciling', 'Stalled', 'Suspended', 'SourceStale', 'Braked'];
const statuses: readonly ConditionStatus[] = ['True', 'False', 'Unknown'];

function parseFor(text: string): Wanted {
  const [, word = '', value = 'True'] = /^condition=([^=]+)(?:=(.+))?$/i.exec(text) ?? [];
  if (word === '') throw new UsageError(`--for=${text}: write --for=condition=Ready, or --for=condition=Ready=False`);
  const type = types.find((each) => each.toLowerCase() === word.toLowerCase());
  if (type === undefined) throw new UsageError(`--for: there is no condition "${word}"${didYouMean(word, types) || `; there are ${types.join(', ')}`}`);
  const status = statuses.find((each) => each.toLowerCase() === value.toLowerCase());
  if (status === undefined) throw new UsageError(`--for: a condition is ${statuses.join(', ')}, not "${value}"`);
  return { type, status };
}
