import { localTime } from '../../desired/calendar/local-time.js';
import type { Instant } from '../../desired/model.js';

// Planning Center shows zones under the names of Ruby on Rails; these are the ones its customers live in.
const railsNames: Readonly<Record<string, string>> = {
  'Hawaii': 'Pacific/Honolulu',
  'Alaska': 'America/Juneau',
  'Pacific Time (US & Canada)': 'America/Los_Angeles',
  'Arizona': 'America/Phoenix',
  'Mountain Time (US & Canada)': 'America/Denver',
  'Central America': 'America/Guatemala',
  'Central Time (US & Canada)': 'America/Chicago',
  'Mexico City': 'America/Mexico_City',
  'Saskatchewan': 'America/Regina',
  'Bogota': 'America/Bogota',
  'Lima': 'America/Lima',
  'Eastern Time (US & Canada)': 'America/New_York',
  'Indiana (East)': 'America/Indiana/Indianapolis',
  'Puerto Rico': 'America/Puerto_Rico',
  'Atlantic Time (Canada)': 'America/Halifax',
  'Newfoundland': 'America/St_Johns',
  'Brasilia': 'America/Sao_Paulo',
  'Buenos Aires': 'America/Argentina/Buenos_Aires',
  'UTC': 'Etc/UTC',
  'Dublin': 'Europe/Dublin',
  'Edinburgh': 'Europe/London',
  'Lisbon': 'Europe/Lisbon',
  'London': 'Europe/London',
  'Amsterdam': 'Europe/Amsterdam',
  'Berlin': 'Europe/Berlin',
  'Bern': 'Europe/Zurich',
  'Brussels': 'Europe/Brussels',
  'Copenhagen': 'Europe/Copenhagen',
  'Madrid': 'Europe/Madrid',
  'Paris': 'Europe/Paris',
  'Prague': 'Europe/Prague',
  'Rome': 'Europe/Rome',
  'Stockholm': 'Europe/Stockholm',
  'Vienna': 'Europe/Vienna',
  'Warsaw': 'Europe/Warsaw',
  'Zurich': 'Europe/Zurich',
  'Athens': 'Europe/Athens',
  'Helsinki': 'Europe/Helsinki',
  'Nairobi': 'Africa/Nairobi',
  'Pretoria': 'Africa/Johannesburg',
  'Mumbai': 'Asia/Kolkata',
  'Hong Kong': 'Asia/Hong_Kong',
  'Singapore': 'Asia/Singapore',
  'Perth': 'Australia/Perth',
  'Tokyo': 'Asia/Tokyo',
  'Seoul': 'Asia/Seoul',
  'Adelaide': 'Australia/Adelaide',
  'Brisbane': 'Australia/Brisbane',
  'Melbourne': 'Australia/Melbourne',
  'Sydney': 'Australia/Sydney',
  'Auckland': 'Pacific/Auckland',
  'Wellington': 'Pacific/Auckland',
};

const month = 30 * 86_400_000;

/** A sentence when the organization's clocks and the site's differ in the coming year; null when they agree or nobody can tell. */
export function zoneMismatch(organization: string, site: string, now: Instant): string | null {
  const offsets = (name: string): string => {
    const time = localTime(name);
    return Array.from({ length: 13 }, (_, index) => time.offsetAt(now + index * month)).join();
  };
  try {
    if (offsets(railsNames[organization] ?? organization) === offsets(site)) return null;
  } catch {
    return null;
  }
  return `Planning Center keeps the time of ${organization}, this site that of ${site}: all-day events and dates will differ; check timeZone.`;
}
