import { randomHex, randomUuid } from '../kit/random.js';
import type { Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, type Success } from './envelope.js';
import { requiredText } from './fields.js';
import type { Card } from './model.js';
import { pageOf } from './users.js';

function findCard(site: Site, call: Call): Card {
  const card = site.state.cards.get(call.param('token'));
  if (card === undefined) throw new ApiError('CODE_NOT_EXISTS', 'The NFC card does not exist.');
  return card;
}

function holderOf(
  site: Site,
  card: Card,
): { readonly id: string; readonly first_name: string; readonly last_name: string } | undefined {
  if (card.holder === undefined) return undefined;
  return card.holder.type === 'USER' ? site.state.users().get(card.holder.id) : site.state.visitors.get(card.holder.id);
}

/** No `nfc_id`: only the answer to an import has it. */
function cardView(site: Site, card: Card): Record<string, unknown> {
  const holder = holderOf(site, card);
  const user = holder && {
    id: holder.id,
    first_name: holder.first_name,
    last_name: holder.last_name,
    name: `${holder.first_name} ${holder.last_name}`,
    avatar: '',
  };
  return {
    token: card.token,
    display_id: card.display_id,
    alias: card.alias,
    note: card.note,
    card_type: card.card_type,
    status: card.status ?? (card.holder === undefined ? 'pending' : 'assigned'),
    user_id: card.holder?.id ?? '',
    user_type: card.holder?.type ?? '',
    user: user ?? null,
  };
}

async function setAlias(site: Site, call: Call): Promise<Success> {
  const card = findCard(site, call);
  const alias = requiredText(await call.body(), 'alias');
  const holder = site.state.cardByAlias(alias);
  if (holder !== undefined && holder !== card.token) throw invalid('The alias is in use.');
  site.state.putCard({ ...card, alias });
  return { data: 'success' };
}

function remove(site: Site, call: Call): Success {
  const card = findCard(site, call);
  if (card.holder !== undefined)
    throw new ApiError('CODE_CREDS_NFC_CARD_CANNOT_BE_DELETE', 'The NFC card is assigned.');
  site.state.deleteCard(card);
  return { data: 'success' };
}

interface Row {
  readonly nfcId: string;
  readonly alias: string;
}

function readRows(text: string): readonly Row[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const rows = lines.filter((line) => line.trim() !== '').map((line) => line.split(',').map((cell) => cell.trim()));
  return rows.map(([nfcId = '', alias = '']) => ({ nfcId, alias }));
}

/** The token of the row's card, made when it is new; empty when the row is refused. */
function importRow(site: Site, row: Row): string {
  const known = site.state.cardByNfcId(row.nfcId);
  if (known !== undefined) return site.quirk('reimport-known-card') === 'same-token' ? known : '';
  if (!/^[0-9A-F]+$/.test(row.nfcId)) return '';
  if (row.alias !== '' && site.state.cardByAlias(row.alias) !== undefined) return '';
  const token = randomHex(() => site.random(), 64);
  site.state.putCard({
    token,
    alias: row.alias,
    nfc_id: row.nfcId,
    note: '',
    card_type: 'id_card',
    status: undefined,
    display_id: site.state.nextDisplayId(),
    holder: undefined,
  });
  return token;
}

async function importCards(site: Site, call: Call): Promise<Success> {
  const { state } = site;
  const rows = readRows(await call.file('file'));
  if (rows.length === 0) throw invalid('The file is empty.');
  if (site.quirk('reimport-known-card') === 'error' && rows.some((row) => state.cardByNfcId(row.nfcId) !== undefined)) {
    throw new ApiError('CODE_SYSTEM_ERROR', 'Server system error.');
  }
  if (site.quirk('duplicate-alias') === 'fail-file') {
    const fresh = rows
      .filter((row) => row.alias !== '' && state.cardByNfcId(row.nfcId) === undefined)
      .map((row) => row.alias);
    if (new Set(fresh).size < fresh.length || fresh.some((alias) => state.cardByAlias(alias) !== undefined)) {
      throw invalid('The file has a duplicate alias.');
    }
  }
  return { data: rows.map((row) => ({ alias: row.alias, nfc_id: row.nfcId, token: importRow(site, row) })) };
}

function enrolSession(site: Site, call: Call): string {
  const id = call.param('id');
  if (!site.state.enrolSessions.has(id)) throw new ApiError('CODE_CREDS_NFC_READ_SESSION_NOT_FOUND', 'The session does not exist.');
  return id;
}

export const cardEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/credentials/nfc_cards/tokens',
    scope: 'view:credential',
    handle: (site, call) => {
      const { rows, pagination } = pageOf(site, call, [...site.state.cards.values()]);
      return { data: rows.map((card) => cardView(site, card)), pagination };
    },
  },
  {
    method: 'GET',
    path: '/credentials/nfc_cards/tokens/:token',
    scope: 'view:credential',
    handle: (site, call) => ({ data: cardView(site, findCard(site, call)) }),
  },
  { method: 'PUT', path: '/credentials/nfc_cards/tokens/:token', scope: 'edit:credential', handle: setAlias },
  { method: 'DELETE', path: '/credentials/nfc_cards/tokens/:token', scope: 'edit:credential', handle: remove },
  { method: 'POST', path: '/credentials/nfc_cards/import', scope: 'edit:credential', handle: importCards },
  // Nobody taps a card at a simulated reader: a session opens, stays empty and ends.
  {
    method: 'POST',
    path: '/credentials/nfc_cards/sessions',
    scope: 'edit:credential',
    handle: async (site, call) => {
      requiredText(await call.body(), 'device_id');
      const id = randomUuid(() => site.random());
      site.state.enrolSessions.add(id);
      return { data: { session_id: id } };
    },
  },
  {
    method: 'GET',
    path: '/credentials/nfc_cards/sessions/:id',
    scope: 'edit:credential',
    handle: (site, call) => {
      enrolSession(site, call);
      throw new ApiError('CODE_CREDS_NFC_READ_POLL_TOKEN_EMPTY', 'No card has been read.');
    },
  },
  {
    method: 'DELETE',
    path: '/credentials/nfc_cards/sessions/:id',
    scope: 'edit:credential',
    handle: (site, call) => {
      site.state.enrolSessions.delete(enrolSession(site, call));
      return { data: 'success' };
    },
  },
  {
    method: 'POST',
    path: '/credentials/pin_codes',
    scope: 'view:credential',
    handle: (site) => ({ data: String(Math.floor(10_000_000 + site.random() * 90_000_000)) }),
  },
];
