import { isRecord } from '../../runtime/record.js';
import { openStateFile, type StateFile } from '../../runtime/state-file.js';
import { stateVersions } from '../../runtime/state-versions.js';
import type { Link } from './record.js';

/**
 * `audit-head.json`: the end of the chain, kept beside it, so that a cut tail shows; and what is refused at the moment,
 * so that a restart does not record it again. Written after each outcome, never ahead of the trail itself.
 */
export interface TrailHead extends Link {
  /** Record that began each refusal which still stands, by its key. */
  readonly standing: Readonly<Record<string, number>>;
}

export function openTrailHead(path: string, options: { readonly readOnly: boolean; readonly onDiskWrite: (what: string) => void }): StateFile<TrailHead> {
  return openStateFile<TrailHead>({
    ...options,
    path,
    version: stateVersions.auditHead,
    what: 'where the audit trail ended',
    label: 'audit',
    mode: 0o640,
    decode,
  });
}

function decode({ seq, hash, standing }: Readonly<Record<string, unknown>>): TrailHead | null {
  if (!Number.isSafeInteger(seq) || Number(seq) < 0 || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash) || !isRecord(standing)) return null;
  const entries = Object.entries(standing).flatMap(([key, of]) => (typeof of === 'number' ? [[key, of] as const] : []));
  return { seq: Number(seq), hash, standing: Object.fromEntries(entries) };
}
