// Moments, in the zone the reader chose (the own one or UTC) and on a 24-hour clock.

import { shownZone } from "./shownZone";
import { civilOf, dayWords, formatter, zoneName } from "./zones";

const HOURS = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const SECONDS = { ...HOURS, second: "2-digit" } as const;
const MILLISECONDS = { ...SECONDS, fractionalSecondDigits: 3 } as const;
const DATE = { month: "short", day: "numeric" } as const;
const SHORT_WEEKDAY = { weekday: "short" } as const;
const WEEKDAY = { weekday: "long" } as const;
const FULL = { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" } as const;
const WHOLE_DAY = { year: "numeric", month: "numeric", day: "numeric" } as const;

const DAY_MILLISECONDS = 86_400_000;

type Instant = string | Date;

function written(moment: Instant, options: Intl.DateTimeFormatOptions): string {
  return formatter("en", options, shownZone()).format(new Date(moment));
}

function sameDay(one: Date, other: Date): boolean {
  return written(one, WHOLE_DAY) === written(other, WHOLE_DAY);
}

/** "09:26". */
export function clock(moment: Instant): string {
  return written(moment, HOURS);
}

/** "09:26:41". */
export function clockSeconds(moment: Instant): string {
  return written(moment, SECONDS);
}

/** "Nov 22". */
export function date(moment: Instant): string {
  return written(moment, DATE);
}

/** "09:26" today, "Sat 09:26" in the last six days, "Nov 11 09:26" before and after. */
export function when(moment: string, now: Date = new Date()): string {
  const at = new Date(moment);
  if (sameDay(at, now)) return clock(at);
  return `${thisWeek(at, now) ? written(at, SHORT_WEEKDAY) : date(at)} ${clock(at)}`;
}

/** As `when`, but of a day long ago only the day: "Nov 11". */
export function whenBriefly(moment: string, now: Date = new Date()): string {
  const at = new Date(moment);
  return sameDay(at, now) || thisWeek(at, now) ? when(moment, now) : date(at);
}

function thisWeek(at: Date, now: Date): boolean {
  const ago = now.getTime() - at.getTime();
  return ago >= 0 && ago < 6 * DAY_MILLISECONDS;
}

/** "09:26:41.250", and on another day "Nov 21 09:26:41.250". */
export function whenExactly(moment: string, now: Date = new Date()): string {
  const at = new Date(moment);
  const exactly = written(at, MILLISECONDS);
  return sameDay(at, now) ? exactly : `${date(at)} ${exactly}`;
}

/** "today 14:48", "Sunday 14:48", "Dec 3 14:48": a moment to come. */
export function until(moment: string, now: Date = new Date()): string {
  const at = new Date(moment);
  if (sameDay(at, now)) return `today ${clock(at)}`;
  const near = Math.abs(at.getTime() - now.getTime()) < 6 * DAY_MILLISECONDS;
  return `${near ? written(at, WEEKDAY) : date(at)} ${clock(at)}`;
}

/** "Thu 26 Nov, 09:52:10 CET": now, with the zone it is shown in. */
export function dayAndClock(moment: string): string {
  const at = new Date(moment);
  return `${dayWords(civilOf(at.getTime(), shownZone()))}, ${clockSeconds(at)} ${nameOfZone(at)}`;
}

/** "CET": the zone that moments are shown in. */
export function nameOfZone(at: Date = new Date()): string {
  return zoneName(at.getTime(), shownZone());
}

/** Everything about a moment, for a title on hover: "Sunday, November 22, 2026 at 09:26:41 CET". */
export function fullMoment(moment: string): string {
  return `${written(moment, FULL)} ${nameOfZone(new Date(moment))}`;
}
