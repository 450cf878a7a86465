/** Instants of the view as people at the site read them. */
export interface SiteTime {
  /** `Sat 2026-11-21 18:00` */
  full(iso: string): string;
  /** `Sat 2026-11-21 18:00-20:00`, or with the second day where they differ. */
  range(start: string, end: string): string;
}

/** Intl instead of luxon: reading commands must start quickly. */
export function siteTime(timeZone: string): SiteTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = (iso: string): { readonly day: string; readonly time: string } => {
    const instant = Date.parse(iso);
    if (Number.isNaN(instant)) return { day: iso, time: '' };
    const part = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    const of = (type: Intl.DateTimeFormatPartTypes): string => part.get(type) ?? '';
    return { day: `${of('weekday')} ${of('year')}-${of('month')}-${of('day')}`, time: `${of('hour')}:${of('minute')}` };
  };
  const full = (iso: string): string => {
    const { day, time } = parts(iso);
    return `${day} ${time}`.trimEnd();
  };
  return {
    full,
    range: (start, end) => {
      const [from, to] = [parts(start), parts(end)];
      return from.day === to.day ? `${from.day} ${from.time}-${to.time}` : `${full(start)} - ${full(end)}`;
    },
  };
}
