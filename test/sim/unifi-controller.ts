import type { SimulatorOptions } from '../../src/sim/kit/simulator.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import { type Answered, pick, startTestSimulator, type TestSimulator } from '../support/sim.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Controller {
  readonly sim: TestSimulator;
  readonly ask: (method: Method, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;
  /** The answer's data; throws unless it is a success. */
  readonly data: (method: Method, path: string, body?: unknown) => Promise<unknown>;
  /** The answer's code. */
  readonly code: (method: Method, path: string, body?: unknown) => Promise<unknown>;
}

interface Controllers {
  readonly start: (options?: Partial<SimulatorOptions>) => Promise<Controller>;
  readonly closeAll: () => Promise<void>;
}

const base = '/api/v1/developer';

/** Simulated controllers for one test file, at noon UTC of 2026-11-21 (a Saturday) unless told otherwise. */
export function controllers(): Controllers {
  const running: TestSimulator[] = [];
  const start: Controllers['start'] = async (options = {}) => {
    const sim = await startTestSimulator(unifiDefinition, { now: Date.parse('2026-11-21T12:00:00Z'), ...options });
    running.push(sim);
    const ask: Controller['ask'] = (method, path, body, headers = { authorization: 'Bearer sim-unifi-token' }) =>
      sim.call(base + path, { method, headers, ...(body === undefined ? {} : { body }) });
    return {
      sim,
      ask,
      data: async (method, path, body) => {
        const answer = await ask(method, path, body);
        if (pick(answer.json, 'code') !== 'SUCCESS') throw new Error(`${method} ${path}: ${answer.text}`);
        return pick(answer.json, 'data');
      },
      code: async (method, path, body) => pick((await ask(method, path, body)).json, 'code'),
    };
  };
  return {
    start,
    closeAll: async () => {
      await Promise.all(running.splice(0).map((simulator) => simulator.close()));
    },
  };
}
