import { randomBytes, randomUUID } from 'node:crypto';
import { openStateFile, writeFirst, type OnStateTrouble } from '../runtime/state-file.js';
import { stateVersions } from '../runtime/state-versions.js';

/** Who this installation is. The key makes operation hashes unguessable; neither is a secret of anybody else's. */
export interface Installation {
  readonly id: string;
  readonly key: string;
}

/** A missing or damaged file is a new installation; `lost` says so. Only a writable one is kept. */
export async function openInstallation(
  path: string,
  options: { readonly writable: boolean; readonly onDiskWrite: (what: string) => void; readonly onTrouble?: OnStateTrouble | undefined },
): Promise<{ readonly installation: Installation; readonly lost: string | null }> {
  const file = openStateFile<Installation>({
    path,
    version: stateVersions.installation,
    what: 'the identity of this installation',
    label: 'installation',
    readOnly: !options.writable,
    onDiskWrite: options.onDiskWrite,
    onTrouble: options.onTrouble,
    decode: ({ id, key }) => (typeof id === 'string' && typeof key === 'string' && id !== '' && key !== '' ? { id, key } : null),
  });
  const { value, lost } = await file.read();
  if (value !== null) return { installation: value, lost };
  const installation = { id: randomUUID(), key: randomBytes(32).toString('hex') };
  const failed = options.writable ? await writeFirst(file, installation) : null;
  // A UniFi that is marked with an id which nobody remembers would belong to no one.
  if (failed !== null) throw failed;
  return { installation, lost };
}
