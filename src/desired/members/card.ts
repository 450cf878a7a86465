import { maskCard } from '../../runtime/redact.js';

/** A card number as CiviCRM holds it: 1 to 65535 in plain ASCII digits, leading zeros allowed; anything else is null. */
export function cardNumber(value: unknown): number | null {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || !/^[0-9]{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number >= 1 && number <= 65_535 ? number : null;
}

/** Wiegand-26: facility code and card number as one number, upper-case hexadecimal, unpadded. */
export function nfcId(facilityCode: number, card: number): string {
  return ((facilityCode << 16) | card).toString(16).toUpperCase();
}

/** `sync-01234` */
export function cardAlias(prefix: string, card: number): string {
  return `${prefix}${String(card).padStart(5, '0')}`;
}

/** The card number in an alias of ours; null for any other alias. */
export function cardOfAlias(prefix: string, alias: string): number | null {
  if (!alias.startsWith(prefix)) return null;
  const digits = alias.slice(prefix.length);
  return /^\d{5}$/.test(digits) ? cardNumber(digits) : null;
}

/** How a card number may be shown: `***34`. */
export function maskedCard(card: number | string): string {
  return maskCard(String(card).padStart(2, '0'));
}
