import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { missingCredentials, missingForAlerts, readCredentials } from '../../src/runtime/credentials.js';
import { ConfigurationError } from '../../src/runtime/errors.js';

const directory = mkdtempSync(join(tmpdir(), 'sexton-credentials-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('readCredentials', () => {
  it('takes the environment before the file, and ignores what it does not know', () => {
    writeFileSync(join(directory, 'UNIFI_API_TOKEN'), 'from-file\n');
    writeFileSync(join(directory, 'PCO_SECRET'), 'file-secret\n');
    writeFileSync(join(directory, 'OTHER'), 'x');
    const environment = { CREDENTIALS_DIRECTORY: directory, UNIFI_API_TOKEN: ' from-env ', CIVICRM_API_KEY: '', HOME: '/' };
    expect(readCredentials(environment)).toEqual({ UNIFI_API_TOKEN: 'from-env', PCO_SECRET: 'file-secret' });
    expect(readCredentials({})).toEqual({});
  });

  it('refuses a value that no header can carry, without repeating it', () => {
    const read = () => readCredentials({ PCO_SECRET: 'hunter2\nx' });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(/^PCO_SECRET holds white space/);
    expect(read).not.toThrow(/hunter2/);
  });

  it('names a file that cannot be read', () => {
    mkdirSync(join(directory, 'SMTP_PASSWORD'));
    expect(() => readCredentials({ CREDENTIALS_DIRECTORY: directory })).toThrow(/SMTP_PASSWORD cannot be read \(EISDIR\)/);
  });
});

describe('missingCredentials', () => {
  const planningCenter = { url: '', pollInterval: 1, lookaheadDays: 14, caFile: null };
  const civicrm = { url: '', apiPath: '', cardField: '', activeStatuses: [], pollInterval: 1, auth: 'XCiviAuth', caFile: null } as const;

  it('names what the configured sources need', () => {
    expect(missingCredentials({ planningCenter: null, civicrm: null, alerts: [] }, {})).toEqual(['UNIFI_API_TOKEN']);
    const token = { UNIFI_API_TOKEN: 'x' };
    const personal = { ...planningCenter, auth: 'PersonalAccessToken' } as const;
    expect(missingCredentials({ planningCenter: personal, civicrm, alerts: [] }, token)).toEqual(['PCO_APP_ID', 'PCO_SECRET', 'CIVICRM_API_KEY']);
    expect(missingCredentials({ planningCenter: { ...planningCenter, auth: 'OAuth' }, civicrm: null, alerts: [] }, token)).toEqual(['PCO_ACCESS_TOKEN']);
  });

  it('names what the alerts need, each once, and nothing for a mail server that asks for no login', () => {
    const common = { name: 'x', minSeverity: 'Info' } as const;
    const mail = { ...common, type: 'Smtp', host: 'mail', port: 25, security: 'StartTls', auth: 'Login', from: 'a@b', to: ['c@d'], caFile: null } as const;
    const hook = { ...common, type: 'Webhook', url: 'https://hooks.example.org/', caFile: null } as const;
    const chat = { ...common, type: 'Telegram', url: 'https://api.telegram.org', chatId: '1' } as const;
    expect(missingForAlerts([mail, mail, hook, chat], { SMTP_USERNAME: 'me' })).toEqual(['SMTP_PASSWORD', 'ALERT_WEBHOOK_SECRET', 'TELEGRAM_BOT_TOKEN']);
    expect(missingForAlerts([{ ...mail, auth: 'None' }], {})).toEqual([]);
    expect(missingCredentials({ planningCenter: null, civicrm: null, alerts: [chat] }, { UNIFI_API_TOKEN: 'x' })).toEqual(['TELEGRAM_BOT_TOKEN']);
  });
});
