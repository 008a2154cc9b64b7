// Moments, always in the viewer's own zone and on a 24-hour clock.

const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECONDS = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DATE = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const SHORT_WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "short" });
const WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "long" });
const FULL = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "long", hourCycle: "h23" });

const DAY_MILLISECONDS = 86_400_000;

function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

/** "09:26". */
export function clock(moment: string | Date): string {
  return CLOCK.format(new Date(moment));
}

/** "09:26:41". */
export function clockSeconds(moment: string | Date): string {
  return SECONDS.format(new Date(moment));
}

/** "Nov 22". */
export function date(moment: string | Date): string {
  return DATE.format(new Date(moment));
}

/** "09:26" today, "Sat 09:26" in the last six days, "Nov 11 09:26" before and after. */
export function when(moment: string, now: Date = new Date()): string {
  const at = new Date(moment);
  if (sameDay(at, now)) return clock(at);
  return `${thisWeek(at, now) ? SHORT_WEEKDAY.format(at) : DATE.format(at)} ${clock(at)}`;
}

/** As `when`, but of a day long ago only the day: "Nov 11". */
export function whenBriefly(moment: string, now: Date = new Date()): string {
  const at = new Date(moment);
  return sameDay(at, now) || thisWeek(at, now) ? when(moment, now) : DATE.format(at);
}

function thisWeek(at: Date, now: Date): boolean {
  const ago = now.getTime() - at.getTime();
  return ago >= 0 && ago < 6 * DAY_MILLISECONDS;
}

/** "today 14:48", "Sunday 14:48", "Dec 3 14:48": a moment to come. */
export function until(moment: string, now: Date = new Date()): string {
  const at = new Date(moment);
  if (sameDay(at, now)) return `today ${clock(at)}`;
  const near = Math.abs(at.getTime() - now.getTime()) < 6 * DAY_MILLISECONDS;
  return `${near ? WEEKDAY.format(at) : DATE.format(at)} ${clock(at)}`;
}

const DAY_AND_CLOCK = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

/** "Thu, 26 Nov, 09:52:10 CET": now, with the reader's zone. */
export function dayAndClock(moment: string): string {
  return DAY_AND_CLOCK.format(new Date(moment));
}

/** Everything about a moment, for a title on hover: "Sunday, November 22, 2026 at 09:26:41 GMT+1". */
export function fullMoment(moment: string): string {
  return FULL.format(new Date(moment));
}
