import { rm } from 'node:fs/promises';
import { openStateFile, type StateFile } from '../../runtime/state-file.js';
import { stateVersions } from '../../runtime/state-versions.js';

/** The commissioning test has seen a hub obey a holiday without hours. Without a proof the fence is `Unverified`. */
export interface FenceProof {
  /** ISO 8601 UTC. */
  readonly verifiedAt: string;
  /** Names in UniFi. */
  readonly schedule: string;
  readonly door: string;
  /** Whose hubs were seen: what is proved of one UniFi says nothing of another. */
  readonly controller: string;
}

/** The certificate that is pinned; the address where none is. */
export function controllerOf({ url, tlsFingerprint }: { readonly url: string; readonly tlsFingerprint: string | null }): string {
  return tlsFingerprint ?? new URL(url).origin;
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
    decode: ({ verifiedAt, schedule, door, controller }, version) => {
      // An older program did not say whose hubs it saw, so that its proof is nobody's.
      const seen = version === 1 ? '' : controller;
      if (typeof verifiedAt !== 'string' || typeof schedule !== 'string' || typeof door !== 'string' || typeof seen !== 'string') return null;
      return { verifiedAt, schedule, door, controller: seen };
    },
  });
}

/** The test says otherwise now, or this is another UniFi. */
export async function forgetFenceProof(path: string): Promise<void> {
  await rm(path, { force: true });
}
