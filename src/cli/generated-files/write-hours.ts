import { join } from 'node:path';
import type { Instant } from '../../desired/model.js';
import type { Configuration } from '../../runtime/config.js';
import { isoSeconds } from '../../runtime/instant.js';
import type { ResourceReading } from '../../store/resource-store.js';
import { personOf, tellDaemon } from '../after-writing.js';
import { CommandError, exit } from '../exit.js';
import type { Session } from '../session.js';
import { generatedName } from './file-name.js';
import { writeGenerated } from './generated-folder.js';
import { generatedText, reasonText } from './generated-text.js';

export interface HoursOrder {
  readonly configuration: Configuration;
  readonly reading: ResourceReading;
  readonly action: 'open' | 'lock';
  readonly doorGroup: string;
  /** From when; it names the file. */
  readonly at: Instant;
  readonly now: Instant;
  readonly reason: string | undefined;
  readonly comment: string;
  /** @param reason `{ reason }`, or nothing */
  readonly spec: (reason: { readonly reason?: string }) => Readonly<Record<string, unknown>>;
  /** A sentence without its end. */
  readonly effect: string;
}

/** Writes an OfficeHours of our own and says what comes of it. @throws CommandError, ConfigurationError */
export async function writeHours(session: Session, order: HoursOrder): Promise<void> {
  const { configuration, action, doorGroup, reading } = order;
  const { resources, site } = configuration;
  const id = generatedName(action, doorGroup, order.at);
  const taken = reading.resources.find((stored) => stored.kind === 'OfficeHours' && stored.name === id.name && stored.file !== id.file);
  if (taken !== undefined) throw new CommandError(exit.failed, `OfficeHours/${id.name} stands in ${taken.file}:${taken.line} already; change it there, or remove it`);
  const reason = reasonText(order.reason);
  const generated = generatedText(
    {
      id,
      kind: 'OfficeHours',
      comment: [`${order.comment}; written by \`sexton ${action}\`. Deleting this file takes it back.`],
      spec: order.spec(reason === undefined ? {} : { reason }),
      by: personOf(session),
      at: isoSeconds(order.now),
      reason,
    },
    site,
  );
  const written = await writeGenerated(resources, { ...generated, file: id.file, newReason: reason !== undefined });
  const acts = written === 'unchanged' ? 'it was so already' : await tellDaemon(configuration, ['doors']);
  session.terminal.out(`${join(resources, id.file)}\n${order.effect}; ${acts}\n`);
}
