import { spawn } from 'node:child_process';
import { ConfigurationError, TransientError, errorCode } from '../runtime/errors.js';
import { plain } from '../runtime/text.js';

export interface GitCall {
  readonly input?: string;
  /** Milliseconds; a minute by default. */
  readonly timeout?: number;
  /** Bytes of standard output; 16 MiB by default. */
  readonly most?: number;
  /** Ends it early, in the words of this error. Asked four times a second. */
  readonly stopWhen?: () => Promise<Error | null>;
}

/** One git command in the repository; its standard output. @throws GitError, ConfigurationError without git, or what ended it */
export type Git = (words: readonly string[], call?: GitCall) => Promise<Buffer>;

export interface GitOptions {
  /** The whole environment: nothing of this process's own gets through. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Takes credentials out of what git says. */
  readonly scrub: (text: string) => string;
}

/** Git ended with something else than 0. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly exitCode: number | null;
  /** What it said, in one line and without credentials. */
  readonly said: string;
  readonly code: string;
  /** What is wrong is here, in the repository that we keep, and not at its host or on the way. */
  readonly local: boolean;

  constructor({ exitCode, said, code, local }: { readonly exitCode: number | null; readonly said: string; readonly code: string; readonly local: boolean }) {
    super(`git: ${said}`);
    this.exitCode = exitCode;
    this.said = said;
    this.code = code;
    this.local = local;
  }
}

const kill = { politely: 'SIGTERM', certainly: 'SIGKILL', after: 2000 } as const;
const lookEvery = 250;

/**
 * A runner of the system's git. Not simple-git: blobs come as bytes from one `cat-file --batch`, which needs its standard
 * input; a fetch has to end, with the ssh it started, at a limit of bytes or time; and the environment is set, not inherited.
 */
export function createGit({ environment, signal, scrub }: GitOptions): Git {
  return (words, { input = '', timeout = 60_000, most = 16 * 1024 ** 2, stopWhen } = {}) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(interrupted());
        return;
      }
      // A group of its own: what git started (ssh, git-remote-https) ends with it.
      const child = spawn('git', words, { env: environment, cwd: '/', detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
      const out: Buffer[] = [];
      let [length, said] = [0, ''];
      let ended: Error | null = null;
      let certainly: NodeJS.Timeout | undefined;

      function end(reason: Error): void {
        if (ended !== null) return;
        ended = reason;
        killGroup(kill.politely);
        certainly = setTimeout(() => {
          killGroup(kill.certainly);
        }, kill.after);
      }
      function killGroup(name: NodeJS.Signals): void {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, name);
        } catch {
          // It is gone.
        }
      }
      const onAbort = (): void => end(interrupted());
      signal.addEventListener('abort', onAbort, { once: true });
      const tooLong = setTimeout(() => {
        end(new TransientError(`git ${words[0] ?? ''} did not end within ${Math.round(timeout / 1000)} s (gitOps.timeout)`, { code: 'Timeout' }));
      }, timeout);
      const looking = stopWhen === undefined ? undefined : setInterval(() => void stopWhen().then((reason) => reason === null || end(reason), () => undefined), lookEvery);

      child.stdout.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > most) end(new TransientError(`git ${words[0] ?? ''} said more than ${most} bytes`, { code: 'TooMuch' }));
        else out.push(chunk);
      });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        said = `${said}${chunk}`.slice(-16_384);
      });
      // Git may end before it has read everything.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);

      const settle = (finish: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        for (const timer of [tooLong, certainly]) clearTimeout(timer);
        clearInterval(looking);
        finish();
      };
      child.once('error', (error) => {
        settle(() => reject(errorCode(error) === 'ENOENT' ? withoutGit(error) : error));
      });
      child.once('close', (code) => {
        settle(() => {
          if (ended !== null) reject(ended);
          else if (code === 0) resolve(Buffer.concat(out));
          else reject(gitError(words[0] ?? '', code, scrub(said)));
        });
      });
    });
}

function interrupted(): TransientError {
  return new TransientError('interrupted', { code: 'Interrupted' });
}

function withoutGit(cause: unknown): ConfigurationError {
  return new ConfigurationError('git is not installed, and `sexton pull` needs it: sudo apt install git', { code: 'GitMissing', cause });
}

/** What to do, by what git and ssh are known to say. */
const known: readonly (readonly [RegExp, string, string])[] = [
  [/No space left on device|Disk quota exceeded/i, 'DiskFull', 'the disk is full: make room in the state directory'],
  [/UNPROTECTED PRIVATE KEY|bad permissions/i, 'SshKey', 'the ssh key can be read by others: chmod 600 it, for the user that pulls'],
  [/Load key .*(No such file|Permission denied|invalid format|error in libcrypto)|Identity file .* not accessible/i, 'SshKey', 'gitOps.sshKey cannot be used: give the file, whole, to the user that pulls'],
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/i, 'HostKey', "the host shows another key than gitOps.knownHosts has: ask its operator before you change the file"],
  [/Host key verification failed|No .* host key is known/i, 'HostKey', 'the host is not in gitOps.knownHosts: add what ssh-keyscan says, once you have compared it with what its operator publishes'],
  [/Could not resolve host|Name or service not known|name resolution|nodename nor servname/i, 'NoNetwork', 'the name of its host cannot be resolved: check the network, and gitOps.url'],
  [/Connection refused|Connection timed out|Connection reset|Network is unreachable|No route to host|Failed to connect|Couldn't connect|Operation timed out|Connection closed/i, 'Unreachable', 'its host cannot be reached: check the network, and gitOps.url'],
  [/Permission denied \(|Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]|Invalid username or/i, 'Unauthorized', 'the credentials are refused or missing: GIT_USERNAME and GIT_PASSWORD for https, gitOps.sshKey for ssh'],
  [/SSL|certificate/i, 'Certificate', 'its certificate is not trusted: name its authority in gitOps.caFile'],
  [/redirect|returned error: 30\d/i, 'Redirect', 'it has moved: put the new address into gitOps.url'],
  [/dubious ownership/i, 'Ownership', 'it belongs to another user: chown it to the user that pulls, or reach it over ssh'],
  [/not found|does not appear to be a git repository|does not exist/i, 'NotFound', 'there is no such repository: check gitOps.url'],
];

const damaged = /corrupt|bad object|object file|shallow file|not a git repository: '|unable to (find|read)|packfile .* (cannot|is|does)/i;

function gitError(command: string, exitCode: number | null, text: string): GitError {
  const lines = text.split(/[\r\n]+/).map((line) => plain(line).trim()).filter((line) => line !== '');
  const telling = lines.find((line) => /^(fatal|error|ssh|Permission|Host key|Load key)/i.test(line)) ?? lines.at(-1) ?? `exit code ${String(exitCode)}`;
  const [, code, remedy] = known.find(([pattern]) => pattern.test(text)) ?? [null, 'GitFailed', null];
  const said = telling.length > 300 ? `${telling.slice(0, 300)}…` : telling;
  const local = damaged.test(text) || (remedy === null && command !== 'fetch' && command !== 'ls-remote');
  return new GitError({ exitCode, said: remedy === null ? said : `${remedy} (${said})`, code, local });
}
