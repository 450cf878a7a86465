import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitServer, type GitServer } from '../gitops/git-server.js';
import { install, type Installation } from '../support/installation.js';
import { createMachine, preparedDebian, type Machine } from '../support/machine.js';
import { until } from '../support/process.js';
import { bring, nothingRunsHere, openPackages, type Packages } from './installed-church.js';

/** The shell blocks of deploy/README.md, by the heading that they stand under. */
function recipes(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(import.meta.dirname, '../../deploy/README.md'), 'utf8');
  return new Map(
    text.split(/^#+ /m).map((section) => {
      const [heading = ''] = section.split('\n');
      return [heading, [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)];
    }),
  );
}

const { root } = preparedDebian();

describe.skipIf(root === null)('deploy/README.md, as it stands', { timeout: 120_000 }, () => {
  const blocks = recipes();
  const scratch = mkdtempSync(join(tmpdir(), 'sexton-walk-'));
  const remote = join(scratch, 'doors.git');
  const secret: Readonly<Record<string, string>> = { UNIFI_API_TOKEN: 'sim-unifi-token', GIT_USERNAME: 'pi', GIT_PASSWORD: 'only-for-git' };
  let packages: Packages;
  let church: Installation;
  let server: GitServer;
  let values: string;
  let pi: Machine;
  const machines: Machine[] = [];

  /** A Pi as it comes, with the package and a person who may use sudo. */
  async function freshPi(): Promise<Machine> {
    const made = createMachine(root ?? '');
    machines.push(made);
    await made.boot();
    await made.must(`useradd --create-home --shell /bin/bash alice && echo 'alice ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/alice`);
    await made.must(`dpkg --install ${bring(made, packages.node(), '/root')}`);
    bring(made, packages.make('deb'), '/home/alice');
    return made;
  }

  /** Every block under a heading, in a new login each, as alice types them; what they print. */
  async function follow(heading: string, wanted: (block: string) => boolean = () => true): Promise<string> {
    const found = (blocks.get(heading) ?? []).filter(wanted);
    if (found.length === 0) throw new Error(`deploy/README.md has no commands under "${heading}"`);
    let out = '';
    for (const block of found) {
      const name = /\/credentials\/(\w+)/.exec(block)?.[1] ?? '';
      out += await pi.must(`set -e -o pipefail; exec 2>&1\n${values}\n${block}`, { user: 'alice', input: secret[name] === undefined ? '' : `${secret[name]}\n` });
    }
    return out;
  }

  const lobbyIsOpen = async (): Promise<boolean> => (await church.openDoors()).includes('Lobby');
  const owner = async (): Promise<unknown> => {
    const groups = ((await church.unifi.sim('/state')) as { readonly holiday_groups: readonly { readonly name: string; readonly description: string }[] }).holiday_groups;
    return groups.find(({ name }) => name === 'Sexton owner')?.description;
  };

  beforeAll(async () => {
    packages = openPackages();
    church = await install(nothingRunsHere);
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
    execFileSync('git', ['-C', remote, 'config', 'http.receivepack', 'true']);
    server = await startGitServer({ root: scratch, credentials: `pi:${secret['GIT_PASSWORD'] ?? ''}` });
    const { listening } = church.unifi;
    const own: Readonly<Record<string, string>> = { unifi: listening, repository: `${server.url}/doors.git`, zone: church.timeZone };
    const [first = ''] = blocks.get('The walk') ?? [];
    expect([...first.matchAll(/^(\w+)=/gm)].map(([, name]) => name)).toEqual(Object.keys(own));
    values = Object.entries(own).map(([name, value]) => `${name}=${value}`).join('\n');
    pi = await freshPi();
    const address = server.url.replace('://', `://pi:${secret['GIT_PASSWORD'] ?? ''}@`);
    await pi.must(`git config --global user.name Alice; git config --global user.email alice@example.org; git config --global url."${address}".insteadOf "${server.url}"`, { user: 'alice' });
  }, 240_000);
  afterAll(async () => {
    for (const machine of machines) await machine.remove();
    await (server as GitServer | undefined)?.close();
    await (church as Installation | undefined)?.close();
    (packages as Packages | undefined)?.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('installs, starts, and writes nothing before it is told to', async () => {
    await follow('1. Install');
    await follow('2. Settings');
    await follow('3. Secrets');
    await follow('4. The first declarations');
    const before = await church.writes();
    const looked = await follow('5. Start', (block) => block.includes('sexton diff'));
    expect(looked).toContain('lobby');
    expect(await church.writes()).toEqual(before);
    await follow('5. Start', (block) => block.includes('enable --now'));
    expect(await follow('5. Start', (block) => block.includes('sexton wait'))).toMatch(/lobby +Closed/);
    expect(await lobbyIsOpen()).toBe(false);
  });

  it('follows a pushed commit', async () => {
    await follow('6. Push a commit, see the door change');
    expect(await lobbyIsOpen()).toBe(true);
  });

  it('refuses a broken commit, says where, tells people, and goes on when it is mended', async () => {
    const out = await follow('7. Push a broken commit, see the refusal', (block) => block.includes('A slip'));
    expect(out).toMatch(/hours\.yaml:\d+:\d+ .*loby/);
    await until('the alert is there', async () => (await pi.sh('grep -c . /run/sexton/alerts')).code === 0);
    const told = await follow('7. Push a broken commit, see the refusal', (block) => block.includes('/run/sexton/alerts'));
    expect(told).toMatch(/refused/i);
    expect(await lobbyIsOpen()).toBe(true);
    await follow('7. Push a broken commit, see the refusal', (block) => block.includes('git revert'));
    await until('nothing is wrong any more', async () => (await pi.sh('test ! -e /run/sexton/alerts')).code === 0, 60_000);
    expect(await lobbyIsOpen()).toBe(true);
  });

  it('recovers from kill -9, and explains it all', async () => {
    await follow('8. Kill it, see it recover');
    expect(await lobbyIsOpen()).toBe(true);
    const told = await follow('9. Ask what it did');
    expect(told).toContain('lobby');
    const journal = await pi.must('journalctl --no-pager --output=cat');
    for (const value of Object.values(secret).filter((each) => each !== 'pi')) expect(journal).not.toContain(value);
  });

  it('moves to a new SD card with the back-up, as the same installation', async () => {
    const heading = 'Back-ups, and a new SD card';
    await follow(heading, (block) => block.includes('--create'));
    const mark = await owner();
    const archive = join(scratch, 'sexton-backup.tgz');
    execFileSync('cp', [pi.path('home/alice/sexton-backup.tgz'), archive]);
    await pi.cutPower();
    pi = await freshPi();
    await pi.must(`chown alice: ${bring(pi, archive, '/home/alice')}`);
    await church.unifi.remove('/requests');
    await follow(heading, (block) => block.includes('--extract'));
    await follow('5. Start', (block) => block.includes('sexton wait'));
    expect(await owner()).toBe(mark);
    expect(await church.writes()).toEqual([]);
    expect(await lobbyIsOpen()).toBe(true);
    expect(await follow('9. Ask what it did')).toContain('lobby');
  });

  it('moves to a new SD card without one: another installation, which takes the controller over when told to', async () => {
    const mark = await owner();
    await pi.must('apt-get purge --yes sexton');
    await follow('1. Install');
    await follow('2. Settings');
    await follow('3. Secrets');
    await follow('5. Start', (block) => !block.includes('sexton wait'));
    await until('it says whose controller this is', async () => (await pi.sh('sexton status')).out.includes('NotOwner'), 60_000);
    await follow('Back-ups, and a new SD card', (block) => block.includes('adopt'));
    await follow('5. Start', (block) => block.includes('sexton wait'));
    expect(await owner()).not.toBe(mark);
    expect(await lobbyIsOpen()).toBe(true);
    expect(await pi.must('find /var/lib/sexton /run/sexton ! -user sexton')).toBe('');
  });
});
