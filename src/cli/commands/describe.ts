import { requireConfiguration } from '../configuration.js';
import type { DescribeContext, Description } from '../description.js';
import { CommandError, exit } from '../exit.js';
import type { Session } from '../session.js';
import { siteTime } from '../../runtime/site-time.js';
import { parseOne } from '../targets.js';

export interface DescribeOptions {
  readonly config?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** `describe KIND/NAME`, `member/CONTACT`, `door/NAME`, `booking/ID`: exit 1 not found, 69 a source could not be read. */
export async function describeCommand(session: Session, words: readonly string[], options: DescribeOptions): Promise<number> {
  const { terminal } = session;
  const target = parseOne(words);
  const configuration = requireConfiguration(session, options.config);
  const context: DescribeContext = { session, configuration, time: siteTime(configuration.timeZone), now: options.now };
  const description = await describe(context, target);
  if ('missing' in description) throw new CommandError(exit.failed, description.missing);
  terminal.out(description.lines.map((line) => `${line.trimEnd()}\n`).join(''));
  if (description.trouble === null) return exit.ok;
  terminal.note(description.trouble);
  return exit.unavailable;
}

async function describe(context: DescribeContext, target: ReturnType<typeof parseOne>): Promise<Description | { readonly missing: string }> {
  if ('kind' in target) return (await import('../describe-resource.js')).describeResource(context, target.kind, target.name);
  return (await import('../describe-list-item.js')).describeListItem(context, target.list, target.name);
}
