import { isRecord } from '../../runtime/record.js';
import type { FieldLedger } from './field-ledger.js';

type Fields = Readonly<Record<string, unknown>>;

/** door-sync's `[alert]` as entries of `alerts`. Its flag file is always there in Sexton too. */
export function importedAlerts(alert: Fields | null, environment: Readonly<Record<string, string>>, ledger: FieldLedger): readonly Fields[] {
  const transport = alert?.['transport'];
  if (transport !== undefined) ledger.carried('alert.transport', transport === 'flag-file' ? 'nothing: the flag file is always written' : 'sexton.yaml alerts');
  const unused = (name: string): void => {
    if (isRecord(alert?.[name])) ledger.dropped(`alert.${name}`, `the transport is ${String(transport)}, so nothing was sent this way`);
  };
  switch (transport) {
    case 'smtp':
      unused('mailgun');
      return mail({ section: 'smtp', alert, ledger, fields: (settings) => smtpFields(settings, environment) });
    case 'mailgun':
      unused('smtp');
      return mail({ section: 'mailgun', alert, ledger, fields: () => ({ type: 'Mailgun' }) });
    default:
      unused('smtp');
      unused('mailgun');
      return [];
  }
}

interface Mail {
  readonly section: 'smtp' | 'mailgun';
  readonly alert: Fields | null;
  readonly ledger: FieldLedger;
  readonly fields: (settings: Fields) => Fields;
}

function mail({ section, alert, ledger, fields }: Mail): readonly Fields[] {
  const settings = alert?.[section];
  if (!isRecord(settings)) return [];
  const { from, to, domain } = settings;
  for (const field of Object.keys(settings)) {
    if (field === 'subject_prefix') ledger.dropped(`alert.${section}.subject_prefix`, 'the subject of an alert begins with the name of the site');
    else if (known.has(field)) ledger.carried(`alert.${section}.${field}`, 'sexton.yaml alerts');
  }
  return [{ ...fields(settings), ...(domain === undefined ? {} : { domain }), from, to: Array.isArray(to) ? (to as readonly unknown[]) : [to] }];
}

const known: ReadonlySet<string> = new Set(['host', 'port', 'starttls', 'from', 'to', 'domain']);

/** Without STARTTLS it spoke TLS from the start; without a name in its environment it did not log in. */
function smtpFields({ host, port, starttls }: Fields, environment: Readonly<Record<string, string>>): Fields {
  const open = Object.keys(environment).length > 0 && (environment['SMTP_USERNAME'] ?? '') === '';
  return { type: 'Smtp', host, ...(port === undefined ? {} : { port }), security: starttls === false ? 'Tls' : 'StartTls', ...(open ? { auth: 'None' } : {}) };
}
