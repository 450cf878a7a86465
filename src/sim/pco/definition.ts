import type { SimulatorContext, SimulatorDefinition, SimulatorWorld } from '../kit/simulator.js';
import { calendarApi, errorBody, type PcoState } from './api.js';
import { buildGraph } from './graph.js';
import { RateLimiter } from './rate-limit.js';
import { dumpSeed, emptySeed, mergeSeed, type PcoSeed } from './seed.js';

function createWorld(context: SimulatorContext): SimulatorWorld {
  const limiter = new RateLimiter();
  // An event that a merge leaves alone keeps the stamps it was loaded with.
  const loadedAt = new WeakMap<object, string>();
  const stampsOf = (item: object): { readonly created_at: string; readonly updated_at: string } => {
    const stamp = loadedAt.get(item) ?? new Date(context.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
    loadedAt.set(item, stamp);
    return { created_at: stamp, updated_at: stamp };
  };
  const stateOf = (seed: PcoSeed): PcoState => ({ seed, graph: buildGraph(seed, stampsOf), limiter });
  let state = stateOf(emptySeed);
  return {
    load: (seed) => {
      state = stateOf(mergeSeed(emptySeed, seed));
      limiter.clear();
    },
    merge: (seed) => {
      state = stateOf(mergeSeed(state.seed, seed));
    },
    dump: () => dumpSeed(state.seed),
    api: calendarApi(context, () => state, () => performance.now()),
  };
}

/** Planning Center Calendar v2, read only, as far as facts about it are known. */
export const pcoDefinition: SimulatorDefinition = {
  kind: 'pco',
  defaultPort: 12446,
  tls: 'optional',
  quirks: {
    // Percent of the answers whose `included` is not whole.
    'includes-missing': { default: '0', allowed: ['0', /^(\d{1,2}|100)$/] },
    'server-date-equality': { default: 'org', allowed: ['org', 'utc'] },
    // Requests of one caller after which the limit drops to 10 in 20 s.
    'limit-drop': { default: '0', allowed: ['0', /^\d+$/] },
    // Percent of the lists for which records with equal sort keys change places.
    'order-flips': { default: '5', allowed: ['5', /^(\d{1,2}|100)$/] },
  },
  apiError: errorBody,
  create: createWorld,
};
