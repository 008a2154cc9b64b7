// The words of a typed time, told apart: "26 nov 9-11" is a number, a month, a number, a dash and a number. Pure.

export type Clock = { hour: number; minute: number; second: number; millisecond: number };
export type Unit = "s" | "m" | "h" | "d" | "w";
export type Token =
  | { kind: "dash" | "now" | "ago" | "since" }
  | { kind: "number"; value: number; text: string }
  | { kind: "date"; year: number; month: number; day: number }
  | { kind: "clock"; clock: Clock }
  | { kind: "length"; count: number; unit: Unit }
  | { kind: "back"; count: number; unit: Unit }
  | { kind: "epoch"; instant: number }
  | { kind: "zone"; text: string }
  | { kind: "word"; text: string };

/** A text that is no time; its message says what is wrong with it. */
export class NotATime extends Error {}

const UNITS: ReadonlyArray<readonly [Unit, RegExp]> = [
  ["s", /^(s|secs?|seconds?)$/],
  ["m", /^(m|mins?|minutes?)$/],
  ["h", /^(h|hrs?|hours?)$/],
  ["d", /^(d|days?)$/],
  ["w", /^(w|wks?|weeks?)$/],
];
const UNIT = "(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)(?![a-z])";
/** Words that join without meaning anything themselves. */
const IDLE = new Set(["at", "on", "the", "from", "of", "and", "last", "past", "between"]);

export function unitIn(text: string): Unit | undefined {
  return UNITS.find(([, pattern]) => pattern.test(text))?.[0];
}

type Rule = readonly [RegExp, (found: RegExpExecArray) => Token | null];

// The first that fits is taken: what is longer stands before what it begins with.
const RULES: readonly Rule[] = [
  [/^[\s,]+/, () => null],
  [
    /^(\d{4}-\d{2}-\d{2})t(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(z|[+-]\d{2}:?\d{2})(?!\d)/,
    ([, day, time, offset]) => isoOf(`${day}T${time}`, offset),
  ],
  [/^(\d{4})-(\d{1,2})-(\d{1,2})(?:t(?=\d)|(?!\d))/, ([, year, month, day]) => dateOf(year, month, day)],
  [new RegExp(`^now\\s*-\\s*(\\d+)\\s*${UNIT}`), (found) => lengthOf("back", found)],
  [/^now\b/, () => ({ kind: "now" })],
  [
    /^(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*([ap])\.?m\b\.?/,
    ([, hour, minute, second, half]) => clockOf(twelve(hour, half), minute, second),
  ],
  [
    /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?/,
    ([text, hour, minute, second, part]) => clockOf(Number(hour), minute, second, part, text),
  ],
  [/^(?:(?:utc|gmt)[+-]\d{1,2}(?::?\d{2})?|\+\d{2}:?\d{2})/, ([text]) => ({ kind: "zone", text })],
  [/^z\b/, () => ({ kind: "zone", text: "utc" })],
  [/^(\d{13})(?!\d)/, ([text]) => ({ kind: "epoch", instant: Number(text) })],
  [/^(\d{9,10})(?!\d)/, ([text]) => ({ kind: "epoch", instant: Number(text) * 1000 })],
  [new RegExp(`^(\\d+)\\s*${UNIT}`), (found) => lengthOf("length", found)],
  [/^(\d+)(st|nd|rd|th)?/, ([text, value]) => ({ kind: "number", value: Number(value), text })],
  [/^(-|–|—|\.\.+|→|\/)/, () => ({ kind: "dash" })],
  [/^[\p{L}]+/u, ([text]) => wordOf(text)],
];

function wordOf(text: string): Token | null {
  if (IDLE.has(text)) return null;
  if (text === "to" || text === "till" || text === "until") return { kind: "dash" };
  if (text === "ago") return { kind: "ago" };
  if (text === "since") return { kind: "since" };
  if (text === "noon") return { kind: "clock", clock: { hour: 12, minute: 0, second: 0, millisecond: 0 } };
  if (text === "midnight") return { kind: "clock", clock: { hour: 0, minute: 0, second: 0, millisecond: 0 } };
  return { kind: "word", text };
}

function isoOf(wall: string, offset = "z"): Token {
  const instant = Date.parse(wall + offset.toUpperCase().replace(/(\d{2}):?(\d{2})$/, "$1:$2"));
  if (Number.isNaN(instant)) throw new NotATime(`No such moment: ${wall}${offset.toUpperCase()}.`);
  return { kind: "epoch", instant };
}

function dateOf(year = "", month = "", day = ""): Token {
  return { kind: "date", year: Number(year), month: Number(month), day: Number(day) };
}

function lengthOf(kind: "length" | "back", [, count, unit = ""]: RegExpExecArray): Token {
  return { kind, count: Number(count), unit: unitIn(unit) ?? "m" };
}

function twelve(hour = "", half = ""): number {
  const value = Number(hour);
  if (value < 1 || value > 12)
    throw new NotATime(`No such time: ${hour} ${half}m. Such hours go from 1 to 12.`);
  return (value % 12) + (half === "p" ? 12 : 0);
}

function clockOf(hour: number, minute = "0", second = "0", part = "", text = ""): Token {
  const clock = {
    hour,
    minute: Number(minute),
    second: Number(second),
    millisecond: Math.floor(Number(`0.${part || "0"}`) * 1000 + 1e-6),
  };
  const isEnd = hour === 24 && clock.minute + clock.second + clock.millisecond === 0;
  if ((hour > 23 && !isEnd) || clock.minute > 59 || clock.second > 59)
    throw new NotATime(`No such time: ${text || hour}. Hours go to 23, minutes to 59.`);
  return { kind: "clock", clock };
}

export function tokensOf(text: string): Token[] {
  const found: Token[] = [];
  let rest = text.toLowerCase().trim();
  while (rest !== "") {
    const [token, length] = firstOf(rest);
    if (token !== null) found.push(token);
    rest = rest.slice(length);
  }
  return found;
}

function firstOf(rest: string): [Token | null, number] {
  for (const [pattern, make] of RULES) {
    const match = pattern.exec(rest);
    if (match) return [make(match), match[0].length];
  }
  throw new NotATime(`“${rest.slice(0, 1)}” is no part of a time.`);
}
