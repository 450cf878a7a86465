import type { Writable } from 'node:stream';
import { createLogger as createWinston, format, transports } from 'winston';
import type { Clock } from './clock.js';
import type { Logger } from './log.js';
import { redactor } from './redact.js';
import { escapeJson } from './text.js';

const levels = ['error', 'warn', 'info', 'debug'] as const;

export interface LoggerOptions {
  readonly stream: Writable;
  /** `LOG_LEVEL` as it stands in the environment; anything but error, warn, info, debug means info, and is said once. */
  readonly level: string | undefined;
  /** Values that no line may hold. */
  readonly secrets: readonly string[];
  readonly clock: Pick<Clock, 'now'>;
}

/** One JSON object a line: `time`, `level`, `message`, then the fields. */
export function createLogger({ stream, level, secrets, clock }: LoggerOptions): Logger {
  const redact = redactor(secrets);
  const known = levels.find((name) => name === level?.toLowerCase());
  const line = format.printf(({ level: severity, message, fields }) => {
    const time = new Date(clock.now()).toISOString();
    const safe = redact(fields ?? {}) as Record<string, unknown>;
    return escapeJson(JSON.stringify({ time, level: severity, message: redact(message), ...renamed(safe) }));
  });
  const winston = createWinston({
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    level: known ?? 'info',
    format: line,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types its own transports so
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  const write =
    (severity: (typeof levels)[number]): Logger['info'] =>
    (message, fields) => {
      winston.log({ level: severity, message, fields });
    };
  const logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  if (known === undefined && level !== undefined && level !== '') {
    logger.warn('LOG_LEVEL is not one of error, warn, info, debug; using info', { given: level });
  }
  return logger;
}

/** No field passes for the line's own time, level or message: such a one gets a trailing underscore. */
function renamed(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key === 'time' || key === 'level' || key === 'message' ? `${key}_` : key, value]),
  );
}
