import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readTrail } from '../../apply/audit/read-trail.js';
import { openTrailHead } from '../../apply/audit/trail-head.js';
import { verifyTrail, type Verification } from '../../apply/audit/verify.js';
import { statePaths } from '../../runtime/paths.js';
import { requireConfiguration } from '../configuration.js';
import { UsageError, exit } from '../exit.js';
import type { OutputForm } from '../options.js';
import { printValue } from '../print.js';
import type { Session } from '../session.js';

export interface AuditVerifyOptions {
  readonly config?: string;
  readonly output?: OutputForm;
  /** The hash of a record, noted earlier and elsewhere. */
  readonly head?: string;
}

/** Whether the chain of records is whole: exit 0, or 1 with file and line of every break. */
export async function auditVerifyCommand(session: Session, options: AuditVerifyOptions): Promise<number> {
  const { stateDir } = requireConfiguration(session, options.config);
  const noted = options.head?.toLowerCase() ?? null;
  if (noted !== null && !/^[0-9a-f]{64}$/.test(noted)) throw new UsageError('--head is the 64 hexadecimal digits that an earlier `sexton audit verify` printed');
  const look = (): Promise<Verification> => verifyNow(stateDir, noted);
  let found = await look();
  // The controller may have written between two of the files: what is broken stays broken.
  if (found.breaks.length > 0) found = await look();
  const { terminal } = session;
  const sound = found.breaks.length === 0 && (noted === null || found.holdsHash);
  if (options.output === 'json' || options.output === 'yaml') await printValue(terminal, options.output, { ...found, whole: sound });
  else terminal.out(verificationText(found, stateDir, noted));
  return sound ? exit.ok : exit.failed;
}

async function verifyNow(stateDir: string, noted: string | null): Promise<Verification> {
  const { audit, auditHead, installation } = statePaths(stateDir);
  // The head first: the trail may grow past it meanwhile, never the other way round.
  const { value, lost } = await openTrailHead(auditHead, { readOnly: true, onDiskWrite: () => undefined }).read();
  return verifyTrail({ lines: () => readTrail(audit), head: lost === null ? value : undefined, expected: existsSync(installation), noted, names: { trail: 'audit.jsonl', head: 'audit-head.json' } });
}

function verificationText({ records, files, from, to, head, breaks, notes, holdsHash }: Verification, stateDir: string, noted: string | null): string {
  const place = ({ file, line }: { readonly file: string; readonly line: number }): string => `${join(stateDir, file)}${line === 0 ? '' : `:${line}`}`;
  const missed = noted !== null && !holdsHash;
  return [
    ...breaks.map((each) => `${place(each)}: ${each.message}`),
    ...(missed ? [`${join(stateDir, 'audit.jsonl')}: no record has the hash ${noted}: what was there when it was noted is not there now`] : []),
    ...notes,
    `${records} ${records === 1 ? 'record' : 'records'} in ${files} ${files === 1 ? 'file' : 'files'}${from === null ? '' : `, ${from} to ${to ?? from}`}: ${breaks.length === 0 && !missed ? 'the chain is whole' : 'the chain is broken'}`,
    ...(head === null ? [] : [`head ${head.hash} (record ${head.seq}); noted elsewhere, \`sexton audit verify --head\` proves with it that nothing before was made anew`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
