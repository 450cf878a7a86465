import type { GitOpsState } from '../../gitops/state.js';
import type { Configuration } from '../../runtime/config.js';
import { gitOpsNotes } from '../../status/git-ops-notes.js';
import type { AlertingView } from '../../status/view.js';
import { failed, ok, skipped, warning, type Check } from './check.js';

/** Whether people hear of what goes wrong. `alerting`: what the daemon knows of it; null without one. */
export function alertChecks({ alerts, heartbeat }: Pick<Configuration, 'alerts' | 'heartbeat'>, alerting: AlertingView | null): readonly Check[] {
  const untried = 'nothing has gone out this way since the start';
  const ways = alerts.map(({ name }): Check => {
    const known = alerting?.transports.find((each) => each.name === name);
    if (known?.ok === false) return failed(`alerts.${name}`, known.error ?? 'it fails', 'mend it, then `sexton alert test`');
    return known?.lastSuccess == null ? warning(`alerts.${name}`, untried, 'sexton alert test') : ok(`alerts.${name}`, `worked ${known.lastSuccess}`);
  });
  const none = warning('alerts', 'nobody is told when something goes wrong, but whoever looks at the status', 'add `alerts` to the configuration, then `sexton alert test`');
  return [...(ways.length === 0 ? [none] : ways), heartbeatCheck(heartbeat !== null, alerting)];
}

function heartbeatCheck(configured: boolean, alerting: AlertingView | null): Check {
  const name = 'heartbeat';
  if (!configured) return warning(name, 'nobody notices when this machine dies', 'add `heartbeat: { url: … }` of a service that tells you when calls stay away');
  const known = alerting?.heartbeat ?? null;
  if (known?.ok === false) return failed(name, known.error ?? 'it fails', 'check the address in the configuration, and the service; then `sexton alert test heartbeat`');
  return known?.lastSuccess == null ? warning(name, 'the service was not called since the start', 'sexton alert test heartbeat') : ok(name, `worked ${known.lastSuccess}`);
}

/** Whether commits come here and are in force. */
export function gitOpsChecks(state: GitOpsState | null, now: number): readonly Check[] {
  const name = 'gitOps';
  if (state === null) return [skipped(name, 'not configured')];
  const { revision, refused, failed: failing } = state;
  const wrong = refused !== null || failing !== null;
  const remedy = refused !== null ? 'mend it and push again, or take the commit back; `sexton pull` names file and line' : failing !== null ? 'check the network and the access to the repository, then `sexton pull`' : 'systemctl status sexton-pull.timer';
  const notes = gitOpsNotes(state, now);
  if (notes.length > 0) return notes.map((note) => (wrong ? failed : warning)(name, note, remedy));
  if (revision === null) return [failed(name, 'no pull has put a commit in force', 'sexton pull')];
  return [ok(name, `${revision.commit.slice(0, 12)} of ${revision.branch} is in force`)];
}
