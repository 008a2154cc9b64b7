// Ranges of time: their ends as instants, as words that can be typed again, and the ranges beside them. Pure.

import {
  type Civil,
  civilOf,
  type Day,
  dayAfter,
  dayWords,
  instantsOf,
  offsetWords,
  startOfDay,
  zoneName,
} from "../words/zones";

/** Each end as the address and the server have it: `now-6h`, `now`, or an ISO instant. */
export type Range = { from: string; to: string };
export type Ends = { start: number; end: number };
/** `compare=` in the address: with the range before, of the same length, or with the same time a week ago. */
export type Comparison = "before" | "week";

const SECOND = 1_000;
const DAY = 86_400_000;
export const UNIT_MILLISECONDS = { s: SECOND, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY } as const;
type Unit = keyof typeof UNIT_MILLISECONDS;
const UNIT_WORDS: Record<Unit, string> = { s: "s", m: "min", h: "h", d: "d", w: "weeks" };
export const LONGEST_MILLISECONDS = 90 * DAY;

export const PRESETS = [
  "5m",
  "15m",
  "30m",
  "1h",
  "3h",
  "6h",
  "12h",
  "24h",
  "2d",
  "7d",
  "28d",
  "90d",
] as const;

export function lastWords(length: string): string {
  const found = /^(\d+)([smhdw])$/.exec(length);
  return found ? `${found[1]} ${UNIT_WORDS[found[2] as Unit]}` : length;
}

/** How long before now a text says: "now-6h" is six hours. Null for an instant. */
function agoIn(text: string): { milliseconds: number; length: string } | null {
  const found = /^now(?:-(\d{1,9})([smhdw]))?$/.exec(text.trim());
  if (!found) return null;
  const unit = (found[2] ?? "s") as Unit;
  const count = Number(found[1] ?? 0);
  return { milliseconds: count * UNIT_MILLISECONDS[unit], length: `${count}${unit}` };
}

const HAS_ZONE = /(z|[+-]\d{2}:?\d{2})$/i;

/** The instant of an end; as on the server, one that names no zone is UTC. */
export function instantIn(text: string, now: number): number | null {
  const ago = agoIn(text);
  if (ago) return now - ago.milliseconds;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const instant = Date.parse(isDay || HAS_ZONE.test(text) ? text : `${text}Z`);
  return Number.isNaN(instant) ? null : instant;
}

export function endsOf({ from, to }: Range, now: number): Ends | null {
  const [start, end] = [instantIn(from, now), instantIn(to, now)];
  return start === null || end === null || start >= end ? null : { start, end };
}

export function isoOf(instant: number): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

const two = (part: number) => String(part).padStart(2, "0");

function clockWords({ hour, minute, second, millisecond }: Civil): string {
  const parts = second || millisecond ? `:${two(second)}` : "";
  const rest = millisecond ? `.${String(millisecond).padStart(3, "0")}` : "";
  return `${two(hour)}:${two(minute)}${parts}${rest}`;
}

/** "Fri 27 Nov", and the year where it is another one than now's, or the day is still to come. */
function datedDay(day: Day, zone: string, now: number): string {
  const today = civilOf(now, zone);
  const isOfThisYear = day.year === today.year && startOfDay(day, zone) <= now;
  return `${dayWords(day)}${isOfThisYear ? "" : ` ${day.year}`}`;
}

/** "Fri 27 Nov 09:00": an end of a range as it can be typed. */
export function endWords(instant: number, zone: string, now: number): string {
  const civil = civilOf(instant, zone);
  return `${datedDay(civil, zone, now)} ${clockWords(civil)}${foldWords([instant], instant, zone)}`;
}

/** Where a wall clock shows a time twice the zone's name says which one is meant. */
function foldWords(ends: readonly number[], instant: number, zone: string): string {
  if (!ends.some((end) => instantsOf(civilOf(end, zone), zone).length > 1)) return "";
  const names = instantsOf(civilOf(instant, zone), zone).map((each) => zoneName(each, zone));
  const isName = new Set(names).size === names.length && names.every((name) => /^[A-Za-z]{2,5}$/.test(name));
  return ` ${isName ? zoneName(instant, zone) : `UTC${offsetWords(instant, zone)}`}`;
}

/** "Last 6 h", "Fri 27 Nov 09:00 – 11:00", "Fri 27 Nov" for all of a day: what can be typed to get the range again. */
export function wordsOf(range: Range, zone: string, now: number): string {
  const [from, to] = [agoIn(range.from), agoIn(range.to)];
  if (from && range.to === "now") return `last ${lastWords(from.length)}`;
  if (from && to) return `${lastWords(from.length)} ago – ${lastWords(to.length)} ago`;
  const ends = endsOf(range, now);
  if (ends === null) return `${range.from} to ${range.to}`;
  const start = endWords(ends.start, zone, now);
  if (range.to === "now") return `${start} – now`;
  return wholeDays(ends, zone, now) ?? fromTo(ends, zone, now);
}

function wholeDays({ start, end }: Ends, zone: string, now: number): string | null {
  const first = civilOf(start, zone);
  const last = dayAfter(civilOf(end, zone), -1);
  const isWhole = startOfDay(first, zone) === start && startOfDay(dayAfter(last, 1), zone) === end;
  if (!isWhole || end > now) return null;
  const [one, other] = [datedDay(first, zone, now), datedDay(last, zone, now)];
  return one === other ? one : `${one} – ${other}`;
}

function fromTo({ start, end }: Ends, zone: string, now: number): string {
  const [first, last] = [civilOf(start, zone), civilOf(end, zone)];
  const fold = (instant: number) => foldWords([start, end], instant, zone);
  const isOneDay = first.day === last.day && first.month === last.month && first.year === last.year;
  const day = isOneDay ? "" : `${datedDay(last, zone, now)} `;
  const started = `${datedDay(first, zone, now)} ${clockWords(first)}${fold(start)}`;
  return `${started} – ${day}${clockWords(last)}${fold(end)}`;
}

/** A range until now of a length: one of those to choose from, if there is one. */
export function untilNow(length: number): Range {
  const seconds = Math.max(1, Math.round(length / SECOND)) * SECOND;
  const preset = PRESETS.find((each) => agoIn(`now-${each}`)?.milliseconds === seconds);
  const unit = (["d", "h", "m"] as const).find((each) => seconds % UNIT_MILLISECONDS[each] === 0) ?? "s";
  return { from: `now-${preset ?? `${seconds / UNIT_MILLISECONDS[unit]}${unit}`}`, to: "now" };
}

/** The range before (-1) or after (1), of the same length; the last one ends now. Null where there is none. */
export function stepped(range: Range, step: -1 | 1, now: number): Range | null {
  const ends = endsOf(range, now);
  if (ends === null || (step === 1 && ends.end >= now)) return null;
  const length = ends.end - ends.start;
  if (step === 1 && ends.end + length >= now) return untilNow(length);
  return { from: isoOf(ends.start + step * length), to: isoOf(ends.end + step * length) };
}

/** Twice as long around the same middle, or until now; at most 90 days. Null where it is as long already. */
export function widened(range: Range, now: number): Range | null {
  const ends = endsOf(range, now);
  if (ends === null) return null;
  const before = ends.end - ends.start;
  const length = Math.min(2 * before, LONGEST_MILLISECONDS);
  if (length <= before) return null;
  const end = ends.end + (length - before) / 2;
  return end >= now
    ? untilNow(length)
    : { from: isoOf(Math.round(end - length)), to: isoOf(Math.round(end)) };
}

/** The same length until now; null where the range ends now. */
export function broughtToNow(range: Range, now: number): Range | null {
  const ends = endsOf(range, now);
  return ends === null || range.to === "now" ? null : untilNow(ends.end - ends.start);
}

/** How far back the values to compare with lie, and their range: it moves with now where the range does. */
export function comparedWith(
  range: Range,
  comparison: Comparison,
  now: number,
): (Range & { shift: number }) | null {
  const ends = endsOf(range, now);
  if (ends === null) return null;
  const [from, to] = [agoIn(range.from), agoIn(range.to)];
  const shift = comparison === "week" ? 7 * DAY : ends.end - ends.start;
  if (!from || !to) return { from: isoOf(ends.start - shift), to: isoOf(ends.end - shift), shift };
  const back = (milliseconds: number) => untilNow(milliseconds).from;
  return { from: back(from.milliseconds + shift), to: back(to.milliseconds + shift), shift };
}
