import { gitTransport, type GitOpsConfiguration } from '../runtime/config-gitops.js';
import { scrubber } from '../runtime/scrub.js';

export interface GitCredentials {
  /** For https; null: nothing is sent. */
  readonly password: string | null;
  readonly username: string | null;
  /** A private key that the service manager hands out, where the configuration names none. */
  readonly sshKey: string | null;
}

/** Passed through from this process: where programs are, the way out, and an agent with keys. */
const inherited = ['PATH', 'https_proxy', 'HTTPS_PROXY', 'http_proxy', 'no_proxy', 'NO_PROXY', 'SSH_AUTH_SOCK'] as const;

/**
 * Everything git learns from outside. It reads no other configuration: no system's, no user's, and of a fetched repository
 * no hook, filter or setting is ever in force.
 */
export function gitEnvironment(
  gitOps: GitOpsConfiguration,
  credentials: GitCredentials,
  { repository, environment }: { readonly repository: string; readonly environment: Readonly<Record<string, string | undefined>> },
): Readonly<Record<string, string>> {
  const transport = gitTransport(gitOps.url);
  const settings: readonly (readonly [string, string])[] = [
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['credential.helper', ''],
    ['protocol.version', '2'],
    ['http.followRedirects', 'false'],
    ['fetch.fsckObjects', 'true'],
    ['fetch.recurseSubmodules', 'false'],
    ['submodule.recurse', 'false'],
    ['fetch.unpackLimit', '1'],
    // Larger blobs go to the disk as they come: a video beside the resources must not need the memory of a Pi.
    ['core.bigFileThreshold', '1m'],
    // A clean-up that went on by itself would meet the next pull.
    ['gc.autoDetach', 'false'],
    ['maintenance.autoDetach', 'false'],
    // Only ssh signatures are verified; the program for others is never started.
    ['gpg.program', '/bin/false'],
    ['gpg.x509.program', '/bin/false'],
    ['gpg.minTrustLevel', 'fully'],
    ...(gitOps.allowedSigners === null ? [] : ([['gpg.ssh.allowedSignersFile', gitOps.allowedSigners]] as const)),
    ...(gitOps.caFile === null ? [] : ([['http.sslCAInfo', gitOps.caFile]] as const)),
    ...authorization(gitOps, credentials),
  ];
  return {
    ...Object.fromEntries(inherited.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]))),
    HOME: repository,
    LC_ALL: 'C',
    GIT_DIR: repository,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ALLOW_PROTOCOL: transport,
    GIT_SSH_VARIANT: 'ssh',
    GIT_SSH_COMMAND: sshCommand(gitOps, credentials),
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(settings.flatMap(([key, value], index) => [[`GIT_CONFIG_KEY_${index}`, key], [`GIT_CONFIG_VALUE_${index}`, value]])),
  };
}

/** What git says, without credentials: neither ours nor any in a URL. */
export function gitScrubber({ username, password }: GitCredentials): (text: string) => string {
  const pair = password === null ? [] : [password, Buffer.from(`${username ?? 'git'}:${password}`).toString('base64')];
  const scrub = scrubber(pair);
  return (text) => maskUrls(scrub(text));
}

/** The user info of every URL in a text becomes `***`. */
export function maskUrls(text: string): string {
  return text.replace(/\/\/[^/\s@'"]*@/g, '//***@');
}

/** Sent at once and to this URL only, without asking a helper program. */
function authorization({ url }: GitOpsConfiguration, { username, password }: GitCredentials): readonly (readonly [string, string])[] {
  const transport = gitTransport(url);
  if (password === null || (transport !== 'https' && transport !== 'http')) return [];
  const basic = Buffer.from(`${username ?? 'git'}:${password}`).toString('base64');
  return [[`http.${url}.extraHeader`, `Authorization: Basic ${basic}`]];
}

/** No user's configuration, no question, no unknown host. */
function sshCommand({ sshKey, knownHosts }: GitOpsConfiguration, credentials: GitCredentials): string {
  const key = sshKey ?? credentials.sshKey;
  const settings = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ConnectTimeout=15',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    ...(knownHosts === null ? [] : [`UserKnownHostsFile="${knownHosts}"`, 'GlobalKnownHostsFile=/dev/null']),
    ...(key === null ? [] : [`IdentityFile="${key}"`, 'IdentitiesOnly=yes']),
  ];
  return ['ssh', '-F', '/dev/null', ...settings.flatMap((setting) => ['-o', setting])].map(quoted).join(' ');
}

/** For the shell that git hands it to. */
function quoted(word: string): string {
  return /^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
