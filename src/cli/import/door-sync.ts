import { isRecord } from '../../runtime/record.js';
import { fieldPath, leafPaths, openFieldLedger, type FieldLedger } from './field-ledger.js';
import type { Imported, ImportedFile } from './imported.js';
import { importedAlerts } from './imported-alerts.js';

type Fields = Readonly<Record<string, unknown>>;

export interface DoorSyncSource {
  /** `config.toml`, parsed. */
  readonly config: Fields;
  /** Its env file. */
  readonly environment: Readonly<Record<string, string>>;
}

/** door-sync's port, which it takes where its address has none. */
const unifiPort = 12_445;

/** door-sync: CiviCRM members to UniFi users and cards. Its users are taken over by `adoptFrom` and `sexton adopt members`. */
export function importDoorSync({ config, environment }: DoorSyncSource): Imported {
  const ledger = openFieldLedger([...leafPaths(config), ...Object.keys(environment).map((name) => `env:${name}`)]);
  const { unifi, facilityCode } = unifiOf(fieldsAt(config, 'unifi'), ledger);
  const civicrm = civicrmOf(config, ledger);
  const alerts = importedAlerts(fieldsAt(config, 'alert'), environment, ledger);
  const files = [membersFile(config, facilityCode, ledger)];
  const credentials = credentialsOf(environment, ledger);
  for (const [field, reason] of Object.entries(withoutCounterpart)) {
    if (leafPaths(config).some((leaf) => leaf === field || leaf.startsWith(`${field}.`))) ledger.dropped(field, reason);
  }
  return {
    configuration: { ...(unifi === null ? {} : { unifi }), ...(civicrm === null ? {} : { civicrm }), ...(alerts.length === 0 ? {} : { alerts }) },
    files,
    credentials,
    ...ledger.finish(),
    notes: [
      "door-sync may name membership types by their label; Sexton goes by CiviCRM's machine name: compare `membershipType` in members.yaml",
      'door-sync wrote the e-mail addresses of members to UniFi; Sexton leaves them alone unless TierMapping says `syncEmail: true`',
      'take its users over with `sexton adopt members`; until then they wait as AdoptionPending and nobody is made twice',
    ],
  };
}

const withoutCounterpart: Readonly<Record<string, string>> = {
  ops: 'Sexton keeps audit, state and alerts under stateDir and runtimeDir',
  webhook: 'Sexton polls CiviCRM (civicrm.pollInterval); to have it look at once, run `sexton reconcile members`',
};

function unifiOf(unifi: Fields | null, ledger: FieldLedger): { readonly unifi: Fields | null; readonly facilityCode: number } {
  const { host, tls_fingerprint: fingerprint, facility_code: code } = unifi ?? {};
  const facilityCode = typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 255 ? code : null;
  if (facilityCode !== null) ledger.carried('unifi.facility_code', 'TierMapping/members spec.cards.facilityCode');
  else if (code !== undefined) ledger.dropped('unifi.facility_code', 'it is not a whole number from 0 to 255; spec.cards.facilityCode of TierMapping/members is 0 until you correct it');
  if (typeof host !== 'string') return { unifi: null, facilityCode: facilityCode ?? 0 };
  ledger.carried('unifi.host', 'sexton.yaml unifi.url');
  if (typeof fingerprint === 'string') ledger.carried('unifi.tls_fingerprint', 'sexton.yaml unifi.tlsFingerprint');
  return {
    unifi: { url: withPort(host, unifiPort), ...(typeof fingerprint === 'string' ? { tlsFingerprint: fingerprint } : {}) },
    facilityCode: facilityCode ?? 0,
  };
}

function civicrmOf(config: Fields, ledger: FieldLedger): Fields | null {
  const { host, card_id_field: cardField, active_statuses: statuses } = fieldsAt(config, 'civicrm') ?? {};
  const { cadence_seconds: cadence } = config;
  if (typeof host !== 'string') return null;
  ledger.carried('civicrm.host', 'sexton.yaml civicrm.url');
  if (typeof cardField === 'string') ledger.carried('civicrm.card_id_field', 'sexton.yaml civicrm.cardField');
  const activeStatuses = textsOf(statuses);
  if (activeStatuses !== null) ledger.carried('civicrm.active_statuses', 'sexton.yaml civicrm.activeStatuses');
  else if (statuses !== undefined) ledger.dropped('civicrm.active_statuses', 'it is no list of names; civicrm.activeStatuses keeps its default');
  const paced = typeof cadence === 'number' && Number.isInteger(cadence) && cadence > 0;
  if (paced) ledger.carried('cadence_seconds', 'sexton.yaml civicrm.pollInterval');
  else if (cadence !== undefined) ledger.dropped('cadence_seconds', 'it is no whole number of seconds; civicrm.pollInterval keeps its default');
  return {
    url: secured(host),
    ...(typeof cardField === 'string' ? { cardField } : {}),
    ...(activeStatuses === null ? {} : { activeStatuses }),
    ...(paced ? { pollInterval: `${cadence}s` } : {}),
  };
}

function membersFile(config: Fields, facilityCode: number, ledger: FieldLedger): ImportedFile {
  const spec = {
    identity: { employeeNumber: 'civicrm-{id}', adoptFrom: '{id}' },
    cards: { facilityCode, aliasPrefix: 'sync-' },
    rules: rulesOf(config, ledger),
    ...guardsOf(fieldsAt(config, 'safety'), ledger),
  };
  return {
    file: 'members.yaml',
    comment: 'Which membership earns which access. Imported from door-sync.\nadoptFrom goes once every member is adopted.',
    documents: [{ kind: 'TierMapping', name: 'members', spec }],
  };
}

function rulesOf(config: Fields, ledger: FieldLedger): readonly Fields[] {
  const rules = fieldsAt(fieldsAt(config, 'tier_mapping') ?? {}, 'rules') ?? {};
  return Object.entries(rules).flatMap(([membershipType, rule]): Fields[] => {
    const path = fieldPath('tier_mapping.rules', membershipType);
    if (!isRecord(rule)) return [];
    const { resolution, target_policy: policy, rank } = rule;
    const access = typeof resolution === 'string' ? accessOf[resolution] : undefined;
    if (access === undefined) {
      ledger.dropped(path, `its resolution is none of ${Object.keys(accessOf).join(', ')}`);
      return [];
    }
    if (access === 'Policy' && typeof policy !== 'string') {
      ledger.dropped(path, 'resolution "tier" without a target_policy');
      return [];
    }
    for (const field of ['resolution', 'rank', ...(access === 'Policy' ? ['target_policy'] : [])]) {
      if (field === 'rank' && rank !== undefined && (typeof rank !== 'number' || !Number.isInteger(rank))) ledger.dropped(fieldPath(path, field), 'it is no whole number');
      else if (rule[field] !== undefined) ledger.carried(fieldPath(path, field), `TierMapping/members spec.rules, ${membershipType}`);
    }
    if (access !== 'Policy' && policy !== undefined) ledger.dropped(fieldPath(path, 'target_policy'), `a rule with ${access} has no policies`);
    return [{ membershipType, access, ...(access === 'Policy' ? { policies: [policy] } : {}), ...(typeof rank === 'number' && Number.isInteger(rank) ? { rank } : {}) }];
  });
}

const accessOf: Readonly<Record<string, 'Policy' | 'None' | 'Ignore'>> = { tier: 'Policy', none: 'None', 'day-pass': 'Ignore' };

const guardNames = { mass_deactivate_pct: 'maxDeactivate', mass_add_pct: 'maxAdd', mass_policy_pct: 'maxPolicyChange' } as const;

function guardsOf(safety: Fields | null, ledger: FieldLedger): Fields {
  const guards = Object.entries(guardNames).flatMap(([field, name]) => {
    const fraction = safety?.[field];
    if (fraction === undefined) return [];
    if (typeof fraction !== 'number' || fraction < 0 || fraction > 1) {
      ledger.dropped(`safety.${field}`, `it is no fraction from 0 to 1; guards.${name} keeps its default`);
      return [];
    }
    // Rounded down: a brake may come early, never late. The sum takes the dust of binary fractions away.
    ledger.carried(`safety.${field}`, `TierMapping/members spec.guards.${name}`);
    return [[name, `${Math.floor(fraction * 100 + 1e-6)}%`] as const];
  });
  if (safety?.['baseline_floor'] !== undefined) {
    ledger.dropped('safety.baseline_floor', 'Sexton counts changes instead of users: see guards.minimum, and guards.bootstrap for the first run');
  }
  return guards.length === 0 ? {} : { guards: Object.fromEntries(guards) };
}

const credentialNames: Readonly<Record<string, string>> = {
  CIVICRM_API_KEY: 'CIVICRM_API_KEY',
  UNIFI_API_KEY: 'UNIFI_API_TOKEN',
  SMTP_USERNAME: 'SMTP_USERNAME',
  SMTP_PASSWORD: 'SMTP_PASSWORD',
  MAILGUN_API_KEY: 'MAILGUN_API_KEY',
};

function credentialsOf(environment: Readonly<Record<string, string>>, ledger: FieldLedger): Readonly<Record<string, string>> {
  const found = Object.entries(environment).flatMap(([name, value]) => {
    const credential = credentialNames[name];
    if (name === 'WEBHOOK_HMAC_SECRET') ledger.dropped(`env:${name}`, withoutCounterpart['webhook'] ?? '');
    if (credential === undefined) return [];
    if (value === '') {
      ledger.carried(`env:${name}`, 'nothing: it is empty');
      return [];
    }
    ledger.carried(`env:${name}`, `credentials/${credential}`);
    return [[credential, value] as const];
  });
  return Object.fromEntries(found);
}

function fieldsAt(fields: Fields, name: string): Fields | null {
  const value = fields[name];
  return isRecord(value) ? value : null;
}

function textsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string') ? (value) : null;
}

/** It spoke https, also where its address does not say so. */
function secured(url: string): string {
  const bare = url.trim().replace(/\/+$/, '');
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(bare) ? bare : `https://${bare}`;
}

function withPort(url: string, port: number): string {
  const bare = secured(url);
  try {
    const { port: given } = new URL(bare);
    return given === '' && !/:\d+$/.test(bare) ? `${bare}:${port}` : bare;
  } catch {
    return bare;
  }
}
