import type { HttpClient, HttpResponse } from '../runtime/http.js';
import { isRecord } from '../runtime/record.js';
import { plain } from '../runtime/text.js';
import type { Severity } from '../status/view.js';
import { requireAccepted, type Transport } from './transport.js';

export interface TelegramOptions {
  readonly name: string;
  readonly minSeverity: Severity;
  /** Of the Bot API; it must never show the token, which is part of the path. */
  readonly http: HttpClient;
  readonly chatId: string;
  readonly token: string;
}

/** UTF-16 code units, of the Bot API's sendMessage. */
const longest = 4096;

/** A message of the Bot API, as plain text: without `parse_mode` nothing in it is markup. */
export function createTelegram({ name, minSeverity, http, chatId, token }: TelegramOptions): Transport {
  return {
    name,
    type: 'Telegram',
    minSeverity,
    async deliver({ subject, text }) {
      const json = { chat_id: chatId, text: cut(`${subject}\n\n${text}`), link_preview_options: { is_disabled: true } };
      const answer = await http.request({ method: 'POST', path: `/bot${token}/sendMessage`, json });
      requireAccepted(answer, name, descriptionOf(answer, token));
    },
    close: () => http.close(),
  };
}

function cut(text: string): string {
  if (text.length <= longest) return text;
  const rest = '\n…\nSee all: sexton status';
  return `${text.slice(0, longest - rest.length).replace(/[\uD800-\uDBFF]$/, '')}${rest}`;
}

/** Why the API refuses, in its own words: `Bad Request: chat not found`. */
function descriptionOf({ status, body }: HttpResponse, token: string): string {
  if (status < 300) return '';
  try {
    const answer: unknown = JSON.parse(body);
    const description = isRecord(answer) ? answer['description'] : undefined;
    return typeof description === 'string' ? plain(description).replaceAll(token, '***').slice(0, 120) : '';
  } catch {
    return '';
  }
}
