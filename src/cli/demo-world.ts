import https from 'node:https';
import type { Credentials } from '../runtime/credentials.js';
import { civicrmDefinition } from '../sim/civicrm/definition.js';
import { demoWorld } from '../sim/demo/world.js';
import { startSimulator } from '../sim/kit/start.js';
import { pcoDefinition } from '../sim/pco/definition.js';
import { unifiDefinition } from '../sim/unifi/definition.js';

/** Schedules that Sexton makes itself: a person points the hubs at them afterwards, the API cannot. */
const hubsLeftToPeople = [{ door: 'Office Entrance', schedule: 'Sexton office' }] as const;

/** The three simulators of the demo, seeded with its church. */
export interface DemoWorld {
  readonly unifi: { readonly url: string; readonly fingerprint: string };
  readonly planningCenterUrl: string;
  readonly civicrmUrl: string;
  readonly timeZone: string;
  readonly credentials: Credentials;
  /** Does what a person does in UniFi once: points hubs at schedules that Sexton has made since. True when it did. */
  pointHubs(): Promise<boolean>;
  close(): Promise<void>;
}

export async function startDemoWorld(now: number): Promise<DemoWorld> {
  const seeds = demoWorld(now);
  const [unifi, pco, civicrm] = await Promise.all([
    startSimulator(unifiDefinition, { port: 0, seed: seeds.unifi }),
    startSimulator(pcoDefinition, { port: 0, seed: seeds.pco }),
    startSimulator(civicrmDefinition, { port: 0, seed: seeds.civicrm }),
  ]);
  const control = (method: 'GET' | 'POST', path: string, body?: unknown): Promise<string> => ask(`${unifi.listening}/_sim${path}`, unifi.ca ?? '', method, body);
  return {
    unifi: { url: unifi.listening, fingerprint: unifi.fingerprint ?? '' },
    planningCenterUrl: pco.listening,
    civicrmUrl: civicrm.listening,
    timeZone: seeds.timeZone,
    credentials: {
      UNIFI_API_TOKEN: 'sim-unifi-token',
      PCO_APP_ID: 'sim-app-id',
      PCO_SECRET: 'sim-secret',
      CIVICRM_API_KEY: 'sim-civicrm-key',
    },
    async pointHubs() {
      const state = JSON.parse(await control('GET', '/state')) as {
        readonly schedules: readonly { readonly id: string; readonly name: string }[];
        readonly doors: readonly { readonly id: string; readonly name: string }[];
        readonly unlock_schedules: Readonly<Record<string, string>>;
      };
      const wanted = hubsLeftToPeople.flatMap(({ door, schedule }) => {
        const doorId = state.doors.find(({ name }) => name === door)?.id;
        const scheduleId = state.schedules.find(({ name }) => name === schedule)?.id;
        return doorId === undefined || scheduleId === undefined || state.unlock_schedules[doorId] === scheduleId ? [] : [[doorId, scheduleId] as const];
      });
      if (wanted.length === 0) return false;
      await control('POST', '/seed?merge=1', { unlock_schedules: Object.fromEntries(wanted) });
      return true;
    },
    async close() {
      await Promise.all([unifi.close(), pco.close(), civicrm.close()]);
    },
  };
}

function ask(url: string, ca: string, method: string, body?: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method, ca, agent: false, headers: { 'content-type': 'application/json' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve(Buffer.concat(chunks).toString('utf8'));
      });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
