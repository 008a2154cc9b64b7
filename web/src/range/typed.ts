// What a person typed as a range: "15m", "yesterday 9-11", "mon 14:00 - tue 9:00". Pure; now and the zone are given.

import {
  civilOf,
  type Day,
  dayAfter,
  dayWords,
  instantsOf,
  startOfDay,
  UTC,
  weekdayOf,
  WEEKDAYS,
  zoneName,
} from "../words/zones";
import { durationWords } from "../words/durations";
import { type Named, type Point, monthIn, pointOf } from "./points";
import { endWords, isoOf, LONGEST_MILLISECONDS, type Range, UNIT_MILLISECONDS } from "./ranges";
import { NotATime, type Token, tokensOf, type Unit, unitIn } from "./tokens";

export type At = { now: number; zone: string };
/** A range with what a reader should know of how it was understood; or what is wrong. */
export type Reading = { range: Range; note: string | null } | { wrong: string };

const AROUND_MILLISECONDS = 15 * 60_000;
/** A range of 90 days over a change of clocks is an hour longer. */
const CLOCK_CHANGE_MILLISECONDS = 3_600_000;

export function readTyped(text: string, at: At): Reading {
  try {
    return reading(tokensOf(text), at);
  } catch (error) {
    if (error instanceof NotATime) return { wrong: error.message };
    throw error;
  }
}

function reading(tokens: readonly Token[], at: At): Reading {
  const [first, ...rest] = tokens;
  if (first === undefined) throw new NotATime("Type a time: 15m, 9:14, yesterday 9-11.");
  const length = lengthIn(tokens);
  if (length !== null) return checkedBack(length);
  if (first.kind === "since") return between(rest, [{ kind: "now" }], at);
  const dashes = tokens.filter((token) => token.kind === "dash").length;
  if (dashes > 1) throw new NotATime("More than two ends: type one “to” or one dash.");
  const dash = tokens.findIndex((token) => token.kind === "dash");
  return dash < 0 ? around(tokens, at) : between(tokens.slice(0, dash), tokens.slice(dash + 1), at);
}

type Length = { count: number; unit: Unit };

/** "15m", "now-15m", "1h 30m", "hour": a range by its length, until now. */
function lengthIn(tokens: readonly Token[]): Length | null {
  const [first, second] = tokens;
  if (second === undefined && first?.kind === "back") return first;
  if (second === undefined && first?.kind === "word" && first.text.length > 1) {
    const unit = unitIn(first.text);
    return unit ? { count: 1, unit } : null;
  }
  const lengths = tokens.filter((token) => token.kind === "length");
  const last = lengths.at(-1);
  if (last === undefined || lengths.length < tokens.length) return null;
  const all = lengths.reduce((sum, { count, unit }) => sum + count * UNIT_MILLISECONDS[unit], 0);
  return { count: all / UNIT_MILLISECONDS[last.unit], unit: last.unit };
}

function checkedBack({ count, unit }: Length): Reading {
  checkLength(count * UNIT_MILLISECONDS[unit]);
  if (!Number.isInteger(count)) throw new NotATime("Type the larger unit first: 1h 30m.");
  return { range: { from: `now-${count}${unit}`, to: "now" }, note: null };
}

/** A day alone is all of it; a moment is the quarter of an hour around it. */
function around(tokens: readonly Token[], at: At): Reading {
  const point = pointOf(tokens, true);
  if (point.kind === "now") throw new NotATime("From when to now? Type 15m, or 9:14 to now.");
  if (point.kind === "wall" && point.clock === null) return between(tokens, tokens, at);
  const { at: moment, note } = startOf(point, at);
  const words = endWords(moment, at.zone, at.now);
  if (moment > at.now) throw new NotATime(`In the future: ${words}.`);
  const half = AROUND_MILLISECONDS / 2;
  const to = moment + half < at.now ? isoOf(moment + half) : "now";
  return { range: { from: isoOf(moment - half), to }, note: joined(`15 min around ${words}`, note) };
}

function between(first: readonly Token[], second: readonly Token[], at: At): Reading {
  const [left, right] = shared(first, second);
  if (right.kind === "now" && left.kind === "back") return checkedBack(left);
  if (right.kind === "back" && left.kind === "back") return backToBack(left, right);
  const start = startOf(left, at);
  if (right.kind === "now") {
    if (left.kind === "now") throw new NotATime("That is no time at all: from now to now.");
    const made = checked(start.at, at.now, at);
    return { range: { ...made.range, to: "now" }, note: start.note };
  }
  const end = endOf(right, start, at);
  const made = checked(start.at, end.at, at);
  const isWhole = right.kind === "wall" && right.clock === null;
  return { ...made, note: joined(start.note, end.note, isWhole ? null : made.note) };
}

type Back = Extract<Point, { kind: "back" }>;

function backToBack(left: Back, right: Back): Reading {
  const [from, to] = [left, right].map(({ count, unit }) => count * UNIT_MILLISECONDS[unit]) as [
    number,
    number,
  ];
  if (from <= to) throw new NotATime("Ends before it starts: the first moment is the later one.");
  checkLength(from - to);
  const text = ({ count, unit }: Back) => `now-${count}${unit}`;
  return { range: { from: text(left), to: text(right) }, note: null };
}

/** Both ends; what one of them says of the day and the month, the other may leave out. */
function shared(first: readonly Token[], second: readonly Token[]): [Point, Point] {
  const [lone, next] = [first.at(-1), second[1]];
  // "26-28 nov": two days of one month.
  const isDay = lone?.kind === "number" && second[0]?.kind === "number" && second.length === 2;
  const month = isDay && next?.kind === "word" && monthIn(next.text) !== null ? [next] : [];
  const right = pointOf(second, false);
  const left = pointOf([...first, ...month], false);
  if (left.kind !== "wall" || right.kind !== "wall") return [left, right];
  // "9-11 yesterday": the day stands at the end for both.
  const isShared = left.day === null && left.clock !== null && right.day !== null && right.clock !== null;
  // "9:00 - 10:00 utc": so does an offset.
  const zone = left.zone ?? (right.zone !== null && offsetIn(right.zone) !== null ? right.zone : null);
  const [start, end] = isShared ? [right.day, null] : [left.day, right.day];
  return [
    { ...left, day: start, zone },
    { ...right, day: end },
  ];
}

type Found = { at: number; note: string | null; day: Day | null };
const exactly = (at: number): Found => ({ at, note: null, day: null });

/** The last time that was meant: what is named without its day or year has been. */
function startOf(point: Point, at: At): Found {
  if (point.kind === "now") return exactly(at.now);
  if (point.kind === "back") return exactly(at.now - point.count * UNIT_MILLISECONDS[point.unit]);
  if (point.kind === "instant") return exactly(point.at);
  const days = daysBack(point.day, civilOf(at.now, at.zone));
  const found = firstOf(
    days,
    (day) => momentOn(day, point, at, null),
    (each) => each.at <= at.now,
  );
  return onItsWeekday(found ?? momentOn(days[0] ?? civilOf(at.now, at.zone), point, at, null), point.day);
}

/** The first time after the start that was meant. */
function endOf(point: Exclude<Point, { kind: "now" }>, start: Found, at: At): Found {
  if (point.kind !== "wall") return startOf(point, at);
  const from = start.day ?? civilOf(start.at, at.zone);
  const isWhole = point.clock === null;
  const days = daysOn(point.day, from, civilOf(at.now, at.zone));
  const on = (day: Day) =>
    isWhole ? { ...exactly(startOfDay(dayAfter(day, 1), at.zone)), day } : momentOn(day, point, at, start.at);
  const found = firstOf(days, on, (each) => each.at > start.at);
  return onItsWeekday(found ?? on(days.at(-1) ?? from), point.day);
}

/** The first day's moment that will do. The others are not looked at: a time may be missing on them. */
function firstOf(
  days: readonly Day[],
  on: (day: Day) => Found,
  will: (found: Found) => boolean,
): Found | null {
  for (const day of days) {
    const found = on(day);
    if (will(found)) return found;
  }
  return null;
}

/** The days a name can mean, the one to try first in front: today or before. */
function daysBack(named: Named | null, today: Day): Day[] {
  if (named === null) return [today, dayAfter(today, -1)];
  if (named.by === "back") return [dayAfter(today, -named.days)];
  if (named.by === "date") return [named.day];
  if (named.by === "weekday") {
    const ago = (weekdayOf(today) - named.weekday + 7) % 7;
    return [dayAfter(today, -ago), dayAfter(today, -ago - 7)];
  }
  return yearsOf(named, today.year, -1);
}

/** The same for an end: on the day the range starts, or after it. */
function daysOn(named: Named | null, from: Day, today: Day): Day[] {
  if (named === null) return [from, dayAfter(from, 1)];
  if (named.by === "weekday") {
    const ahead = (named.weekday - weekdayOf(from) + 7) % 7;
    return [dayAfter(from, ahead), dayAfter(from, ahead + 7)];
  }
  if (named.by === "month") {
    const isNextYear = named.month < from.month && named.month + 12 - from.month <= MOST_MONTHS;
    return yearsOf(named, from.year + (isNextYear ? 1 : 0), 1).slice(0, 1);
  }
  return daysBack(named, today);
}

const LEAP_YEARS_APART = 8;
/** A range that begins in one year and ends in the next reaches over no more months than this. */
const MOST_MONTHS = 3;

function yearsOf({ month, day }: Extract<Named, { by: "month" }>, year: number, step: 1 | -1): Day[] {
  const years = Array.from({ length: LEAP_YEARS_APART + 1 }, (_, back) => year + step * back);
  // 29 February is there in leap years alone.
  return years.map((each) => ({ year: each, month, day })).filter((each) => dayAfter(each, 0).day === day);
}

function onItsWeekday(found: Found, named: Named | null): Found {
  if (named === null || named.by === "back" || found.day === null) return found;
  const weekday = weekdayOf(found.day);
  if (named.weekday !== null && weekday !== named.weekday)
    throw new NotATime(`${dayWords(found.day).slice(4)} ${found.day.year} is a ${WEEKDAYS[weekday]}.`);
  return found;
}

type Wall = Extract<Point, { kind: "wall" }>;

function momentOn(day: Day, { clock, zone }: Wall, at: At, after: number | null): Found {
  if (clock === null) return { ...exactly(startOfDay(day, at.zone)), day };
  const isEnd = clock.hour === 24;
  const wall = { ...(isEnd ? dayAfter(day, 1) : day), ...clock, hour: isEnd ? 0 : clock.hour };
  const offset = zone === null ? null : offsetIn(zone);
  if (offset !== null) return { ...exactly((instantsOf(wall, UTC)[0] ?? 0) - offset), day };
  const all = instantsOf(wall, at.zone);
  const words = `${two(clock.hour)}:${two(clock.minute)}`;
  if (all.length === 0)
    throw new NotATime(`There is no ${words} on ${dayWords(day)}: clocks go forward over it.`);
  const [first, second] = zone === null ? all : all.filter((each) => isNamed(each, zone, at.zone));
  if (first === undefined)
    throw new NotATime(
      `“${zone}” is not what clocks show then: type ${zoneName(all[0] ?? 0, at.zone)}, UTC or +01:00.`,
    );
  if (second === undefined) return { ...exactly(first), day };
  const isSecond = after !== null && first <= after;
  const note = `${words} is there twice: the ${isSecond ? "second" : "first"}, ${zoneName(isSecond ? second : first, at.zone)}`;
  return { at: isSecond ? second : first, note, day };
}

const isNamed = (instant: number, name: string, zone: string) =>
  zoneName(instant, zone).toLowerCase() === name;
const two = (part: number) => String(part).padStart(2, "0");

/** The offset that a zone's text names, "utc", "+01:00", "utc-3:30", in milliseconds; null for a name such as "cet". */
function offsetIn(zone: string): number | null {
  if (zone === "utc" || zone === "gmt") return 0;
  const [, sign, hours, minutes] = /^(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?$/.exec(zone) ?? [];
  if (sign === undefined) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** The range between two instants, if there is one; what is still to come is left out. */
function checked(start: number, end: number, { now, zone }: At) {
  const words = (instant: number) => endWords(instant, zone, now);
  if (start >= now) throw new NotATime(`Starts in the future: ${words(start)}.`);
  if (end < start) throw new NotATime(`Ends before it starts: ${words(end)} is before ${words(start)}.`);
  if (end === start) throw new NotATime(`Ends where it starts: ${words(start)}.`);
  const isOver = end <= now;
  checkLength((isOver ? end : now) - start);
  const note = isOver ? null : `${words(end)} is still to come: to now`;
  return { range: { from: isoOf(start), to: isOver ? isoOf(end) : "now" }, note };
}

function checkLength(length: number) {
  if (length > LONGEST_MILLISECONDS + CLOCK_CHANGE_MILLISECONDS)
    throw new NotATime(`Too long: ${durationWords(length / 1000)}. A range lasts 90 d at most.`);
  if (length <= 0) throw new NotATime("That is no time at all.");
}

const joined = (...notes: readonly (string | null)[]) =>
  notes.filter((note) => note !== null).join("; ") || null;
