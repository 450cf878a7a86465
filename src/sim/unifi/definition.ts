import type { QuirkTable, SimulatorDefinition } from '../kit/simulator.js';
import { cardEndpoints } from './cards.js';
import { doorControl } from './door-control.js';
import { doorGroupEndpoints } from './door-groups.js';
import { doorEndpoints } from './doors.js';
import { dumpState, mergeSeed } from './dump.js';
import { developerApi, type Site } from './endpoint.js';
import { holidayGroupEndpoints } from './holiday-groups.js';
import { policyEndpoints } from './policies.js';
import { scheduleEndpoints } from './schedules.js';
import { readSeed } from './seed.js';
import { systemEndpoints } from './system.js';
import { userCredentialEndpoints } from './user-credentials.js';
import { userGroupEndpoints } from './user-groups.js';
import { userEndpoints } from './users.js';

function oneOf(first: string, ...others: readonly string[]): QuirkTable[string] {
  return { default: first, allowed: [first, ...others] };
}

/** Each an open question about the real controller. */
const quirks: QuirkTable = {
  'unknown-path-status': oneOf('404', '200'),
  'business-error-status': oneOf('200', '400'),
  'unassign-on-deactivated': oneOf('allow', 'not-found', 'error'),
  'bind-on-deactivated': oneOf('allow', 'error'),
  'force-from-deactivated': oneOf('allow', 'error'),
  'delete-active-user': oneOf('error', 'allow'),
  'reimport-known-card': oneOf('same-token', 'empty-token', 'error'),
  'duplicate-alias': oneOf('fail-row', 'fail-file'),
  'empty-holiday': oneOf('deny', 'weekly'),
  'holiday-zone': oneOf('utc', 'local'),
  'holiday-end': oneOf('exclusive', 'inclusive'),
  'long-holiday': oneOf('allow', 'error'),
  'idle-lock-rule': oneOf('empty', 'reset'),
  'custom-over-schedule': oneOf('extend', 'replace'),
  'reset-in-schedule': oneOf('resume', 'lock'),
  'lock-now-reads-as': oneOf('lock_now', 'lock_early', 'reset'),
  'max-interval': { default: '0', allowed: [/^\d+$/] },
  'users-order': oneOf('id', 'random'),
  'default-page-size': oneOf('all', '25'),
  'policy-unknown-key': oneOf('ignore', 'error'),
  'email-invites': oneOf('count', 'off'),
};

// Where two paths fit, the first wins: what is fixed stands before what has an id.
const endpoints = [
  ...userEndpoints,
  ...userCredentialEndpoints,
  ...userGroupEndpoints,
  ...scheduleEndpoints,
  ...holidayGroupEndpoints,
  ...policyEndpoints,
  ...cardEndpoints,
  ...doorGroupEndpoints,
  ...doorEndpoints,
  ...systemEndpoints,
];

/** A UniFi Access controller with its developer API, and hubs that act on what it holds. */
export const unifiDefinition: SimulatorDefinition = {
  kind: 'unifi',
  defaultPort: 12_445,
  tls: 'always',
  quirks,
  create: (context) => {
    const random = (): number => context.random();
    let state = readSeed({}, random);
    const site: Site = {
      now: () => context.now(),
      quirk: (name) => context.quirk(name),
      random,
      get state() {
        return state;
      },
    };
    return {
      load: (seed) => {
        state = readSeed(seed, random);
      },
      merge: (seed) => {
        state = readSeed(mergeSeed(dumpState(state), seed), random);
      },
      dump: () => dumpState(state),
      api: developerApi(site, endpoints),
      control: doorControl(site),
    };
  },
};
