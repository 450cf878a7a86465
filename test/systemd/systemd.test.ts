import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preparedDebian } from '../support/machine.js';
import { until } from '../support/process.js';
import { bootChurch, nextVersion, openPackages, secrets, type InstalledChurch, type Packages } from './installed-church.js';

const { root, why } = preparedDebian();
if (root === null) console.warn(`\nLEFT OUT: the tests in a booted systemd (test/systemd), because ${why}.\n`);

describe.skipIf(root === null)('a Pi with systemd', { timeout: 120_000 }, () => {
  let here: InstalledChurch;
  let packages: Packages;
  const sh = (script: string, user?: string) => here.pi.sh(script, user === undefined ? {} : { user });
  const must = (script: string): Promise<string> => here.pi.must(script);
  const fault = (rule: object): Promise<unknown> => here.church.unifi.sim('/fault', { times: -1, ...rule });
  const members = async (): Promise<number> => (await here.church.users()).length - 1;

  /** Everybody once, each with the one card that is theirs. */
  async function expectProvisioned(count: number): Promise<void> {
    await until(`${count} members with their cards`, async () => (await cards()) === count, 60_000);
    const numbers = (await here.church.users()).map((user) => user['employee_number']);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(await members()).toBe(count);
  }

  async function cards(): Promise<number> {
    const tokens = (await here.church.users()).flatMap((user) => (user['nfc_cards'] as readonly { readonly token: string }[] | undefined)?.map(({ token }) => token) ?? []);
    expect(new Set(tokens).size).toBe(tokens.length);
    return tokens.length;
  }

  beforeAll(async () => {
    packages = openPackages();
    here = await bootChurch(root ?? '');
  }, 240_000);
  afterAll(async () => {
    await (here as InstalledChurch | undefined)?.close();
    (packages as Packages | undefined)?.remove();
  });

  it('takes the package: user, directories and units are there, nothing runs, the next steps are shown', async () => {
    const out = await must(`dpkg --install ${here.bring(packages.node())} ${here.bring(packages.make('deb'))}`);
    expect(out).toContain('Next steps:');
    expect(await must('stat --format="%n %U:%G %a" /etc/sexton /etc/sexton/* /var/lib/sexton /var/lib/sexton/* /var/log/sexton')).toBe(
      [
        '/etc/sexton root:root 755',
        '/etc/sexton/credentials root:root 700',
        '/etc/sexton/resources sexton:sexton 2755',
        '/etc/sexton/sexton.yaml root:root 644',
        '/var/lib/sexton sexton:sexton 2750',
        '/var/lib/sexton/approvals sexton:sexton 2770',
        '/var/log/sexton sexton:sexton 750',
        '',
      ].join('\n'),
    );
    expect(await must('getent passwd sexton')).toMatch(/:\/usr\/sbin\/nologin$/m);
    expect((await sh('systemctl is-active sexton; systemctl is-enabled sexton')).out).toBe('inactive\ndisabled\n');
    expect(await must('dpkg --verify sexton')).toBe('');
    expect(await must('dpkg-query --show --showformat="\\${Architecture}" sexton')).toBe('all');
  });

  it.each(['sexton.service', 'sexton-pull.service', 'sexton-pull.timer'])('finds nothing wrong with %s', async (unit) => {
    const { code, out, err } = await sh(`systemd-analyze verify ${unit}`);
    expect([code, out, err]).toEqual([0, '', '']);
    if (!unit.endsWith('.service')) return;
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(await must(`systemd-analyze security --no-pager ${unit}`))?.[1])).toBeLessThan(2);
  });

  it('is told which secret is missing, once: only a person can help', async () => {
    expect((await sh('systemctl start sexton')).code).toBe(1);
    expect(await here.journal()).toContain('UNIFI_API_TOKEN is not set');
    expect([await here.show('ExecMainStatus'), await here.show('NRestarts'), await here.show('ActiveState')]).toEqual(['78', '0', 'failed']);
  });

  it('runs it: ready, sandboxed, as its own user, with the secrets there are and none in sight', async () => {
    await here.configure();
    await must('systemctl reset-failed sexton && systemctl enable --now sexton');
    await here.ready();
    await expectProvisioned(3);
    expect(await here.church.openDoors()).toEqual(['Lobby']);
    const pid = await here.show('MainPID');
    const status = await must(`cat /proc/${pid}/status`);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect((await must(`stat --format=%U /proc/${pid}`)).trim()).toBe('sexton');
    const said = (await here.journal()) + (await must(`tr '\\0' '\\n' < /proc/${pid}/environ; cat /run/sexton/live.json; systemctl status --no-pager sexton`));
    for (const value of Object.values(secrets)) expect(said).not.toContain(value);
    // Readable by this service alone: by its owner or, from systemd 254 on, by an access list.
    const credential = '/run/credentials/sexton.service/PCO_SECRET';
    expect((await must(`runuser -u sexton -- cat ${credential}`)).trim()).toBe(secrets['PCO_SECRET']);
    expect((await sh(`runuser -u nobody -- cat ${credential}`)).err).toContain('Permission denied');
    expect((await sh(`runuser -u sexton -- sh -c 'echo x > ${credential}'`)).code).not.toBe(0);
    expect(await must('cat /etc/sexton/resources/doors.status.yaml')).toContain('Ready');
    for (const line of (await here.journal()).split('\n').filter((each) => each.startsWith('{'))) expect(JSON.parse(line)).toHaveProperty('level');
  });

  it('lets the members of group sexton ask for a run, and nobody else', async () => {
    await must('useradd alice && usermod --append --groups sexton alice && useradd bob');
    const alice = await sh('sexton reconcile doors', 'alice');
    expect([alice.code, alice.out]).toEqual([0, 'doors reconciled\n']);
    expect((await sh('sexton reconcile doors', 'bob')).code).toBe(78);
  });

  it('starts it again when one plane hangs while the other gets on', async () => {
    await must('mkdir -p /run/systemd/system/sexton.service.d && printf "[Service]\\nWatchdogSec=4s\\nRestartSec=100ms\\n" > /run/systemd/system/sexton.service.d/test.conf && systemctl daemon-reload && systemctl restart sexton');
    await here.ready();
    await until('systemctl status tells how it stands', async () => (await here.show('StatusText')) === 'test-site, Apply; doors ready; members ready');
    const before = await here.show('NRestarts');
    await fault({ match: '^GET \\S*/users', delayMs: 25_000 });
    await must('sexton reconcile doors');
    void sh('sexton reconcile members');
    await until('systemd has started it again', async () => (await here.show('NRestarts')) !== before, 60_000);
    const journal = await here.journal();
    expect(journal).toMatch(/"message":"a plane hangs; the watchdog is no longer fed".*"plane":"members"/);
    expect(journal).not.toMatch(/a plane hangs.*"plane":"doors"/);
    expect(journal).toContain('Watchdog timeout');
    await here.church.unifi.remove('/fault');
    await must('rm -r /run/systemd/system/sexton.service.d && systemctl daemon-reload && systemctl restart sexton');
    await here.ready();
  });

  it('stops it in the middle of writing, within 10 s and with the change in flight finished', async () => {
    await fault({ match: '^(POST|PUT) ', delayMs: 700 });
    await here.setContacts(9);
    await until('it is writing', async () => (await members()) >= 5, 60_000);
    const asked = Date.now();
    await must('systemctl stop sexton');
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect([await here.show('Result'), await here.show('ExecMainStatus')]).toEqual(['success', '0']);
    expect(await cards()).toBeLessThan(9);
    await here.church.unifi.remove('/fault');
    await must('systemctl start sexton');
    await expectProvisioned(9);
  });

  it('starts it again after kill -9', async () => {
    await here.ready();
    const pid = await here.show('MainPID');
    await must(`kill -9 ${pid}`);
    await until('another process runs', async () => !['0', pid].includes(await here.show('MainPID')) && (await here.show('ActiveState')) === 'active', 60_000);
    await here.church.unifi.remove('/requests');
    await here.ready();
    expect(await here.church.writes()).toEqual([]);
  });

  it('goes on by itself after a power cut in the middle of writing', async () => {
    await fault({ match: '^(POST|PUT) ', delayMs: 300 });
    await here.setContacts(16);
    await until('it is writing', async () => (await members()) >= 12, 60_000);
    await here.pi.cutPower();
    await here.church.unifi.remove('/fault');
    await here.pi.boot();
    await here.ready();
    await expectProvisioned(16);
    expect(await here.journal()).not.toContain('"state lost"');
    expect(await must('find /var/lib/sexton -name "*.bad"')).toBe('');
  });

  it('is upgraded: settings stay, the new program runs, nothing is written anew', async () => {
    await must('echo "# mine" >> /etc/sexton/sexton.yaml');
    const pid = await here.show('MainPID');
    await here.church.unifi.remove('/requests');
    const out = await must(`dpkg --install ${here.bring(packages.make('deb', nextVersion))}`);
    expect(out).not.toContain('Next steps:');
    expect(await must('sexton --version')).toBe(`${nextVersion}\n`);
    expect(await must('tail -n 1 /etc/sexton/sexton.yaml')).toBe('# mine\n');
    expect([await here.show('ActiveState'), await here.show('NRestarts'), (await here.show('MainPID')) === pid]).toEqual(['active', '0', false]);
    await here.ready();
    expect(await here.church.writes()).toEqual([]);
  });

  it('loses the program and nothing else when the package is removed; a purge leaves nothing', async () => {
    await must('dpkg --remove sexton');
    expect((await sh('systemctl is-active sexton')).code).not.toBe(0);
    expect(await must('ls /etc/sexton /etc/sexton/credentials /var/lib/sexton')).toMatch(/resources[\s\S]*UNIFI_API_TOKEN[\s\S]*inventory\.json/);
    expect((await sh('command -v sexton')).code).not.toBe(0);
    await must('dpkg --purge sexton');
    expect(await must('find / -xdev -name "*sexton*" -not -path "/proc/*" -not -path "/root/*" -not -path "/var/log/journal/*" -not -path "/run/systemd/*"')).toBe('');
    expect((await sh('getent passwd sexton || getent group sexton')).code).not.toBe(0);
  });

  it('takes the archive without a network, twice; settings stay; uninstalling leaves them too', async () => {
    await must(`cd /root && tar --extract --file ${here.bring(packages.make('tarball'))} && mv sexton-*[0-9] sexton-unpacked`);
    const install = await must('sh /root/sexton-unpacked/deploy/install.sh');
    expect(install).toContain('Next steps:');
    // The mark in UniFi is that of the installation that was purged.
    await here.church.unifi.sim('/reset', {});
    await here.configure();
    await must('systemctl enable --now sexton');
    await here.ready();
    const settings = await must('cat /etc/sexton/sexton.yaml');
    await must('sh /root/sexton-unpacked/deploy/install.sh');
    expect(await must('cat /etc/sexton/sexton.yaml')).toBe(settings);
    await here.ready();
    expect((await sh('systemctl is-enabled sexton')).out).toBe('enabled\n');
    await must('sh /usr/local/lib/sexton/deploy/uninstall.sh');
    expect((await sh('systemctl is-active sexton; ls /usr/local/lib/sexton /usr/local/bin/sexton /etc/systemd/system/sexton.service')).out).toBe('inactive\n');
    expect(await must('cat /etc/sexton/sexton.yaml')).toBe(settings);
    await must('sh /root/sexton-unpacked/deploy/install.sh && sh /usr/local/lib/sexton/deploy/uninstall.sh --purge');
    expect(await must('find /etc /var/lib /usr/local -name "*sexton*"')).toBe('');
  });
});
