import { TerminalError, TransientError } from '../runtime/errors.js';
import type { HttpResponse } from '../runtime/http.js';
import type { Severity, TransportView } from '../status/view.js';
import type { Message } from './message.js';

/** One way of telling people. */
export interface Transport {
  readonly name: string;
  readonly type: TransportView['type'];
  readonly minSeverity: Severity;
  /**
   * The message is with the service when this resolves.
   * @throws TransientError, or TerminalError where only a person can help; neither holds an address or a secret
   */
  deliver(message: Message): Promise<void>;
  close(): void;
}

/** Milliseconds for one attempt to answer. */
export const answerTime = 15_000;
/** What a service has to say fits into this. */
export const longestAnswer = 64 * 1024;

/** Any 2xx is an acceptance. `said`: the service's own words, where they help and hold nothing that is secret. */
export function requireAccepted({ status }: HttpResponse, name: string, said = ''): void {
  if (status >= 200 && status < 300) return;
  const words = said === '' ? '' : `: ${said}`;
  const message = `${name}: the service answered ${status}${words}.`;
  if (status === 408 || status === 425) throw new TransientError(message, { code: `Status${status}` });
  throw new TerminalError(status === 401 || status === 403 ? `${message} Check its credentials.` : message, { code: `Status${status}` });
}
