import { readFile, rm } from 'node:fs/promises';
import { writeDurably } from '../../runtime/durable-file.js';
import { isRecord } from '../../runtime/record.js';

/** The commissioning test has seen a hub obey a holiday without hours. */
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

/** Null without a proof: a damaged one proves nothing, and the test is quickly done again. @throws never */
export async function readFenceProof(path: string): Promise<FenceProof | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isRecord(value) || value['version'] !== 1) return null;
    const { verifiedAt, schedule, door, controller } = value;
    if (typeof verifiedAt !== 'string' || typeof schedule !== 'string' || typeof door !== 'string' || typeof controller !== 'string') return null;
    return { verifiedAt, schedule, door, controller };
  } catch {
    return null;
  }
}

export async function writeFenceProof(path: string, proof: FenceProof): Promise<void> {
  await writeDurably({ path, content: `${JSON.stringify({ version: 1, ...proof }, null, 2)}\n`, mode: 0o640 });
}

/** The test says otherwise now, or this is another UniFi. */
export async function forgetFenceProof(path: string): Promise<void> {
  await rm(path, { force: true });
}
