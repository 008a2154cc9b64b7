// One end of a typed range: a day, a time, both, or something as exact as an instant. Pure.

import { daysIn, MONTHS, WEEKDAYS, type Day } from "../words/zones";
import { type Clock, NotATime, type Token, type Unit } from "./tokens";

/** A day as it was named: by its date, without a year, by its weekday, or by how many days back it was. */
export type Named =
  | { by: "date"; day: Day; weekday: number | null }
  | { by: "month"; month: number; day: number; weekday: number | null }
  | { by: "weekday"; weekday: number }
  | { by: "back"; days: number };
export type Point =
  | { kind: "now" }
  | { kind: "back"; count: number; unit: Unit }
  | { kind: "instant"; at: number }
  | { kind: "wall"; day: Named | null; clock: Clock | null; zone: string | null };

type Parts = {
  weekday: number | null;
  month: number | null;
  day: number | null;
  year: number | null;
  back: number | null;
  clock: Clock | null;
  zone: string | null;
};

const LONG_MONTHS =
  /^(january|february|march|april|may|june|july|august|sept?|september|october|november|december)$/;
const LONG_DAYS = /^(sunday|monday|tues?|tuesday|weds?|wednesday|thurs?|thu|thursday|friday|saturday)$/;
const BACK: Readonly<Record<string, number>> = { today: 0, yesterday: 1 };

function placeIn(names: readonly string[], long: RegExp, text: string): number | null {
  const place = names.findIndex((name) => name.toLowerCase() === text.slice(0, 3));
  return place >= 0 && (text.length === 3 || long.test(text)) ? place : null;
}

export const monthIn = (text: string) => placeIn(MONTHS, LONG_MONTHS, text);
export const weekdayIn = (text: string) => placeIn(WEEKDAYS, LONG_DAYS, text);

/** The end of a range that some tokens mean. `alone` is whether they are all there is: then a bare number is no hour. */
export function pointOf(tokens: readonly Token[], alone: boolean): Point {
  const [first, second, ...more] = tokens;
  if (first === undefined) throw new NotATime("One end is missing.");
  if (second === undefined && first.kind === "now") return { kind: "now" };
  if (second === undefined && first.kind === "back") return first;
  if (second === undefined && first.kind === "epoch") return { kind: "instant", at: first.instant };
  if (first.kind === "length" && second?.kind === "ago" && more.length === 0)
    return { kind: "back", count: first.count, unit: first.unit };
  const parts = partsOf(tokens, alone);
  return { kind: "wall", day: namedIn(parts), clock: parts.clock, zone: parts.zone };
}

function partsOf(tokens: readonly Token[], alone: boolean): Parts {
  const parts: Parts = {
    weekday: null,
    month: null,
    day: null,
    year: null,
    back: null,
    clock: null,
    zone: null,
  };
  tokens.forEach((token, place) => {
    if (token.kind === "date") {
      once(parts, "year", token.year);
      once(parts, "month", token.month);
      once(parts, "day", token.day);
    } else if (token.kind === "clock") once(parts, "clock", token.clock);
    else if (token.kind === "zone") once(parts, "zone", token.text);
    else if (token.kind === "word") takeWord(parts, token.text);
    else if (token.kind === "number") takeNumber(parts, token, tokens[place + 1], alone);
    else throw new NotATime(misplaced(token));
  });
  return parts;
}

function misplaced(token: Token): string {
  if (token.kind === "length")
    return `${token.count} ${token.unit} of when? Type “${token.count}${token.unit}” alone, or “… ago”.`;
  if (token.kind === "epoch") return "An epoch stands alone, or at one end of a range.";
  return `“${token.kind}” is out of place.`;
}

function once<Name extends keyof Parts>(parts: Parts, name: Name, value: Parts[Name]) {
  if (parts[name] !== null)
    throw new NotATime(`Two of a kind: which ${name === "clock" ? "time" : name} is meant?`);
  parts[name] = value;
}

function takeWord(parts: Parts, text: string) {
  const [month, weekday] = [monthIn(text), weekdayIn(text)];
  if (month !== null) once(parts, "month", month + 1);
  else if (weekday !== null) once(parts, "weekday", weekday);
  else if (text in BACK) once(parts, "back", BACK[text] ?? 0);
  else if (parts.clock !== null && /^[a-z]{2,5}$/.test(text)) once(parts, "zone", text);
  else throw new NotATime(`“${text}” is no part of a time.`);
}

function takeNumber(
  parts: Parts,
  { value, text }: { value: number; text: string },
  next: Token | undefined,
  alone: boolean,
) {
  const isBeforeMonth = next?.kind === "word" && monthIn(next.text) !== null;
  const isAfterMonth = parts.month !== null && parts.day === null;
  if (text.length === 4 && (parts.month !== null || isBeforeMonth)) once(parts, "year", value);
  else if (isBeforeMonth || isAfterMonth) once(parts, "day", value);
  else if (!/^\d{1,2}$/.test(text) || (alone && !hasDay(parts)))
    throw new NotATime(`${text} of what? Type ${text}m, ${text}h, ${text}d, or a time such as 9:00.`);
  else if (value > 24) throw new NotATime(`No such time: ${text}. Hours go to 23, minutes to 59.`);
  else once(parts, "clock", { hour: value, minute: 0, second: 0, millisecond: 0 });
}

const hasDay = ({ weekday, day, back }: Parts) => weekday !== null || day !== null || back !== null;

function namedIn({ weekday, month, day, year, back }: Parts): Named | null {
  if (back !== null) {
    if (weekday !== null || day !== null || month !== null)
      throw new NotATime("Two days: which one is meant?");
    return { by: "back", days: back };
  }
  if (month === null || day === null) {
    if (month !== null) throw new NotATime(`Which day of ${MONTHS[month - 1]}?`);
    return weekday === null ? null : { by: "weekday", weekday };
  }
  check(month, day, year);
  return year === null
    ? { by: "month", month, day, weekday }
    : { by: "date", day: { year, month, day }, weekday };
}

const LEAP_YEAR = 2028;

function check(month: number, day: number, year: number | null) {
  if (month < 1 || month > 12) throw new NotATime(`No such month: ${month}.`);
  const most = daysIn(year ?? LEAP_YEAR, month);
  if (day < 1 || day > most)
    throw new NotATime(
      `${MONTHS[month - 1]}${year === null ? "" : ` ${year}`} has ${most} days, not ${day}.`,
    );
}
