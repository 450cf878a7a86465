import { posix, resolve } from 'node:path';
import { type Reader, integer, mapping, maybe, optional, required, textAs, truth } from './config-reader.js';
import * as values from './config-values.js';
import { isLoopback } from './loopback.js';

/** What `sexton pull` follows. Names are those of Flux's GitRepository and Kustomization where they have one. */
export interface GitOpsConfiguration {
  readonly url: string;
  readonly branch: string;
  /** The directory inside the repository, without slashes around it; empty: all of it. */
  readonly path: string;
  /** How often pulls are expected, ms: an older success is worth a warning. The timer is systemd's. */
  readonly interval: number;
  /** Of one exchange with the repository's host, ms. */
  readonly timeout: number;
  /** Files that only the user who pulls must be able to read; null: ssh's and git's own defaults. */
  readonly sshKey: string | null;
  readonly knownHosts: string | null;
  readonly caFile: string | null;
  /** Null: signatures are not looked at. */
  readonly allowedSigners: string | null;
  readonly allowForcePush: boolean;
  readonly maxFiles: number;
  /** Bytes: of the repository as it is fetched, and of the resource files. */
  readonly maxSize: number;
}

export type GitTransport = 'ssh' | 'https' | 'http' | 'file';

const MINUTE = 60_000;
const scpLike = /^(?:[\w.-]+@)?[A-Za-z0-9][\w.-]*:(?![/\\]{2})[^\s]+$/;

/** How a checked URL is reached. `git@host:path` is ssh, as git reads it. */
export function gitTransport(url: string): GitTransport {
  const scheme = /^(ssh|https|http|file):\/\//i.exec(url)?.[1]?.toLowerCase();
  return scheme === undefined ? (url.startsWith('/') ? 'file' : 'ssh') : (scheme as GitTransport);
}

/** Messages never repeat it: it may hold a password. */
const repositoryUrl: Reader<string> = textAs((value) => {
  if (/[\s\p{Cc}]/u.test(value)) return { wrong: 'must not hold white space' };
  if (value.startsWith('/')) return { ok: value };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) && scpLike.test(value)) return { ok: value };
  const wrong = 'must be an ssh or https URL such as "ssh://git@git.example.org/church/doors.git", or a path on this machine';
  if (!URL.canParse(value)) return { wrong };
  const url = new URL(value);
  if (!['ssh:', 'https:', 'http:', 'file:'].includes(url.protocol)) return { wrong };
  if (url.hostname.startsWith('-')) return { wrong };
  if (url.search !== '' || url.hash !== '') return { wrong: 'must not hold a query or a fragment' };
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    return { wrong: 'must not hold a password or token: put it into GIT_USERNAME and GIT_PASSWORD of the environment' };
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return { wrong: 'must be https: cleartext is allowed to this machine (loopback) only' };
  }
  return { ok: value };
});

const branch: Reader<string> = textAs((value) => {
  if (value.startsWith('refs/')) return { wrong: `must be the branch alone, such as ${value.replace(/^refs\/(heads\/)?/, '') || 'main'}` };
  const named = /^[A-Za-z0-9_][\w./+#@-]*$/.test(value) && !/\.\.|\/\/|@\{|\.lock(\/|$)|[./]$|\/\./.test(value);
  return named ? { ok: value } : { wrong: 'must be the name of a branch such as main' };
});

const insidePath: Reader<string> = textAs((value) => {
  const path = posix.normalize(value).replace(/^\.\/|\/+$/g, '');
  if (value.startsWith('/') || path === '..' || path.startsWith('../')) {
    return { wrong: 'must be a directory inside the repository, relative to its top, such as ./resources' };
  }
  if (/[\p{Cc}]/u.test(path)) return { wrong: 'must not hold control characters' };
  return { ok: path === '.' ? '' : path };
});

const units: Readonly<Record<string, number>> = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };

const quantity: Reader<number> = textAs((value) => {
  const match = /^(\d{1,9})(Ki|Mi|Gi)$/.exec(value);
  const bytes = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN);
  return bytes >= 64 * 1024 && bytes <= 4 * 1024 ** 3 ? { ok: bytes } : { wrong: 'must be a size such as 50Mi, from 64Ki to 4Gi' };
});

/** `{}` and an absent one: off. */
export function gitOps(base: string): Reader<GitOpsConfiguration | null> {
  // Not checked for being readable: an operator who runs `sexton status` need not be able to read the key.
  const file = textAs((value) => (value.trim() === '' ? { wrong: 'must not be empty' } : { ok: resolve(base, value) }));
  const fields = mapping({
    url: required(repositoryUrl),
    branch: optional(branch, 'main'),
    path: optional(insidePath, ''),
    interval: optional(values.duration(1000), 5 * MINUTE),
    timeout: optional(values.duration(1000), MINUTE),
    sshKey: maybe(file),
    knownHosts: maybe(file),
    caFile: maybe(file),
    allowedSigners: maybe(file),
    allowForcePush: optional(truth, false),
    maxFiles: optional(integer(1, 100_000), 5000),
    maxSize: optional(quantity, 50 * 1024 ** 2),
  });
  return (value, place) => {
    const empty = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
    return empty ? null : fields(value, place);
  };
}
