import { TerminalError, errorCode, errorMessage } from '../../runtime/errors.js';
import type { AccessController } from '../../unifi/access-controller.js';
import { failed, ok, skipped, warning, type Check } from './check.js';

/** Never the id of anything: what UniFi says tells whether the token might. */
const nobody = '00000000-0000-0000-0000-000000000000';

interface View {
  readonly scope: string;
  readonly look: () => Promise<{ readonly length: number }>;
  readonly what: string;
}

/** Whether the token may see what Sexton reads. `tokenRefused`: no further question makes sense. */
export async function viewScopeChecks(unifi: AccessController): Promise<{ readonly checks: readonly Check[]; readonly tokenRefused: boolean }> {
  const views: readonly View[] = [
    { scope: 'view:space', look: () => unifi.listDoors(), what: 'doors' },
    { scope: 'view:policy', look: () => unifi.listSchedules(), what: 'schedules' },
    { scope: 'view:user', look: () => unifi.listUsers(), what: 'users' },
    { scope: 'view:credential', look: () => unifi.listCards(), what: 'cards' },
  ];
  const checks: Check[] = [];
  for (const { scope, look, what } of views) {
    const name = `unifi.scope.${scope}`;
    try {
      checks.push(ok(name, `${(await look()).length} ${what}`));
    } catch (error) {
      checks.push(failed(name, errorMessage(error), saysWhatToDo.has(errorCode(error)) ? null : `see that UniFi is well and reached from here, then look again; until then its ${what} are not read`));
      // Every further question would get the same answer.
      if (errorCode(error) === 'CODE_AUTH_FAILED') return { checks, tokenRefused: true };
    }
  }
  return { checks, tokenRefused: false };
}

/** Their messages end with what to do. */
const saysWhatToDo: ReadonlySet<string> = new Set(['CODE_AUTH_FAILED', 'CODE_UNAUTHORIZED', 'NoManZone']);

interface Probe {
  readonly scope: string;
  readonly attempt: () => Promise<unknown>;
  /** Nothing in UniFi would be another, even if it took an unknown id for one of its own. */
  readonly reads: boolean;
}

/**
 * Whether the token may change what Sexton changes: each scope is tried on something that does not exist. Only an answer
 * that could not be given to a stranger says "may"; one that does not know the call, or none at all, tells nothing.
 * @param mayWrite false: only what reads is tried
 */
export async function editScopeChecks(unifi: AccessController, mayWrite: boolean): Promise<readonly Check[]> {
  const probes: readonly Probe[] = [
    { scope: 'edit:user', attempt: () => unifi.updateUser(nobody, {}), reads: false },
    { scope: 'edit:policy', attempt: () => unifi.deletePolicy(nobody), reads: false },
    { scope: 'edit:space', attempt: () => unifi.setLockRule(nobody, { type: 'reset' }), reads: false },
    // The one call of this scope that only looks: cards have neither a harmless change nor a harmless deletion.
    { scope: 'edit:credential', attempt: () => unifi.getEnrolment(nobody), reads: true },
  ];
  const checks: Check[] = [];
  for (const { scope, attempt, reads } of probes) {
    const name = `unifi.scope.${scope}`;
    if (reads || mayWrite) checks.push(verdict(name, await attempt().then(() => null, (error: unknown) => error)));
    else checks.push(skipped(name, 'it writes, so it is not tried in DryRun'));
  }
  return checks;
}

/** Codes that a token without the scope might get as well: they tell nothing about it. */
const silent: ReadonlySet<string> = new Set(['NoManZone', 'CODE_NOT_FOUND', 'CODE_OPERATION_FORBIDDEN']);

function verdict(name: string, refused: unknown): Check {
  const code = errorCode(refused);
  if (refused === null || (refused instanceof TerminalError && code.startsWith('CODE_') && !silent.has(code) && !saysWhatToDo.has(code))) return ok(name, 'the token may');
  if (code === 'CODE_UNAUTHORIZED') return failed(name, errorMessage(refused));
  return warning(name, `it cannot be told: ${errorMessage(refused)}`, 'see in the API token settings of UniFi Access that the token may edit this');
}
