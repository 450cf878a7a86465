import type { CardImport, UnifiCard, UnifiUser } from '../access-controller.js';
import type { Row } from './wire.js';
import { isRow, optionalRows, optionalText, rows, text, texts } from './wire.js';

export function readUser(from: Row, where: string): UnifiUser {
  const direct = from['access_policy_ids'];
  return {
    id: text(from, 'id', where),
    firstName: optionalText(from, 'first_name'),
    lastName: optionalText(from, 'last_name'),
    employeeNumber: optionalText(from, 'employee_number'),
    // Made by the API: `user_email`; made in the UI: `email`.
    email: optionalText(from, 'user_email') || optionalText(from, 'email'),
    status: text(from, 'status', where),
    cards: optionalRows(from['nfc_cards'], `${where}.nfc_cards`).map((card, index) => ({
      token: text(card, 'token', `${where}.nfc_cards[${index}]`),
    })),
    policyIds: Array.isArray(direct)
      ? texts(direct, `${where}.access_policy_ids`)
      : readPolicyIds(from['access_policies'], where),
  };
}

/** Ids of policies that are given as objects. */
export function readPolicyIds(value: unknown, where: string): readonly string[] {
  return optionalRows(value, `${where}.access_policies`).map((policy, index) =>
    text(policy, 'id', `${where}.access_policies[${index}]`),
  );
}

export function readCard(from: Row, where: string): UnifiCard {
  const user = isRow(from['user']) ? from['user'] : {};
  const holder = optionalText(from, 'user_id') || optionalText(user, 'id');
  return {
    token: text(from, 'token', where),
    alias: optionalText(from, 'alias'),
    status: optionalText(from, 'status'),
    holder: holder === '' ? null : { id: holder, type: optionalText(from, 'user_type') || 'USER' },
  };
}

function cardNumber(nfcId: string): string {
  return nfcId.toUpperCase().replace(/^0+(?=.)/, '');
}

/** One result for every card sent, in their order; a row that UniFi left out counts as refused. */
export function readImport(
  data: unknown,
  sent: readonly CardImport[],
): readonly (CardImport & { readonly token: string })[] {
  const tokens = new Map(
    rows(data ?? [], 'import').map((line) => [cardNumber(optionalText(line, 'nfc_id')), optionalText(line, 'token')]),
  );
  return sent.map((card) => ({ ...card, token: tokens.get(cardNumber(card.nfcId)) ?? '' }));
}
