import { createServer as createRelay, connect, type Server } from 'node:net';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';
import { errorCode } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import { makeCertificate } from '../../src/sim/kit/certificate.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { startTestSimulator } from '../support/sim.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function port(server: Server | ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

describe('case 12: fingerprint check and request are one connection', () => {
  it('a man in the middle that answers the first and not the second gets no token', async () => {
    const sim = await startTestSimulator(unifiDefinition, { seed: {} });
    cleanups.push(() => sim.close());
    const heard: string[] = [];
    const forged = makeCertificate({ authority: 'UniFi-Access-CA', server: 'unifi.local' });
    const stranger = createServer({ key: forged.key, cert: forged.chain }, (request, response) => {
      heard.push(JSON.stringify(request.rawHeaders));
      response.end('{"code":"SUCCESS","data":[]}');
    });
    const strangersPort = await port(stranger);
    // The first connection is passed on untouched, as a check of the certificate would see it; all others end here.
    let connections = 0;
    const middle = createRelay((socket) => {
      connections += 1;
      const onward = connect(connections === 1 ? Number(new URL(sim.listening).port) : strangersPort, '127.0.0.1');
      socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const unifi = createUnifiClient({
      url: `https://127.0.0.1:${await port(middle)}`,
      token: 'sim-unifi-token',
      fingerprint: sim.fingerprint ?? '',
      concurrency: 4,
      clock: systemClock,
      log: silentLogger,
    });
    cleanups.push(() => unifi.close());
    expect(await unifi.listUsers()).toEqual([]);
    // More than one connection is needed now.
    const calls = [unifi.listUsers(), unifi.listDoors(), unifi.listCards(), unifi.updateUser('u', { status: 'DEACTIVATED' }), unifi.bindCard('u', 't')];
    const outcomes = await Promise.all(calls.map((call) => call.then(() => 'answered', errorCode)));
    expect(connections).toBeGreaterThan(1);
    expect(outcomes).toContain('FingerprintMismatch');
    expect(heard).toEqual([]);
  });
});
