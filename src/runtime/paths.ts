import { join } from 'node:path';

/** Everything in the state directory. */
export function statePaths(stateDir: string) {
  return {
    installation: join(stateDir, 'installation.json'),
    accepted: join(stateDir, 'accepted'),
    inventory: join(stateDir, 'inventory.json'),
    bookings: join(stateDir, 'bookings.json'),
    budget: join(stateDir, 'budget.json'),
    rules: join(stateDir, 'rules.json'),
    approvals: join(stateDir, 'approvals'),
    events: join(stateDir, 'events.jsonl'),
    audit: join(stateDir, 'audit.jsonl'),
  } as const;
}

/** Everything in the runtime directory. */
export function runtimePaths(runtimeDir: string) {
  return {
    lock: join(runtimeDir, 'lock'),
    live: join(runtimeDir, 'live.json'),
    poke: join(runtimeDir, 'poke'),
    /** Status files of a resource directory that cannot be written. */
    status: join(runtimeDir, 'status'),
  } as const;
}
