import { join } from 'node:path';

/** Everything in the state directory. */
export function statePaths(stateDir: string) {
  return {
    installation: join(stateDir, 'installation.json'),
    accepted: join(stateDir, 'accepted'),
    inventory: join(stateDir, 'inventory.json'),
    bookings: join(stateDir, 'bookings.json'),
    alerts: join(stateDir, 'alerts.json'),
    budget: join(stateDir, 'budget.json'),
    rules: join(stateDir, 'rules.json'),
    approvals: join(stateDir, 'approvals'),
    events: join(stateDir, 'events.jsonl'),
    audit: join(stateDir, 'audit.jsonl'),
    fence: join(stateDir, 'fence.json'),
    /** What a fence test has in its hands. */
    fenceTest: join(stateDir, 'fence-test.json'),
    auditHead: join(stateDir, 'audit-head.json'),
  } as const;
}

/** What pulls keep in the state directory. */
export function gitOpsPaths(stateDir: string) {
  const directory = join(stateDir, 'gitops');
  return {
    directory,
    repository: join(directory, 'repository.git'),
    trees: join(directory, 'trees'),
    /** The link that a pull switches; `resources` leads to it. */
    current: join(directory, 'current'),
    /** Files of commands, which no switch touches. */
    generated: join(directory, 'generated'),
    /** What an operator edited and a pull replaced. */
    setAside: join(directory, 'set-aside'),
    /** The last refusal. */
    state: join(stateDir, 'gitops.json'),
  } as const;
}

/** Everything in the runtime directory. */
export function runtimePaths(runtimeDir: string) {
  return {
    lock: join(runtimeDir, 'lock'),
    live: join(runtimeDir, 'live.json'),
    /** What a person should know of; absent while there is nothing. */
    alerts: join(runtimeDir, 'alerts'),
    poke: join(runtimeDir, 'poke'),
    /** How the last pull went, and its lock. */
    pull: join(runtimeDir, 'pull.json'),
    pullLock: join(runtimeDir, 'pull.lock'),
    fenceTestLock: join(runtimeDir, 'fence-test.lock'),
    /** Status files of a resource directory that cannot be written. */
    status: join(runtimeDir, 'status'),
  } as const;
}
