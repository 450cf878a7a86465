import { openStateFile, type StateFile } from '../../runtime/state-file.js';
import { stateVersions } from '../../runtime/state-versions.js';

/** The commissioning test has seen a hub obey a holiday without hours. Without a proof the fence is `Unverified`. */
export interface FenceProof {
  /** ISO 8601 UTC. */
  readonly verifiedAt: string;
  /** Names in UniFi. */
  readonly schedule: string;
  readonly door: string;
}

export function openFenceProof(path: string, options: { readonly readOnly: boolean }): StateFile<FenceProof> {
  return openStateFile<FenceProof>({
    ...options,
    path,
    version: stateVersions.fence,
    what: 'the proof that hubs here obey the fence, which is Unverified until `sexton doctor --fence-test` has run again',
    label: 'fence',
    // Read by commands of the group's people.
    mode: 0o640,
    decode: ({ verifiedAt, schedule, door }) =>
      typeof verifiedAt === 'string' && typeof schedule === 'string' && typeof door === 'string' ? { verifiedAt, schedule, door } : null,
  });
}
