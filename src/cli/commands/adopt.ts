import { forgetFenceProof } from '../../apply/doors/fence-proof.js';
import { adoptController } from '../../controller/adopt-controller.js';
import { adoptMembers } from '../../controller/adopt-members.js';
import { noObserver } from '../../controller/observer.js';
import type { PlaneDeps } from '../../controller/plane.js';
import { readCredentials } from '../../runtime/credentials.js';
import { ConfigurationError, errorCode, errorMessage } from '../../runtime/errors.js';
import { createLogger } from '../../runtime/logger.js';
import { statePaths } from '../../runtime/paths.js';
import { personOf } from '../after-writing.js';
import { compose, silentPublisher } from '../compose.js';
import { requireConfiguration } from '../configuration.js';
import { withLock } from '../controller-process.js';
import { CommandError, UsageError, exit } from '../exit.js';
import type { Session } from '../session.js';
import { contactId } from '../targets.js';

export interface AdoptOptions {
  readonly config?: string;
}

/**
 * `sexton adopt controller`: takes a UniFi over that another installation owns, or that was replaced. `adopt members`:
 * takes over users of an older program. Both hold the lock, so that a daemon on this machine has to be stopped first
 * (75). Exit 0, or 1 when something was not taken over.
 */
export async function adoptCommand(session: Session, what: 'controller' | 'members', words: readonly string[], options: AdoptOptions): Promise<number> {
  if (what === 'controller' && words.length > 0) throw new UsageError('`sexton adopt controller` takes nothing more');
  const contacts = words.map((word) => contactId(word.replace(/^(?:contact|member)\//, '')));
  const configuration = requireConfiguration(session, options.config);
  if (configuration.mode === 'DryRun') {
    throw new CommandError(exit.failed, 'mode is DryRun: nothing is written to UniFi, so nothing is taken over; set mode: Apply first');
  }
  const { clock } = session;
  const credentials = readCredentials(session.environment);
  const person = personOf(session);
  return withLock(configuration, async () => {
    const composition = await compose({
      configuration,
      credentials,
      clock,
      imagined: false,
      log: createLogger({ stream: process.stderr, level: session.environment['LOG_LEVEL'], secrets: Object.values(credentials), clock }),
      observer: noObserver,
      access: 'control',
      dryRun: false,
      publisher: silentPublisher,
      stopping: () => session.interrupted().aborted,
    });
    for (const text of composition.lost) session.terminal.note(text);
    try {
      const code = await (what === 'controller'
        ? takeController(session, composition.deps, { person, fenceProof: statePaths(configuration.stateDir).fence })
        : takeMembers(session, composition.deps, { contacts, person }));
      const unwritten = composition.deps.audit.problem();
      if (unwritten !== null) session.terminal.note(`this is not on record: the audit trail cannot be written (${unwritten.code})`);
      return code;
    } catch (error) {
      if (error instanceof CommandError || error instanceof ConfigurationError) throw error;
      throw new CommandError(exit.failed, `not taken over: ${errorMessage(error)} (${errorCode(error)})`);
    } finally {
      await composition.close();
    }
  });
}

async function takeController({ terminal }: Session, deps: PlaneDeps, { person, fenceProof }: { readonly person: string; readonly fenceProof: string }): Promise<number> {
  const adoption = await adoptController(deps);
  if (adoption === null) {
    terminal.out(`this UniFi belongs to this installation (${deps.installationId}) already; nothing to do\n`);
    return exit.ok;
  }
  requireClock(deps);
  for (const step of adoption.steps) terminal.out(`${step}\n`);
  await adoption.carryOut(person);
  // Whether its hubs obey a holiday was seen elsewhere, if at all.
  await forgetFenceProof(fenceProof);
  terminal.out(`this UniFi belongs to installation ${deps.installationId} now; start the controller again\n`);
  return exit.ok;
}

async function takeMembers({ terminal }: Session, deps: PlaneDeps, { contacts, person }: { readonly contacts: readonly number[]; readonly person: string }): Promise<number> {
  const adoption = await adoptMembers(deps, contacts);
  if (typeof adoption === 'string') throw new CommandError(exit.failed, `nobody was taken over: ${adoption}`);
  requireClock(deps);
  let failed = adoption.refused.length;
  let taken = 0;
  for (const takeover of adoption.takeovers) {
    const { contact, userId, status, before, after } = takeover;
    if (deps.stopping()) throw new CommandError(exit.interrupted, `interrupted; ${taken} taken over, the others are as they were`);
    terminal.out(`contact ${contact}: UniFi user ${userId} (${status}), employee number "${before}" becomes "${after}"\n`);
    const problem = await adoption.carryOut(takeover, person);
    if (problem === null) taken += 1;
    else {
      failed += 1;
      terminal.note(`contact ${contact} was not taken over: ${problem}`);
    }
  }
  for (const refusal of adoption.refused) terminal.note(`not taken over: ${refusal}`);
  if (taken + failed === 0) terminal.out('nobody waits to be taken over; nothing to do\n');
  else terminal.out(`${taken} taken over${failed === 0 ? '' : `, ${failed} not`}; start the controller again\n`);
  return failed === 0 ? exit.ok : exit.failed;
}

function requireClock(deps: PlaneDeps): void {
  const skew = deps.clockCheck(deps.unifi.lastDate());
  if (skew !== null) throw new CommandError(exit.failed, `nothing was taken over: ${skew}`);
}
