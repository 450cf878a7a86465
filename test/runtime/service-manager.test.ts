import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, type Logger } from '../../src/runtime/log.js';
import { serviceManager } from '../../src/runtime/service-manager.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sexton-notify-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A program in the place of systemd's own; the real one is met in test/systemd. */
async function systemdNotify(script: string): Promise<Readonly<Record<string, string>>> {
  const path = join(directory, 'systemd-notify');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { PATH: `${directory}:/usr/bin:/bin`, NOTIFY_SOCKET: '/run/systemd/notify' };
}

function warnings(): { readonly log: Logger; readonly seen: unknown[] } {
  const seen: unknown[] = [];
  return { log: { ...silentLogger, warn: (_message, fields) => seen.push(fields) }, seen };
}

describe('the service manager', () => {
  it('is none where nobody asks to be told', () => {
    expect(serviceManager({}, silentLogger)).toBeNull();
    expect(serviceManager({ NOTIFY_SOCKET: '' }, silentLogger)).toBeNull();
  });

  it('watches as often as it says, and only whom it names', () => {
    const asked = { NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '300000000' };
    expect(serviceManager(asked, silentLogger)?.watchdog).toBe(300_000);
    expect(serviceManager({ ...asked, WATCHDOG_PID: String(process.pid) }, silentLogger)?.watchdog).toBe(300_000);
    expect(serviceManager({ ...asked, WATCHDOG_PID: '1' }, silentLogger)?.watchdog).toBeNull();
    for (const usec of [undefined, '', '0', '-1', 'often']) expect(serviceManager({ ...asked, WATCHDOG_USEC: usec }, silentLogger)?.watchdog).toBeNull();
  });

  it('is told through systemd-notify, one after the other', async () => {
    const environment = await systemdNotify(`echo "$NOTIFY_SOCKET $*" >> ${directory}/told`);
    const manager = serviceManager(environment, silentLogger)!;
    void manager.tell(['READY=1', 'STATUS=doors ready; members: Reconciling']);
    await manager.tell(['WATCHDOG=1']);
    expect(await readFile(join(directory, 'told'), 'utf8')).toBe(
      '/run/systemd/notify READY=1 STATUS=doors ready; members: Reconciling\n/run/systemd/notify WATCHDOG=1\n',
    );
  });

  it('that cannot be told is a warning, once', async () => {
    const { log, seen } = warnings();
    const manager = serviceManager(await systemdNotify(`[ -e ${directory}/mended ]`), log)!;
    await manager.tell(['READY=1']);
    await manager.tell(['WATCHDOG=1']);
    expect(seen).toMatchObject([{ code: '1' }]);
    await writeFile(join(directory, 'mended'), '');
    await manager.tell(['WATCHDOG=1']);
    await rm(join(directory, 'mended'));
    await manager.tell(['WATCHDOG=1']);
    expect(seen).toHaveLength(2);
  });

  it('without systemd-notify is a warning too', async () => {
    const { log, seen } = warnings();
    await serviceManager({ PATH: directory, NOTIFY_SOCKET: '@x' }, log)!.tell(['READY=1']);
    expect(seen).toMatchObject([{ code: 'ENOENT' }]);
  });
});
