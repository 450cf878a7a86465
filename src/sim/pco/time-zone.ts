import { IANAZone } from 'luxon';

/** Planning Center writes some organizations' zones in the names that Rails gives them. */
const railsNames: Readonly<Record<string, string>> = {
  Hawaii: 'Pacific/Honolulu',
  Alaska: 'America/Juneau',
  'Pacific Time (US & Canada)': 'America/Los_Angeles',
  Arizona: 'America/Phoenix',
  'Mountain Time (US & Canada)': 'America/Denver',
  'Central Time (US & Canada)': 'America/Chicago',
  'Eastern Time (US & Canada)': 'America/New_York',
  'Indiana (East)': 'America/Indiana/Indianapolis',
  'Atlantic Time (Canada)': 'America/Halifax',
  Newfoundland: 'America/St_Johns',
  London: 'Europe/London',
  Dublin: 'Europe/Dublin',
  Berlin: 'Europe/Berlin',
  Paris: 'Europe/Paris',
  Kyiv: 'Europe/Kyiv',
  Sydney: 'Australia/Sydney',
  Auckland: 'Pacific/Auckland',
};

/** The IANA name behind an organization's `time_zone`; undefined when it is neither Rails' nor IANA's. */
export function ianaZone(name: string): string | undefined {
  const zone = railsNames[name] ?? name;
  return IANAZone.isValidZone(zone) ? zone : undefined;
}
