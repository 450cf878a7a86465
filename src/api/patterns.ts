/** What people call the texts that a pattern stands for, by the pattern itself; a test holds this to crds/. */
const clock = '(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)';
const date = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])';
const offset = '(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])';

export const patterns = {
  clock: `^${clock}$`,
  range: `^${clock}-${clock}$`,
  date: `^${date}$`,
  dateOrTime: `^${date}(T${clock})?$`,
  instant: `^${date}T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?${offset}$`,
  duration: '^([0-9]{1,5}h([0-9]{1,5}m)?([0-9]{1,5}s)?|[0-9]{1,5}m([0-9]{1,5}s)?|[0-9]{1,5}s)$',
  percent: '^(100|[1-9]?[0-9])%$',
  name: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
  color: '^#[0-9a-fA-F]{6}$',
  numberTemplate: '^[^{}]*[{]id[}][^{}]*$',
  aliasPrefix: '^[A-Za-z]([A-Za-z0-9._-]*[A-Za-z._-])?$',
} as const;

const forms: Readonly<Record<string, string>> = {
  [patterns.clock]: 'a time of day (HH:MM, 00:00 to 24:00)',
  [patterns.range]: 'a range of times (HH:MM-HH:MM, 00:00 to 24:00)',
  [patterns.date]: 'a date (YYYY-MM-DD)',
  [patterns.dateOrTime]: 'a date (YYYY-MM-DD) or a local date and time (YYYY-MM-DDTHH:MM)',
  [patterns.instant]: 'an instant (YYYY-MM-DDTHH:MM:SSZ, or with an offset such as -05:00)',
  [patterns.duration]: 'a duration (90s, 15m, 1h30m)',
  [patterns.percent]: 'a percentage (0% to 100%, without decimals)',
  [patterns.name]: 'a resource name (lower-case letters, digits, "-" and ".", a letter or digit at both ends)',
  [patterns.color]: 'a colour (#rrggbb)',
  [patterns.numberTemplate]: 'a text with {id} exactly once and no other braces',
  [patterns.aliasPrefix]: 'a prefix (a letter, then letters, digits, ".", "_" and "-", no digit at the end)',
};

/** `a date (YYYY-MM-DD)`: what a text of this pattern is; null where we have no words for it. */
export function patternForm(pattern: string): string | null {
  return forms[pattern] ?? null;
}

/** `is not a date (YYYY-MM-DD)`. */
export function patternComplaint(pattern: string): string {
  const form = patternForm(pattern);
  return form === null ? `does not match ${pattern}` : `is not ${form}`;
}
