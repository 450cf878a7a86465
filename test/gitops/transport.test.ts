import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/sim/kit/certificate.js';
import { startGitServer, type GitServer } from './git-server.js';
import { newKey, openSsh, type SshRemote } from './ssh.js';
import { GitWorld, git, gym, lobby } from './world.js';

const worlds: GitWorld[] = [];
const servers: (GitServer | SshRemote)[] = [];
afterEach(async () => {
  for (const each of servers.splice(0)) await each.close();
  for (const each of worlds.splice(0)) each.end();
});

function world(gitOps?: Readonly<Record<string, unknown>>): GitWorld {
  const made = new GitWorld(gitOps);
  worlds.push(made);
  return made;
}

async function serve(options: Parameters<typeof startGitServer>[0]): Promise<GitServer> {
  const server = await startGitServer(options);
  servers.push(server);
  return server;
}

describe('https', () => {
  it('with an authority of one\'s own and credentials of the environment, which appear nowhere', async () => {
    const here = world();
    const { chain, key, ca } = makeCertificate({ authority: 'Test authority', server: '127.0.0.1' });
    const server = await serve({ root: here.root, credentials: 'robot:s3cret-token-value', tls: { cert: chain, key } });
    here.write('ca.pem', ca);
    here.push({ 'doors.yaml': lobby });
    here.configure({ url: `${server.url}/remote.git` });
    const untrusted = await here.pull();
    expect([untrusted.code, untrusted.err]).toEqual([2, expect.stringContaining('its certificate is not trusted: name its authority in gitOps.caFile')]);

    here.configure({ url: `${server.url}/remote.git`, caFile: join(here.root, 'ca.pem') });
    const anonymous = await here.pull();
    expect([anonymous.code, anonymous.err]).toEqual([2, expect.stringContaining('the credentials are refused or missing: GIT_USERNAME and GIT_PASSWORD')]);
    expect(JSON.parse(readFileSync(join(here.runtimeDir, 'pull.json'), 'utf8'))).toMatchObject({ failed: { code: 'Unauthorized' } });

    here.environment = { GIT_USERNAME: 'robot', GIT_PASSWORD: 'wrong-token-value' };
    const wrong = await here.pull();
    expect([wrong.code, wrong.err]).toEqual([2, expect.not.stringContaining('wrong-token-value')]);

    here.write('credentials/GIT_USERNAME', 'robot\n');
    here.write('credentials/GIT_PASSWORD', 's3cret-token-value\n');
    here.environment = { CREDENTIALS_DIRECTORY: join(here.root, 'credentials') };
    const right = await here.pull();
    expect([right.code, right.err]).toEqual([0, '']);
    expect(server.requests.at(-1)).toContain(Buffer.from('robot:s3cret-token-value').toString('base64'));
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
    expect(git(here.root, '-C', join(here.stateDir, 'gitops/repository.git'), 'config', '--list', '--local')).not.toMatch(/robot|s3cret|extraheader/i);
    expect(JSON.parse(readFileSync(join(here.runtimeDir, 'pull.json'), 'utf8'))).toMatchObject({ failed: null });
  });

  it('a redirect is not followed, and the credentials stay here', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const other = await serve({ root: here.root });
    const server = await serve({
      root: here.root,
      instead: ({ url }, response) => {
        response.writeHead(301, { Location: `${other.url}${url ?? ''}` }).end();
        return true;
      },
    });
    here.configure({ url: `${server.url}/remote.git` });
    here.environment = { GIT_PASSWORD: 's3cret-token-value' };
    expect(await here.pull()).toMatchObject({ code: 2, err: expect.stringContaining('it has moved: put the new address into gitOps.url') as string });
    expect(other.requests).toEqual([]);
  });

  it('no such repository, a host that answers no git, one that does not answer in time, none at all', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const server = await serve({ root: here.root });
    here.configure({ url: `${server.url}/remote.git` });
    expect(await here.pull()).toMatchObject({ code: 0 });
    here.push({ 'gym.yaml': gym });
    const tries: readonly (readonly [string, string])[] = [
      [`${server.url}/elsewhere.git`, 'there is no such repository: check gitOps.url'],
      ['https://no-such-host.invalid/doors.git', 'the name of its host cannot be resolved: check the network'],
      ['http://127.0.0.1:1/doors.git', 'its host cannot be reached: check the network'],
    ];
    for (const [url, said] of tries) {
      here.configure({ url });
      const { code, err } = await here.pull();
      expect([code, err]).toEqual([2, expect.stringContaining(said)]);
      expect(err).toContain('what was in force stays in force');
    }
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => silent.once('listening', resolve));
      here.configure({ url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/doors.git`, timeout: '1s' });
      const { code, err } = await here.pull();
      expect([code, err]).toEqual([2, expect.stringContaining('did not end within 1 s (gitOps.timeout)')]);
    } finally {
      silent.close();
    }
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
    // A failure is no refusal: nothing of it reaches the card.
    expect(here.state()).toBeNull();
  });
});

describe('a large file beside the resources', () => {
  it('goes to the disk as it comes: the pull unit must not need the memory that it would take', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby, 'video.mp4': Buffer.alloc(200_000_000) });
    const server = await serve({ root: here.root });
    here.configure({ url: `${server.url}/remote.git` });
    const limited = join(here.root, 'bin');
    mkdirSync(limited);
    const found = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    writeFileSync(join(limited, 'git'), `#!/bin/sh\nulimit -v 195000\nexec ${found} "$@"\n`, { mode: 0o755 });
    here.environment = { PATH: `${limited}:${process.env['PATH'] ?? ''}` };
    const { code, err } = await here.pull();
    expect([code, err]).toEqual([0, '']);
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
  }, 120_000);
});

describe('ssh', () => {
  async function open(here: GitWorld): Promise<SshRemote> {
    const remote = await openSsh(join(here.root, 'ssh dir'));
    servers.push(remote);
    return remote;
  }

  it('with a key and known hosts, a question to nobody', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const ssh = await open(here);
    here.configure({ url: ssh.url(here.remote), sshKey: ssh.key, knownHosts: ssh.knownHosts });
    const first = await here.pull();
    expect([first.code, first.err]).toEqual([0, '']);
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
    here.push({ 'gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0 });
    expect(here.served()).toEqual({ 'doors.yaml': lobby, 'gym.yaml': gym });
    expect(ssh.said()).toContain('Accepted publickey');
  });

  it('an unknown host, one with another key, a key that the host does not know, one that others can read: each says what to do', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const ssh = await open(here);
    const url = ssh.url(here.remote);
    const port = new URL(url).port;
    here.write('empty', '');
    here.write('changed', `[127.0.0.1]:${port} ${newKey(join(here.root, 'host'))}\n`);
    newKey(join(here.root, 'other'));
    here.write('open', readFileSync(ssh.key, 'utf8'));
    chmodSync(join(here.root, 'open'), 0o644);
    const tries: readonly (readonly [string, string, string])[] = [
      [ssh.key, join(here.root, 'empty'), 'the host is not in gitOps.knownHosts'],
      [ssh.key, join(here.root, 'changed'), 'the host shows another key than gitOps.knownHosts has'],
      [join(here.root, 'other'), ssh.knownHosts, 'the credentials are refused or missing'],
      [join(here.root, 'open'), ssh.knownHosts, 'the ssh key can be read by others'],
    ];
    for (const [sshKey, knownHosts, said] of tries) {
      here.configure({ url, sshKey, knownHosts });
      const { code, err } = await here.pull();
      expect([code, err]).toEqual([2, expect.stringContaining(said)]);
    }
    here.configure({ url: ssh.url(join(here.root, 'nowhere.git')), sshKey: ssh.key, knownHosts: ssh.knownHosts });
    expect(await here.pull()).toMatchObject({ code: 2, err: expect.stringContaining('there is no such repository: check gitOps.url') as string });
    ssh.close();
    here.configure({ url, sshKey: ssh.key, knownHosts: ssh.knownHosts });
    expect(await here.pull()).toMatchObject({ code: 2, err: expect.stringContaining('its host cannot be reached: check the network') as string });
  });

  it('a key that is not there is named with its setting', async () => {
    const here = world({ url: 'git@git.example.org:church/doors.git', sshKey: '/nowhere/key' });
    expect(await here.pull()).toMatchObject({ code: 78, err: expect.stringContaining('gitOps.sshKey: /nowhere/key cannot be read (ENOENT)') as string });
  });

  it('a key from the credentials directory is used where the configuration names none', async () => {
    const here = world();
    here.push({ 'doors.yaml': lobby });
    const ssh = await open(here);
    here.configure({ url: ssh.url(here.remote), knownHosts: ssh.knownHosts });
    expect(await here.pull()).toMatchObject({ code: 2, err: expect.stringContaining('the credentials are refused or missing') as string });
    here.write('credentials/GIT_SSH_KEY', readFileSync(ssh.key, 'utf8'));
    chmodSync(join(here.root, 'credentials/GIT_SSH_KEY'), 0o600);
    here.environment = { CREDENTIALS_DIRECTORY: join(here.root, 'credentials') };
    const { code, err } = await here.pull();
    expect([code, err]).toEqual([0, '']);
    expect(here.served()).toEqual({ 'doors.yaml': lobby });
  });
});

describe('nothing of a repository is executed', () => {
  it('hooks, filters and settings, of the clone, of the fetched one and of the user', async () => {
    const here = world();
    const trap = join(here.root, 'trap');
    const spring = `sh -c 'echo caught >> ${trap}; cat'`;
    here.push({ 'doors.yaml': lobby, '.gitattributes': '*.yaml filter=evil diff=evil merge=evil\n', '.gitconfig': `[core]\n\tfsmonitor = "${spring}"\n`, '.lfsconfig': `[lfs]\n\turl = ${spring}\n` });
    here.write('home/.gitconfig', `[filter "evil"]\n\tsmudge = ${spring}\n\tclean = ${spring}\n[core]\n\tsshCommand = ${spring}\n\thooksPath = ${here.root}/hooks\n[credential]\n\thelper = "!${spring}"\n`);
    mkdirSync(join(here.root, 'hooks'));
    for (const hook of ['post-checkout', 'reference-transaction', 'post-merge', 'pre-auto-gc']) {
      writeFileSync(join(here.root, 'hooks', hook), `#!/bin/sh\necho ${hook} >> ${trap}\n`, { mode: 0o755 });
    }
    here.environment = { HOME: join(here.root, 'home'), XDG_CONFIG_HOME: join(here.root, 'home'), GIT_SSH_COMMAND: spring, GIT_EXTERNAL_DIFF: spring, GIT_CONFIG_GLOBAL: join(here.root, 'home/.gitconfig') };
    expect(await here.pull()).toMatchObject({ code: 0, err: '' });
    // A hook in the repository that we keep, as somebody with access to the disk would leave it.
    const kept = join(here.stateDir, 'gitops/repository.git/hooks');
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, 'reference-transaction'), `#!/bin/sh\necho kept >> ${trap}\n`, { mode: 0o755 });
    here.push({ 'gym.yaml': gym });
    expect(await here.pull()).toMatchObject({ code: 0, err: '' });
    expect(() => readFileSync(trap)).toThrow('ENOENT');
  });

  it('other transports are refused in the configuration, with the place and without the URL', async () => {
    const urls = ['ext::sh -c touch% /tmp/x', 'git://git.example.org/doors.git', 'http://git.example.org/doors.git', 'https://robot:hunter2pass@git.example.org/doors.git', '-oProxyCommand=x', 'ssh://-oProxyCommand=x/doors'];
    for (const url of urls) {
      const { code, err } = await world({ url }).pull();
      expect([url, code, err]).toEqual([url, 78, expect.stringMatching(/sexton\.yaml:10:\d+ gitOps\.url: must/)]);
      expect(err).not.toContain('hunter2pass');
    }
    expect(await world({ url: 'ssh://x.org/a', brunch: 'main', path: '../up', maxSize: '5', allowForcePush: 'yes' }).pull()).toMatchObject({
      code: 78,
      err: expect.stringMatching(/gitOps\.brunch: unknown field, did you mean `branch`[^]*|gitOps\.path: must be/) as string,
    });
  });

  it('without git it says so', async () => {
    const here = world();
    here.environment = { PATH: '/nowhere' };
    expect(await here.pull()).toMatchObject({ code: 78, err: expect.stringContaining('git is not installed, and `sexton pull` needs it: sudo apt install git') as string });
  });

  it('without gitOps it says how to begin', async () => {
    const here = world();
    writeFileSync(here.configFile, readFileSync(here.configFile, 'utf8').replace(/^gitOps: .*$/m, 'gitOps: {}'));
    expect(await here.pull()).toMatchObject({ code: 78, err: expect.stringContaining('gitOps is not configured: add') as string });
  });
});
