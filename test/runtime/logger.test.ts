import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/runtime/logger.js';
import { maskCard } from '../../src/runtime/redact.js';

function logging(options: { level?: string; secrets?: readonly string[] } = {}) {
  const stream = new PassThrough();
  const logger = createLogger({ stream, level: options.level, secrets: options.secrets ?? [], clock: { now: () => 0 } });
  const output = (): string => ((stream.read() as Buffer | null) ?? '').toString();
  return { logger, output };
}

function logged(fields: Record<string, unknown>, secrets: readonly string[] = []): string {
  const { logger, output } = logging({ secrets });
  logger.info('something', fields);
  return output();
}

describe('logger', () => {
  it('writes one JSON object a line', () => {
    const { logger, output } = logging();
    logger.warn('source is stale', { source: 'civicrm', ageSeconds: 90 });
    logger.error('plane failed', { level: 'mine', message: 'mine' });
    expect(output().trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: '1970-01-01T00:00:00.000Z', level: 'warn', message: 'source is stale', source: 'civicrm', ageSeconds: 90 },
      { time: '1970-01-01T00:00:00.000Z', level: 'error', message: 'plane failed', level_: 'mine', message_: 'mine' },
    ]);
  });

  it.each([
    [undefined, ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
    ['WARN', ['error', 'warn']],
  ])('LOG_LEVEL %s', (level, expected) => {
    const { logger, output } = logging(level === undefined ? {} : { level });
    for (const severity of ['error', 'warn', 'info', 'debug'] as const) logger[severity]('x');
    expect(output().match(/"level":"\w+"/g)?.map((part) => part.slice(9, -1))).toEqual(expected);
  });

  it('says once that LOG_LEVEL is unknown, and uses info', () => {
    const { logger, output } = logging({ level: 'loud' });
    logger.debug('hidden');
    logger.info('shown');
    expect(output().trimEnd().split('\n')).toHaveLength(2);
  });

  it('hides a configured secret wherever and however it turns up', () => {
    const secret = 'pa/ss"word 1';
    const basic = Buffer.from(secret).toString('base64');
    const error = new Error(`refused ${secret}`, { cause: new Error(`GET https://x/?k=${encodeURIComponent(secret)}`) });
    const output = logged({ error, [secret]: [secret], deep: { map: new Map([['k', `=${basic}=`]]) } }, [secret]);
    expect(output).toContain('***');
    for (const form of [secret, 'ss\\"word', encodeURIComponent(secret), basic]) expect(output).not.toContain(form);
  });

  it.each([
    [{ card: '12345' }, '"card":"***45"'],
    [{ card: 12_345 }, '"card":"***45"'],
    [{ nfc_id: 'ABC1' }, '"nfc_id":"***"'],
    [{ user: { nfc_cards: [{ id: '998877', token: 'abcdef77' }] } }, '"nfc_cards":["***"]'],
    [{ cards: 12 }, '"cards":12'],
    [{ alias: 'sync-00134' }, '"alias":"***34"'],
    [{ token: 'deadbeef34' }, '"token":"***34"'],
    [{ Authorization: 'whatever it is' }, '"Authorization":"***"'],
    [{ text: 'sent Bearer abc.def-123 to it' }, 'sent Bearer *** to it'],
    [{ first_name: 'Ada', lastName: 'Lovelace' }, '"first_name":"***","lastName":"***"'],
    [{ text: 'mail to <ada@example.org>, please' }, 'mail to <***@***>, please'],
    [{ text: 'ünï.cödé+tag@exämple.org' }, '"text":"***@***"'],
  ])('%j is written as %s', (fields, expected) => {
    expect(logged(fields)).toContain(expected);
  });

  it('escapes control and bidi characters, and the line still parses to what was given', () => {
    const hostile = 'a\u202eb\u0007\u009b31m\u2028\u2066\n{"level":"error"}\ufeff\u{e0041}';
    const output = logged({ room: hostile });
    expect(output.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect((JSON.parse(output) as { room: string }).room).toBe(hostile);
  });

  it('takes anything: cycles, buffers, depth, errors without a stack', () => {
    const cycle: Record<string, unknown> = { n: 1n, b: Buffer.from('secret'), f: () => 1, d: new Date(Number.NaN), u: undefined };
    cycle['self'] = cycle;
    fc.assert(fc.property(fc.anything({ withMap: true, withSet: true, withDate: true, withNullPrototype: true }), (value) => {
      const lines = logged({ value, cycle }).trimEnd().split('\n');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('[circular]');
      expect(lines[0]).not.toContain('secret');
    }), { numRuns: 50 });
  });

  it('a very long text is cut, quickly', () => {
    expect(logged({ text: 'a'.repeat(2_000_000) }).length).toBeLessThan(10_000);
  });
});

describe('maskCard', () => {
  it('shows two digits at most', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.nat()), (card) => {
      expect(maskCard(card)).toMatch(/^\*\*\*(\d\d)?$/);
    }));
  });
});
