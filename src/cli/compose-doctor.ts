import { localTime, type LocalTime } from '../desired/calendar/local-time.js';
import type { Clock } from '../runtime/clock.js';
import type { Configuration } from '../runtime/config.js';
import type { Credentials } from '../runtime/credentials.js';
import { silentLogger } from '../runtime/log.js';
import { shownFingerprint } from '../runtime/tls-probe.js';
import { createUnifiClient } from '../unifi/developer-api/client.js';
import type { AccessController } from '../unifi/access-controller.js';

export interface DoctorInstruments {
  readonly unifi: AccessController;
  readonly certificate: () => Promise<string | null>;
  readonly local: LocalTime;
  close(): void;
}

/** UniFi itself, without the dry run around it: the doctor tries what the token may. */
export function doctorInstruments(configuration: Configuration, credentials: Credentials, clock: Clock): DoctorInstruments {
  const { url, tlsFingerprint, concurrency } = configuration.unifi;
  const client = createUnifiClient({
    url,
    token: credentials.UNIFI_API_TOKEN ?? '',
    ...(tlsFingerprint === null ? {} : { fingerprint: tlsFingerprint }),
    concurrency,
    clock,
    log: silentLogger,
  });
  const { protocol, hostname, port } = new URL(url);
  return {
    unifi: client,
    certificate: async () => (protocol === 'https:' ? shownFingerprint({ host: hostname, port: Number(port === '' ? 443 : port), timeout: 10_000 }) : null),
    local: localTime(configuration.timeZone),
    close: () => {
      client.close();
    },
  };
}
