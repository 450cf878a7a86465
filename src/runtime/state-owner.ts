import { chownSync, statSync } from 'node:fs';
import { ConfigurationError, errorCode } from './errors.js';

/**
 * From here on root is the owner of the state directory: what root left there, the service could never replace. Whoever
 * else runs this stays who they are. What only root may read (credentials) is read before.
 * @throws ConfigurationError
 */
export function becomeStateOwner({ stateDir, runtimeDir }: { readonly stateDir: string; readonly runtimeDir: string }): void {
  if (process.geteuid?.() !== 0) return;
  try {
    const { uid, gid } = statSync(stateDir);
    if (uid === 0) return;
    // Made a moment ago, where the service has not run since the machine started.
    if (statSync(runtimeDir).uid === 0) chownSync(runtimeDir, uid, gid);
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    const code = errorCode(error);
    throw new ConfigurationError(`stateDir ${stateDir}: its owner cannot be taken on (${code}): run this as the user that runs sexton`, { code, cause: error });
  }
}
