import { join } from 'node:path';
import { addDays, localTime } from '../../desired/calendar/local-time.js';
import { errorMessage } from '../../runtime/errors.js';
import { isoInstant } from '../../runtime/instant.js';
import { requireOnly } from '../accepted-resource.js';
import { tellDaemon } from '../after-writing.js';
import { requireConfiguration } from '../configuration.js';
import { editBlock, editUnblock } from '../edits/block-edit.js';
import { editFile } from '../edits/edit-file.js';
import { UsageError, exit } from '../exit.js';
import { reasonText } from '../generated-files/generated-text.js';
import { noteOrder } from '../leave-order.js';
import type { Session } from '../session.js';
import { siteTime } from '../../runtime/site-time.js';
import { contactId, parseOne } from '../targets.js';

export interface BlockOptions {
  readonly config?: string;
  /** The last local date, `YYYY-MM-DD`. */
  readonly until?: string;
  readonly reason?: string;
}

/** Names a contact in the TierMapping's `blocked`, in the operator's own file: exit 0, also when it is so already, 1 when that cannot be. */
export async function blockCommand(session: Session, words: readonly string[], options: BlockOptions): Promise<number> {
  const contact = contactOf(words, 'block');
  const { until } = options;
  const reason = reasonText(options.reason);
  return change(session, {
    verb: 'block',
    reason,
    contact,
    config: options.config,
    edit: (text, name) => editBlock(text, name, { contact, until, reason }),
    byHand: `Add { contact: ${contact} } to spec.blocked by hand.`,
    effect: (timeZone) => {
      const end = until === undefined ? null : localTime(timeZone).startOf(addDays(until, 1));
      if (end !== null && end <= session.clock.now()) throw new UsageError(`--until ${until ?? ''} is past`);
      return `is blocked${end === null ? '' : ` until ${siteTime(timeZone).full(isoInstant(end))}`}: no access, whatever the membership says`;
    },
  });
}

/** Takes the contact out of `blocked`. Exit codes as `block`. */
export async function unblockCommand(session: Session, words: readonly string[], options: { readonly config?: string }): Promise<number> {
  const contact = contactOf(words, 'unblock');
  return change(session, {
    verb: 'unblock',
    reason: undefined,
    contact,
    config: options.config,
    edit: (text, name) => editUnblock(text, name, contact),
    byHand: `Remove contact ${contact} from spec.blocked by hand.`,
    effect: () => 'is not blocked: access is what the membership says',
  });
}

interface Order {
  readonly verb: 'block' | 'unblock';
  readonly reason: string | undefined;
  readonly contact: number;
  readonly config: string | undefined;
  readonly edit: (text: string, name: string) => string | null;
  readonly byHand: string;
  readonly effect: (timeZone: string) => string;
}

async function change(session: Session, { verb, reason, contact, config, edit, byHand, effect }: Order): Promise<number> {
  const configuration = requireConfiguration(session, config);
  const said = effect(configuration.timeZone);
  const reading = await session.readers.loadResources(configuration);
  const { stored } = requireOnly(reading, 'TierMapping');
  const written = await editFile({
    resources: configuration.resources,
    file: stored.file,
    site: configuration.site,
    edit: (text) => edit(text, stored.name),
    remedy: byHand,
  });
  if (written !== 'unchanged') await noteOrder(session, configuration, { order: verb, ref: `contact/${contact}`, files: [stored.file], reason }).catch((error: unknown) => session.terminal.note(`not on record: ${errorMessage(error)}`));
  const acts = written === 'unchanged' ? 'it was so already' : await tellDaemon(configuration, ['members']);
  session.terminal.out(`${join(configuration.resources, stored.file)}\ncontact/${contact} ${said}; ${acts}\n`);
  return exit.ok;
}

function contactOf(words: readonly string[], verb: string): number {
  const [first = '', ...rest] = words;
  // `block 1234` can mean nothing else.
  const target = parseOne(rest.length === 0 && /^\d+$/.test(first) ? [`contact/${first}`] : words);
  if (!('list' in target) || target.list !== 'members') throw new UsageError(`only a contact can be ${verb}ed: sexton ${verb} contact/1234`);
  return contactId(target.name);
}
