import { systemClock } from '../runtime/clock.js';
import { silentLogger } from '../runtime/log.js';
import { openDirectoryStore } from '../store/directory/directory-store.js';
import type { LoadResources } from './live-view.js';

/** Apart from `loadView`, which brings every client with it: `sexton get dg` must start at once. */
export const loadResources: LoadResources = async (configuration) => {
  const store = openDirectoryStore({
    directory: configuration.resources,
    stateDir: configuration.stateDir,
    runtimeDir: configuration.runtimeDir,
    site: configuration.site,
    clock: systemClock,
    log: silentLogger,
    readOnly: true,
  });
  try {
    return await store.list();
  } finally {
    await store.close();
  }
};
