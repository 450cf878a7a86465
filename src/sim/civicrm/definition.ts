import { Hono } from 'hono';
import { DateTime } from 'luxon';
import type { SimulatorContext, SimulatorDefinition, SimulatorWorld } from '../kit/simulator.js';
import { civicrmApi } from './api.js';
import { buildDatabase } from './database.js';
import { processMemberships } from './membership-job.js';
import { type CivicrmSeed, dumpSeed, emptySeed, mergeSeed } from './seed.js';

function joinReading(setting: string): 'allow' | 'skip' | 'error' {
  return setting === 'skip' || setting === 'error' ? setting : 'allow';
}

function createWorld(context: SimulatorContext): SimulatorWorld {
  const stateOf = (seed: CivicrmSeed) => ({ seed, database: buildDatabase(seed) });
  let state = stateOf(emptySeed);
  const today = (): string => DateTime.fromMillis(context.now(), { zone: state.seed.zone }).toFormat('yyyy-MM-dd');
  const runMembershipJob = (): void => {
    state = stateOf(processMemberships(state.seed, today()));
  };
  const control = new Hono();
  control.post('/process_membership', (c) => {
    runMembershipJob();
    return c.json({ ok: true });
  });
  const letters = (): string => Math.floor(context.random() * 36 ** 4).toString(36).padStart(4, '0');
  return {
    load: (seed) => {
      state = stateOf(mergeSeed(emptySeed, seed, context.now()));
    },
    merge: (seed) => {
      state = stateOf(mergeSeed(state.seed, seed, context.now()));
    },
    dump: () => dumpSeed(state.seed),
    control,
    api: civicrmApi({
      seed: () => state.seed,
      guard: () => (context.quirk('authx-guard') === 'site_key' ? 'site_key' : 'perm'),
      errorId: () => `${letters()}-${letters()}-${letters()}`,
      actionContext: () => ({
        database: state.database,
        today: today(),
        missingPermission: context.quirk('missing-permission-select') === 'error' ? 'error' : 'omit',
        joins: joinReading(context.quirk('explicit-join')),
        random: context.quirk('order') === 'id' ? undefined : () => context.random(),
        runMembershipJob,
      }),
    }),
  };
}

/** CiviCRM's APIv4 over REST, as far as reading members needs it. */
export const civicrmDefinition: SimulatorDefinition = {
  kind: 'civicrm',
  defaultPort: 12447,
  tls: 'optional',
  quirks: {
    order: { default: 'none', allowed: ['none', 'id'] },
    'authx-guard': { default: 'perm', allowed: ['perm', 'site_key'] },
    'missing-permission-select': { default: 'omit', allowed: ['omit', 'error'] },
    // Explicit joins, whatever the caller may read by itself: some versions and set-ups leave them out or fail on them.
    'explicit-join': { default: 'allow', allowed: ['allow', 'skip', 'error'] },
  },
  apiError: (code, message) => ({ error_code: code, error_message: message, status: 500 }),
  create: createWorld,
};
