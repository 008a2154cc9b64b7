// Wall clocks: what an instant is called in a zone, and which instants a wall clock means. Pure.

/** A wall clock's day and time; `month` is 1 to 12. */
export type Civil = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
};
export type Day = Pick<Civil, "year" | "month" | "day">;

export const UTC = "UTC";
const DAY_MILLISECONDS = 86_400_000;
const MINUTE_MILLISECONDS = 60_000;

/** The zone of this browser, by its IANA name. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || UTC;
}

const made = new Map<string, Intl.DateTimeFormat>();

/** A formatter, made once: making one costs far more than using it. */
export function formatter(
  locale: string,
  options: Intl.DateTimeFormatOptions,
  zone: string,
): Intl.DateTimeFormat {
  const key = `${locale} ${zone} ${JSON.stringify(options)}`;
  const known = made.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  made.set(key, known);
  return known;
}

const CIVIL: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
  hourCycle: "h23",
};

export function civilOf(instant: number, zone: string): Civil {
  const parts = formatter("en", CIVIL, zone).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((each) => each.type === type)?.value ?? 0);
  return {
    year: part("year"),
    month: part("month"),
    day: part("day"),
    hour: part("hour"),
    minute: part("minute"),
    second: part("second"),
    millisecond: ((instant % 1000) + 1000) % 1000,
  };
}

function asUtc({ year, month, day, hour, minute, second, millisecond }: Civil): number {
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

/** How far a zone's wall clock is ahead of UTC at an instant, in milliseconds. */
export function offsetMilliseconds(instant: number, zone: string): number {
  return zone === UTC ? 0 : asUtc(civilOf(instant, zone)) - instant;
}

/** The instants a wall clock shows a time: usually one; none where clocks go forward over it, two where they go back. */
export function instantsOf(civil: Civil, zone: string): number[] {
  const wall = asUtc(civil);
  const around = [-DAY_MILLISECONDS, DAY_MILLISECONDS].map((away) => offsetMilliseconds(wall + away, zone));
  return [...new Set(around)]
    .map((offset) => wall - offset)
    .filter((instant) => wall - offsetMilliseconds(instant, zone) === instant)
    .sort((one, other) => one - other);
}

/** The first instant of a day: midnight, or where clocks go forward over it the moment after. */
export function startOfDay(day: Day, zone: string): number {
  const midnight = { ...day, hour: 0, minute: 0, second: 0, millisecond: 0 };
  const [first] = instantsOf(midnight, zone);
  if (first !== undefined) return first;
  const wall = asUtc(midnight);
  return wall - offsetMilliseconds(wall - DAY_MILLISECONDS, zone);
}

/** A day some days after another. */
export function dayAfter(day: Day, days: number): Day {
  const at = new Date(Date.UTC(day.year, day.month - 1, day.day + days));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

export const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
export const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

/** "Thu 26 Nov". */
export function dayWords(day: Day): string {
  return `${WEEKDAYS[weekdayOf(day)]} ${day.day} ${MONTHS[day.month - 1]}`;
}

/** 0 is Sunday. */
export function weekdayOf(day: Day): number {
  return new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay();
}

export function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const NAME: Intl.DateTimeFormatOptions = { timeZoneName: "short" };

/** "CET", "EST", "GMT+5:30": what a zone is called at an instant. */
export function zoneName(instant: number, zone: string): string {
  if (zone === UTC) return UTC;
  const named = ["en-GB", "en-US"].map(
    (locale) =>
      formatter(locale, NAME, zone)
        .formatToParts(instant)
        .find((part) => part.type === "timeZoneName")?.value ?? zone,
  );
  return named.find((name) => !/^GMT[+-]/.test(name)) ?? named[0] ?? zone;
}

/** "+01:00". */
export function offsetWords(instant: number, zone: string): string {
  const minutes = Math.round(offsetMilliseconds(instant, zone) / MINUTE_MILLISECONDS);
  const two = (part: number) => String(part).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
