import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newKey } from './ssh.js';
import { GitWorld, git, gym, lobby } from './world.js';

const worlds: GitWorld[] = [];
afterEach(() => {
  for (const each of worlds.splice(0)) each.end();
});

interface Signed {
  readonly here: GitWorld;
  /** Public keys: the operator's, and somebody else's. */
  readonly keys: { readonly operator: string; readonly other: string };
  readonly sign: (name: 'operator' | 'other' | null) => void;
  readonly allow: (lines: readonly string[]) => void;
}

function signedWorld(): Signed {
  const here = new GitWorld();
  worlds.push(here);
  const keys = { operator: newKey(join(here.root, 'operator')), other: newKey(join(here.root, 'other')) };
  git(here.clone, 'config', 'gpg.format', 'ssh');
  const signers = join(here.root, 'allowed signers');
  here.configure({ allowedSigners: signers });
  return {
    here,
    keys,
    sign(name) {
      git(here.clone, 'config', 'commit.gpgsign', name === null ? 'false' : 'true');
      if (name !== null) git(here.clone, 'config', 'user.signingkey', join(here.root, name));
    },
    allow: (lines) => writeFileSync(signers, lines.map((line) => `${line}\n`).join('')),
  };
}

describe('with allowedSigners', () => {
  it('only a commit signed by one of them comes into force; the key is named, its owner is not', async () => {
    const { here, keys, sign, allow } = signedWorld();
    allow([`operator@example.org namespaces="git" ${keys.operator}`]);
    sign('operator');
    const good = here.push({ 'doors.yaml': lobby });
    expect(await here.pull()).toMatchObject({ code: 0, err: '' });

    sign(null);
    here.push({ 'gym.yaml': gym });
    const unsigned = await here.pull();
    expect([unsigned.code, unsigned.err]).toEqual([1, expect.stringContaining('it is not signed; push a commit signed by a key of gitOps.allowedSigners')]);
    expect(here.state()?.refused).toMatchObject({ reason: 'SignatureMissing' });

    sign('other');
    here.commit();
    const foreign = await here.pull();
    const fingerprint = execFileSync('ssh-keygen', ['-lf', join(here.root, 'other.pub')], { encoding: 'utf8' }).split(' ')[1] ?? '';
    expect([foreign.code, foreign.err]).toEqual([1, expect.stringContaining(`the key that signed it, ${fingerprint}, was not in gitOps.allowedSigners when it was made`)]);
    expect(JSON.stringify(here.state())).not.toMatch(/example\.org|Ada/);
    expect(Object.keys(here.served())).toEqual(['doors.yaml']);

    // The newest commit vouches for what it holds, and so for those below it.
    sign('operator');
    here.commit();
    const again = await here.pull();
    expect([again.code, again.err]).toEqual([0, '']);
    expect(again.out).toContain(`after ${good.slice(0, 12)}`);
    expect(Object.keys(here.served())).toEqual(['doors.yaml', 'gym.yaml']);
  });

  it('a key counts while it is valid, at the time of the commit', async () => {
    const { here, keys, sign, allow } = signedWorld();
    sign('operator');
    here.push({ 'doors.yaml': lobby });
    allow([`operator@example.org namespaces="git",valid-before="20261101Z" ${keys.operator}`]);
    const expired = await here.pull();
    expect([expired.code, expired.err]).toEqual([1, expect.stringContaining('was not in gitOps.allowedSigners when it was made')]);
    // The same commit is judged again, since the file changed.
    allow([`operator@example.org namespaces="git",valid-before="20261201Z" ${keys.operator}`]);
    expect(await here.pull()).toMatchObject({ code: 0 });
  });

  it('a signature moved to another commit is none, and neither is one for another purpose', async () => {
    const { here, keys, sign, allow } = signedWorld();
    allow([`operator@example.org namespaces="git" ${keys.operator}`]);
    sign('operator');
    here.push({ 'doors.yaml': lobby });
    const signed = git(here.clone, 'cat-file', 'commit', 'HEAD');
    here.push({ 'doors.yaml': gym });
    const tree = git(here.clone, 'rev-parse', 'HEAD^{tree}');
    const forged = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], { cwd: here.clone, encoding: 'utf8', input: `${signed.replace(/^tree .*/, `tree ${tree}`)}\n` }).trim();
    git(here.clone, 'push', '--quiet', '--force', 'origin', `${forged}:refs/heads/main`);
    const { code, err } = await here.pull();
    expect([code, err]).toEqual([1, expect.stringMatching(/is refused: (its signature does not match what it holds|the key that signed it)/)]);

    allow([`operator@example.org namespaces="file" ${keys.operator}`]);
    git(here.clone, 'push', '--quiet', '--force', 'origin', 'HEAD:refs/heads/main');
    expect(await here.pull()).toMatchObject({ code: 1 });
    expect(here.state()?.refused).toMatchObject({ reason: 'SignatureInvalid' });
  });

  it('a file of signers that cannot be read is no permission', async () => {
    const { here, sign } = signedWorld();
    sign('operator');
    here.push({ 'doors.yaml': lobby });
    expect(await here.pull()).toMatchObject({ code: 78, err: expect.stringContaining('gitOps.allowedSigners: ') as string });
  });
});
