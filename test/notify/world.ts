import type { Note, Telling } from '../../src/notify/alert.js';
import type { Message } from '../../src/notify/message.js';
import type { Transport } from '../../src/notify/transport.js';

export interface TestTransport extends Transport {
  /** What was accepted: `Raised a, Resolved b`, one entry a message. */
  readonly sent: readonly string[];
  readonly attempts: () => number;
  /** From now on; null: it accepts. */
  fail(error: Error | null): void;
  /** From now on no attempt ends before `go`. */
  hold(): () => void;
}

/** A transport whose service is this test. */
export function testTransport(name = 'mail', minSeverity: Transport['minSeverity'] = 'Info'): TestTransport {
  const sent: string[] = [];
  let attempts = 0;
  let failure: Error | null = null;
  let gate: Promise<void> = Promise.resolve();
  return {
    name,
    type: 'Webhook',
    minSeverity,
    sent,
    attempts: () => attempts,
    fail: (error) => (failure = error),
    hold() {
      let go = (): void => undefined;
      gate = new Promise((resolve) => (go = resolve));
      return go;
    },
    async deliver({ notes }: Message) {
      attempts += 1;
      const error = failure;
      await gate;
      if (error !== null) throw error;
      sent.push(notes.map(({ kind, told: { key } }) => `${kind} ${key}`).join(', '));
    },
    close: () => undefined,
  };
}

export function noteOf(key: string, kind: Note['kind'] = 'Raised', severity: Telling['severity'] = 'Warning', at = 0): Note {
  return { kind, since: at, at, told: { key, severity, subject: key, what: `${key} is wrong`, todo: 'mend it', command: null, fact: '' } };
}
