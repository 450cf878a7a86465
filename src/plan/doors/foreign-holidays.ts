import { addDays, datesBetween, type LocalDate } from '../../desired/calendar/local-time.js';
import { plain } from '../../runtime/text.js';
import type { TimeRange, UnifiHoliday } from '../../unifi/access-controller.js';

export interface ForeignHolidays {
  readonly doorGroup: string;
  readonly holidays: readonly UnifiHoliday[];
  /** What the schedule opens on them. */
  readonly hours: readonly TimeRange[];
}

/** Dates of a holiday as an OfficeHours writes them: the last one is included. */
interface Dates {
  readonly from: string;
  readonly to: string;
}

/**
 * The holidays that are still to come as lines of an OfficeHours, in YAML's flow style: one line that can be pasted
 * below `spec:`. A holiday that opens at other hours becomes a closure of the standing hours and an opening.
 */
export function asOfficeHours({ doorGroup, holidays, hours }: ForeignHolidays, today: LocalDate): string {
  const coming = holidays
    .map((holiday) => ({ holiday, dates: datesOf(nextOf(holiday, today)) }))
    .filter(({ dates }) => dates.to.slice(0, 10) >= today)
    .sort((a, b) => (a.dates.from < b.dates.from ? -1 : 1));
  if (coming.length === 0) return 'all its holidays are past';
  const group = `doorGroups: [${doorGroup}]`;
  const scope = hours.length === 0 ? 'Everything' : 'OfficeHours';
  const reason = ({ name }: UnifiHoliday): string => `reason: ${JSON.stringify(plain(name).trim().slice(0, 200) || 'Holiday')}`;
  const closures = coming.map(
    ({ holiday, dates: { from, to } }) => `{ from: "${from}", to: "${to}", scope: ${scope}, ${group}, ${reason(holiday)} }`,
  );
  const times = hours.map(({ start, end }) => `"${start.slice(0, 5)}-${end === '23:59:59' ? '24:00' : end.slice(0, 5)}"`).join(', ');
  const openings = coming.flatMap(({ holiday, dates: { from, to } }) =>
    hours.length === 0
      ? []
      : datesBetween(from.slice(0, 10), to.slice(0, 10)).map((date) => `{ date: "${date}", hours: [${times}], ${group}, ${reason(holiday)} }`),
  );
  const yaml = [`closures: [${closures.join(', ')}]`, ...(openings.length === 0 ? [] : [`openings: [${openings.join(', ')}]`])].join(' and ');
  return coming.some(({ holiday }) => holiday.repeat) ? `${yaml} (some come back every year: declare them for each)` : yaml;
}

/** An annual holiday in the first year in which it is not over yet. */
function nextOf(holiday: UnifiHoliday, today: LocalDate): UnifiHoliday {
  if (!holiday.repeat) return holiday;
  const years = Number(today.slice(0, 4)) - Number(holiday.start.slice(0, 4));
  const shifted = [years, years + 1].map((by) => ({ ...holiday, start: inYear(holiday.start, by), end: inYear(holiday.end, by) }));
  return shifted.find((each) => datesOf(each).to.slice(0, 10) >= today) ?? holiday;
}

function inYear(instant: string, years: number): string {
  return `${String(Number(instant.slice(0, 4)) + years).padStart(4, '0')}${instant.slice(4)}`;
}

/** Whole dates end with a midnight that is not part of them; anything else keeps its times, as UniFi shows them. */
function datesOf({ start, end }: UnifiHoliday): Dates {
  if (start.slice(10) === 'T00:00:00Z' && end.slice(10) === 'T00:00:00Z') {
    const from = start.slice(0, 10);
    const last = addDays(end.slice(0, 10), -1);
    return { from, to: last < from ? from : last };
  }
  return { from: start.slice(0, 16), to: end.slice(0, 16) };
}
