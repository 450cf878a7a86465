import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from './config.js';
import { ConfigurationError, errorCode } from './errors.js';

/** Also the names of the files that the units in deploy/ hand out. */
export const credentialNames = [
  'UNIFI_API_TOKEN',
  'PCO_APP_ID',
  'PCO_SECRET',
  'PCO_ACCESS_TOKEN',
  'CIVICRM_API_KEY',
  'CIVICRM_SITE_KEY',
  'SMTP_USERNAME',
  'SMTP_PASSWORD',
  'MAILGUN_API_KEY',
  'TELEGRAM_BOT_TOKEN',
  'ALERT_WEBHOOK_SECRET',
  'GIT_USERNAME',
  'GIT_PASSWORD',
] as const;

export type CredentialName = (typeof credentialNames)[number];

/** Every value is a secret: hand them all to the logger. */
export type Credentials = Readonly<Partial<Record<CredentialName, string>>>;

/**
 * The credentials of the environment or, where it has none, of the files in `$CREDENTIALS_DIRECTORY` (systemd).
 * @throws ConfigurationError for a file that cannot be read or a value that no header can carry
 */
export function readCredentials(environment: Readonly<Record<string, string | undefined>>): Credentials {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  const credentials: Partial<Record<CredentialName, string>> = {};
  for (const name of credentialNames) {
    const fromFile = (): string => (directory === undefined || directory === '' ? '' : readCredentialFile(join(directory, name)));
    const value = environment[name]?.trim() || fromFile();
    if (value === '') continue;
    if (/[\p{Cc}\s]/u.test(value)) {
      throw new ConfigurationError(`${name} holds white space or control characters: it was not copied whole`, { code: 'BadCredential' });
    }
    credentials[name] = value;
  }
  return credentials;
}

function readCredentialFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return '';
    throw new ConfigurationError(`${path} cannot be read (${code}): give it to the user that runs sexton`, { code, cause: error });
  }
}

/** What UniFi, the configured sources and the alerts need and the environment does not have. */
export function missingCredentials(
  config: Pick<Configuration, 'planningCenter' | 'civicrm' | 'alerts'>,
  credentials: Credentials,
): readonly CredentialName[] {
  const planningCenter = { PersonalAccessToken: ['PCO_APP_ID', 'PCO_SECRET'], OAuth: ['PCO_ACCESS_TOKEN'] } as const;
  const needed: readonly CredentialName[] = [
    'UNIFI_API_TOKEN',
    ...(config.planningCenter === null ? [] : planningCenter[config.planningCenter.auth]),
    ...(config.civicrm === null ? [] : (['CIVICRM_API_KEY'] as const)),
  ];
  return [...needed.filter((name) => credentials[name] === undefined), ...missingForAlerts(config.alerts, credentials)];
}

/** What the configured ways of telling people need and the environment does not have. */
export function missingForAlerts(alerts: Configuration['alerts'], credentials: Credentials): readonly CredentialName[] {
  const needed = new Set(alerts.flatMap((each) => (each.type === 'Smtp' && each.auth === 'None' ? [] : neededBy[each.type])));
  return [...needed].filter((name) => credentials[name] === undefined);
}

const neededBy = {
  Smtp: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
  Mailgun: ['MAILGUN_API_KEY'],
  Telegram: ['TELEGRAM_BOT_TOKEN'],
  Webhook: ['ALERT_WEBHOOK_SECRET'],
} as const satisfies Readonly<Record<string, readonly CredentialName[]>>;
