import { join } from 'node:path';
import type { Resource } from '../../api/resource.js';
import { localTime } from '../../desired/calendar/local-time.js';
import { suspensionEnd } from '../../desired/calendar/site.js';
import { errorMessage } from '../../runtime/errors.js';
import { isoInstant } from '../../runtime/instant.js';
import { requireAccepted } from '../accepted-resource.js';
import { tellDaemon } from '../after-writing.js';
import { requireConfiguration } from '../configuration.js';
import { editFile } from '../edits/edit-file.js';
import { editSuspension } from '../edits/suspend-edit.js';
import type { Suspension } from '../edits/suspend-edit.js';
import { CommandError, UsageError, exit } from '../exit.js';
import { reasonText } from '../generated-files/generated-text.js';
import { noteOrder } from '../leave-order.js';
import type { Session } from '../session.js';
import { siteTime } from '../../runtime/site-time.js';
import { parseOne } from '../targets.js';

export interface SuspendOptions {
  readonly config?: string;
  /** `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM` */
  readonly until?: string;
  readonly reason?: string;
}

/** Sets `spec.suspend` in the operator's own file: exit 0, also when it is so already, 1 when the resource or its file does not allow it. */
export async function suspendCommand(session: Session, words: readonly string[], options: SuspendOptions): Promise<number> {
  return change(session, { words, config: options.config, verb: 'suspend' }, (resource, timeZone) => {
    const { until } = options;
    const end = until === undefined ? null : suspensionEnd({ suspend: true, suspendUntil: until }, localTime(timeZone));
    if (end !== null && end <= session.clock.now()) throw new UsageError(`--until ${until ?? ''} is past`);
    const { spec } = resource;
    const kept = 'suspend' in spec && spec.suspend ? spec.suspendReason : undefined;
    const wanted = { suspend: true, suspendUntil: until, suspendReason: reasonText(options.reason) ?? kept };
    return { wanted, effect: `is suspended${end === null ? '' : ` until ${siteTime(timeZone).full(isoInstant(end))}`}: ${consequence(resource)}` };
  });
}

/** Takes `spec.suspend` back, with its end and reason. Exit codes as `suspend`. */
export async function resumeCommand(session: Session, words: readonly string[], options: { readonly config?: string }): Promise<number> {
  return change(session, { words, config: options.config, verb: 'resume' }, () => ({
    wanted: { suspend: false, suspendUntil: undefined, suspendReason: undefined },
    effect: 'is in force again',
  }));
}

interface Order {
  readonly words: readonly string[];
  readonly config: string | undefined;
  readonly verb: 'suspend' | 'resume';
}

type Change = (resource: Exclude<Resource, Resource<'SafeHours'>>, timeZone: string) => { readonly wanted: Suspension; readonly effect: string };

async function change(session: Session, { words, config, verb }: Order, decide: Change): Promise<number> {
  const target = parseOne(words);
  if (!('kind' in target)) throw new UsageError(`${target.list} are no resources; sexton ${verb} KIND/NAME, for example sexton ${verb} oh/weekdays`);
  const configuration = requireConfiguration(session, config);
  const { kind, name } = target;
  if (kind === 'SafeHours') throw new CommandError(exit.failed, `SafeHours cannot be ${verb === 'suspend' ? 'suspended' : 'resumed'}: without it every event could open at night. Approve the event, or name it in preApproved`);
  const { stored, accepted } = requireAccepted(await session.readers.loadResources(configuration), kind, name);
  if (accepted.kind === 'SafeHours') return exit.failed;
  const { wanted, effect } = decide(accepted, configuration.timeZone);
  const written = await editFile({
    resources: configuration.resources,
    file: stored.file,
    site: configuration.site,
    edit: (text) => editSuspension(text, { kind, name }, wanted),
    remedy: `Set spec.suspend of ${kind}/${name} to ${String(wanted.suspend)} by hand.`,
  });
  if (written !== 'unchanged') await noteOrder(session, configuration, { order: verb, ref: `${kind}/${name}`, files: [stored.file], reason: wanted.suspendReason }).catch((error: unknown) => session.terminal.note(`not on record: ${errorMessage(error)}`));
  const acts = written === 'unchanged' ? 'it was so already' : await tellDaemon(configuration, [kind === 'TierMapping' ? 'members' : 'doors']);
  session.terminal.out(`${join(configuration.resources, stored.file)}\n${kind}/${name} ${effect}; ${acts}\n`);
  return exit.ok;
}

function consequence(resource: Parameters<Change>[0]): string {
  switch (resource.kind) {
    case 'DoorGroup':
      return 'nothing is added to its doors; closures, denials and locks still close them, and so does its fence';
    case 'RoomMapping':
      return 'its rooms open nothing; its exclusions still count';
    case 'OfficeHours':
      return 'it adds no openings; its closures still count';
    case 'TierMapping':
      return "nobody's access changes, except that blocked still cuts";
    case 'EventOverride':
      return { Adjust: 'the doors it names stay closed for that event', Approve: 'it approves nothing', Deny: 'it still denies, since suspending never opens', Cancel: 'it still cancels, since suspending never opens' }[
        resource.spec.action
      ];
  }
}
