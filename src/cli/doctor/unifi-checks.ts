import type { Configuration } from '../../runtime/config.js';
import { errorCode, errorMessage } from '../../runtime/errors.js';
import type { AccessController } from '../../unifi/access-controller.js';
import { failed, ok, skipped, warning, type Check } from './check.js';
import { editScopeChecks, viewScopeChecks } from './scope-checks.js';

export interface UnifiInputs {
  readonly configuration: Configuration['unifi'];
  /** The controller itself: scopes to edit are tried on things that do not exist. */
  readonly unifi: AccessController;
  /** `AB:CD:…` of the certificate that answers; null for a cleartext simulator. @throws when nobody answers */
  readonly certificate: () => Promise<string | null>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** False: nothing is tried that could change something if the controller took an unknown id for another. */
  readonly mayTryEdits: boolean;
}

/** Whether UniFi Access is there, is the one that is meant, and lets the token do what it must. */
export async function unifiChecks(inputs: UnifiInputs): Promise<readonly Check[]> {
  const certificate = await certificateCheck(inputs);
  if (certificate.state === 'Failed') return [certificate];
  const { unifi } = inputs;
  const { checks, tokenRefused } = await viewScopeChecks(unifi);
  if (tokenRefused) return [certificate, ...checks];
  return [certificate, ...checks, ...(await editScopeChecks(unifi, inputs.mayTryEdits)), clockCheck(inputs), ...(await defaultPolicyCheck(unifi))];
}

async function certificateCheck({ configuration, certificate }: UnifiInputs): Promise<Check> {
  const name = 'unifi.certificate';
  try {
    const shown = await certificate();
    const { tlsFingerprint: pinned } = configuration;
    if (shown === null) return ok(name, 'a simulator without a certificate');
    if (pinned === null) return warning(name, `the certificate is ${shown}, and nothing is pinned`, `compare it with the console's, then set unifi.tlsFingerprint: "${shown}"`);
    if (pinned === shown) return ok(name, 'the certificate is the pinned one');
    return failed(name, `the certificate is ${shown}, pinned is ${pinned}; nothing was sent`, 'find out why it changed (a reset, a renewal, a stranger); only then set unifi.tlsFingerprint to the new one');
  } catch (error) {
    return failed(name, `${configuration.url} does not answer (${errorCode(error)})`, "check unifi.url: it is the console's address with port 12445, and the API must be switched on in UniFi Access");
  }
}

const allowedSkew = 120_000;

function clockCheck({ unifi, now }: UnifiInputs): Check {
  const answer = unifi.lastDate();
  if (answer === null) return skipped('unifi.clock', 'UniFi does not say what time it is');
  const skew = now() - answer.date;
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) <= allowedSkew) return ok('unifi.clock', seconds < 2 ? 'as ours' : `${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} ours`);
  return failed('unifi.clock', `${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} ours; nothing is written while they differ by more than 2 min`, 'set the clocks of both by NTP');
}

/** UniFi's own policy for everybody at any time: with a door in it, every user opens that door, whatever a membership says. */
async function defaultPolicyCheck(unifi: AccessController): Promise<readonly Check[]> {
  const name = 'unifi.defaultPolicy';
  try {
    const open = (await unifi.listPolicies()).filter(({ name: policy, resources }) => /^Default (Site|Admin) Policy$/.test(policy) && resources.length > 0);
    if (open.length === 0) return [ok(name, 'no default policy opens doors')];
    return open.map(({ name: policy, resources }) =>
      warning(name, `"${policy}" opens ${resources.length} ${resources.length === 1 ? 'resource' : 'resources'} to everybody it is given to`, `take the doors out of "${policy}" in UniFi Access, or make sure that nobody holds it`),
    );
  } catch (error) {
    return [failed(name, errorMessage(error))];
  }
}
