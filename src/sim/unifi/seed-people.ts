import { randomHex, randomUuid } from '../kit/random.js';
import {
  seedChoice,
  seedList,
  seedNumber,
  type SeedRecord,
  seedRecord,
  seedText,
  seedTextOr,
} from '../kit/seed-values.js';
import { SeedError } from '../kit/simulator.js';
import { type Card, cardStatuses, type User, userStatuses } from './model.js';
import * as keys from './seed-keys.js';
import { rows, type SeedReader, texts } from './seed-reader.js';

function newCard({ state }: SeedReader, token: string): Card {
  return {
    token,
    alias: '',
    nfc_id: '',
    note: '',
    card_type: 'ua_card',
    status: undefined,
    display_id: state.nextDisplayId(),
    holder: undefined,
  };
}

export function readCards(reader: SeedReader, seed: SeedRecord): void {
  const { state, random } = reader;
  for (const [row, path] of rows(seed, 'cards', keys.card)) {
    const card = newCard(reader, seedTextOr(row['token'], `${path}.token`, '') || randomHex(random, 64));
    const alias = seedTextOr(row['alias'], `${path}.alias`, '');
    const nfcId = seedTextOr(row['nfc_id'], `${path}.nfc_id`, '');
    if (state.cards.has(card.token)) throw new SeedError(`${path}.token: given twice`);
    if (alias !== '' && state.cardByAlias(alias) !== undefined) throw new SeedError(`${path}.alias: given twice`);
    if (nfcId !== '' && state.cardByNfcId(nfcId) !== undefined) throw new SeedError(`${path}.nfc_id: given twice`);
    const status = row['status'];
    state.putCard({
      ...card,
      alias,
      nfc_id: nfcId,
      note: seedTextOr(row['note'], `${path}.note`, ''),
      card_type: seedTextOr(row['card_type'], `${path}.card_type`, nfcId === '' ? 'ua_card' : 'id_card'),
      status:
        status === undefined || status === null
          ? undefined
          : seedChoice(status, `${path}.status`, cardStatuses, 'pending'),
    });
  }
}

/** The tokens of a holder's cards; cards that are named here only are made. */
function holdCards(
  reader: SeedReader,
  value: unknown,
  path: string,
  holder: NonNullable<Card['holder']>,
): readonly string[] {
  const { state } = reader;
  return seedList(value, path).map((item, index) => {
    const at = `${path}[${index}]`;
    const row = seedRecord(item, at, keys.heldCard);
    const token = seedText(row['token'], `${at}.token`);
    const card = state.cards.get(token) ?? {
      ...newCard(reader, token),
      card_type: seedTextOr(row['type'], `${at}.type`, 'ua_card'),
    };
    if (card.holder !== undefined) throw new SeedError(`${at}.token: the card has a holder already`);
    state.putCard({ ...card, holder });
    return token;
  });
}

export function readUsers(reader: SeedReader, seed: SeedRecord): void {
  const { state, random } = reader;
  for (const [row, path] of rows(seed, 'users', keys.user)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    const user: User = {
      id,
      first_name: seedText(row['first_name'], `${path}.first_name`),
      last_name: seedTextOr(row['last_name'], `${path}.last_name`, ''),
      user_email: seedTextOr(row['user_email'], `${path}.user_email`, ''),
      email: seedTextOr(row['email'], `${path}.email`, ''),
      employee_number: seedTextOr(row['employee_number'], `${path}.employee_number`, ''),
      phone: seedTextOr(row['phone'], `${path}.phone`, ''),
      onboard_time: seedNumber(row['onboard_time'], `${path}.onboard_time`, 0),
      status: seedChoice(row['status'], `${path}.status`, userStatuses, 'ACTIVE'),
      access_policy_ids: texts(row['access_policy_ids'], `${path}.access_policy_ids`),
      cards: holdCards(reader, row['nfc_cards'], `${path}.nfc_cards`, { type: 'USER', id }),
      pin: seedTextOr(row['pin'], `${path}.pin`, ''),
    };
    if (state.users().has(id)) throw new SeedError(`${path}.id: given twice`);
    state.putUser(user);
  }
  for (const [row, path] of rows(seed, 'visitors', keys.visitor)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    state.visitors.set(id, {
      id,
      first_name: seedTextOr(row['first_name'], `${path}.first_name`, ''),
      last_name: seedTextOr(row['last_name'], `${path}.last_name`, ''),
      cards: holdCards(reader, row['nfc_cards'], `${path}.nfc_cards`, { type: 'VISITOR', id }),
    });
  }
  for (const [row, path] of rows(seed, 'user_groups', keys.userGroup)) {
    const id = seedTextOr(row['id'], `${path}.id`, randomUuid(random));
    state.userGroups.set(id, {
      id,
      name: seedText(row['name'], `${path}.name`),
      up_id: seedTextOr(row['up_id'], `${path}.up_id`, ''),
      users: texts(row['users'], `${path}.users`),
      access_policy_ids: texts(row['access_policy_ids'], `${path}.access_policy_ids`),
    });
  }
}
