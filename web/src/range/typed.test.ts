import { describe, expect, it } from "vitest";
import { isoOf, type Range, wordsOf } from "./ranges";
import { readTyped } from "./typed";

const PARIS = "Europe/Paris";
/** A Saturday morning: 10:15 in Paris. */
const NOW = Date.parse("2026-11-28T09:15:00Z");

const read = (text: string, now = NOW, zone = PARIS) => readTyped(text, { now, zone });
function shown(text: string, now = NOW, zone = PARIS): string {
  const found = read(text, now, zone);
  if ("wrong" in found) return `wrong: ${found.wrong}`;
  return wordsOf(found.range, zone, now) + (found.note === null ? "" : ` (${found.note})`);
}

/** What is typed, and what it means at that moment. */
const MEANT: ReadonlyArray<readonly [string, string]> = [
  ["5m", "last 5 min"],
  ["15 min", "last 15 min"],
  ["last 15 min", "last 15 min"],
  ["Last 24 hours", "last 24 h"],
  ["past hour", "last 1 h"],
  ["1h 30m", "last 90 min"],
  ["1h30m", "last 90 min"],
  ["2 weeks", "last 2 weeks"],
  ["90d", "last 90 d"],
  ["now-6h", "last 6 h"],
  ["now-6h to now", "last 6 h"],
  ["6h ago - now", "last 6 h"],
  ["now-6h to now-2h", "6 h ago – 2 h ago"],
  ["6h ago to 2h ago", "6 h ago – 2 h ago"],
  ["2h ago", "Sat 28 Nov 08:07:30 – 08:22:30 (15 min around Sat 28 Nov 08:15)"],
  ["today", "Sat 28 Nov 00:00 – now"],
  ["yesterday", "Fri 27 Nov"],
  ["yesterday 9-11", "Fri 27 Nov 09:00 – 11:00"],
  ["9-11 yesterday", "Fri 27 Nov 09:00 – 11:00"],
  ["yesterday 9am-11am", "Fri 27 Nov 09:00 – 11:00"],
  ["yesterday 22-2", "Fri 27 Nov 22:00 – Sat 28 Nov 02:00"],
  ["yesterday 22:00-24:00", "Fri 27 Nov 22:00 – Sat 28 Nov 00:00"],
  ["9:00-11:30", "Sat 28 Nov 09:00 – now (Sat 28 Nov 11:30 is still to come: to now)"],
  ["11:00-11:30", "Fri 27 Nov 11:00 – 11:30"],
  ["9:00 to 9:30", "Sat 28 Nov 09:00 – 09:30"],
  ["since 9:14", "Sat 28 Nov 09:14 – now"],
  ["09:10 to now", "Sat 28 Nov 09:10 – now"],
  ["14:32", "Fri 27 Nov 14:24:30 – 14:39:30 (15 min around Fri 27 Nov 14:32)"],
  ["10:14", "Sat 28 Nov 10:06:30 – now (15 min around Sat 28 Nov 10:14)"],
  ["noon", "Fri 27 Nov 11:52:30 – 12:07:30 (15 min around Fri 27 Nov 12:00)"],
  ["mon", "Mon 23 Nov"],
  ["mon 14:00 - tue 9:00", "Mon 23 Nov 14:00 – Tue 24 Nov 09:00"],
  ["fri 14:00 to 15:00", "Fri 27 Nov 14:00 – 15:00"],
  ["sat 14:00 - 15:00", "Sat 21 Nov 14:00 – 15:00"],
  ["mon - wed", "Mon 23 Nov – Wed 25 Nov"],
  ["26 nov", "Thu 26 Nov"],
  ["26 nov 9-11", "Thu 26 Nov 09:00 – 11:00"],
  ["nov 26 09:00 to 11:00", "Thu 26 Nov 09:00 – 11:00"],
  ["Thu, 26 November 2026 09:10:05 – 09:52", "Thu 26 Nov 09:10:05 – 09:52"],
  ["26-28 oct", "Mon 26 Oct – Wed 28 Oct"],
  ["31 oct - 1 nov", "Sat 31 Oct – Sun 1 Nov"],
  ["30 nov", "Sun 30 Nov 2025"],
  ["2026-11-22", "Sun 22 Nov"],
  ["2026-11-22 14:30 - 15:00", "Sun 22 Nov 14:30 – 15:00"],
  ["2026-11-22T14:30:00Z to 2026-11-22T15:30:00Z", "Sun 22 Nov 15:30 – 16:30"],
  ["2026-11-22T09:30-05:00 / 2026-11-22T10:30-05:00", "Sun 22 Nov 15:30 – 16:30"],
  ["2026-11-22T14:30:00.250Z to 2026-11-22T14:30:01Z", "Sun 22 Nov 15:30:00.250 – 15:30:01"],
  ["2026-11-22 09:00 - 10:00 utc", "Sun 22 Nov 10:00 – 11:00"],
  ["1795336200", "Sun 22 Nov 09:22:30 – 09:37:30 (15 min around Sun 22 Nov 09:30)"],
  ["1795336200 - 1795336260", "Sun 22 Nov 09:30 – 09:31"],
  ["1795336200000 to 1795336260000", "Sun 22 Nov 09:30 – 09:31"],
];

const REFUSED: ReadonlyArray<readonly [string, string]> = [
  ["", "Type a time: 15m, 9:14, yesterday 9-11."],
  ["25:70 to now", "No such time: 25:70. Hours go to 23, minutes to 59."],
  ["yesterday 9-25", "No such time: 25. Hours go to 23, minutes to 59."],
  ["13pm", "No such time: 13 pm. Such hours go from 1 to 12."],
  ["9", "9 of what? Type 9m, 9h, 9d, or a time such as 9:00."],
  ["last tuesdey", "“tuesdey” is no part of a time."],
  ["9:00 & 10:00", "“&” is no part of a time."],
  ["now", "From when to now? Type 15m, or 9:14 to now."],
  ["9:00 - 10:00 - 11:00", "More than two ends: type one “to” or one dash."],
  ["9:00 to", "One end is missing."],
  ["31 nov", "Nov has 30 days, not 31."],
  ["2026-02-29", "Feb 2026 has 28 days, not 29."],
  ["2026-13-01", "No such month: 13."],
  ["fri 26 nov", "26 Nov 2026 is a Thu."],
  ["nov", "Which day of Nov?"],
  ["26 nov 11:00 to 25 nov 9:00", "Ends before it starts: Wed 25 Nov 09:00 is before Thu 26 Nov 11:00."],
  ["26 nov 9:00 to 26 nov 9:00", "Ends where it starts: Thu 26 Nov 09:00."],
  ["2h ago to 6h ago", "Ends before it starts: the first moment is the later one."],
  ["today 14:00-15:00", "Starts in the future: Sat 28 Nov 14:00."],
  ["2027-01-01", "Starts in the future: Fri 1 Jan 2027 00:00."],
  ["120d", "Too long: 120 d. A range lasts 90 d at most."],
  ["1 jan - 1 aug", "Too long: 212 d 23 h. A range lasts 90 d at most."],
];

describe("a typed range", () => {
  it.each(MEANT)("“%s” is %s", (text, meaning) => expect(shown(text)).toBe(meaning));
  it.each(REFUSED)("“%s” is refused: %s", (text, why) => expect(read(text)).toEqual({ wrong: why }));
});

describe("a typed range where clocks change", () => {
  const AFTER = Date.parse("2026-10-26T09:00:00Z");
  const hours = (text: string, now = AFTER) => {
    const found = read(text, now);
    return "wrong" in found ? found : (Date.parse(found.range.to) - Date.parse(found.range.from)) / 3_600_000;
  };
  it("lasts as long as it lasted", () => {
    expect(hours("25 oct")).toBe(25);
    expect(hours("25 oct 1:00-4:00")).toBe(4);
    expect(hours("29 mar 1:00-4:00")).toBe(2);
  });
  it("takes the first of two, says so, and takes the other by the zone's name", () => {
    expect(shown("25 oct 2:30 - 4:00", AFTER)).toBe(
      "Sun 25 Oct 02:30 CEST – 04:00 CET (02:30 is there twice: the first, CEST)",
    );
    expect(shown("25 oct 2:30 CET - 4:00", AFTER)).toBe("Sun 25 Oct 02:30 CET – 04:00 CET");
    expect(shown("25 oct 2:30 CEST - 2:30 CET", AFTER)).toBe("Sun 25 Oct 02:30 CEST – 02:30 CET");
  });
  it("has no time that no clock showed", () =>
    expect(read("29 mar 2:30-4:00", AFTER)).toEqual({
      wrong: "There is no 02:30 on Sun 29 Mar: clocks go forward over it.",
    }));
});

/** Numbers that look random and are the same on every run. */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const GRAINS = [1, 1_000, 60_000, 3_600_000];

function anyRange(roll: (most: number) => number, now: number): Range {
  const grain = GRAINS[roll(GRAINS.length)] ?? 1;
  const start = Math.floor((now - 1 - roll(800) * 86_400_000 - roll(86_400_000)) / grain) * grain;
  const end = start + Math.max(1, roll((88 * 86_400_000) / grain) >> roll(20)) * grain;
  const isRecent = now - start < 88 * 86_400_000;
  if (roll(4) === 0 && isRecent) return { from: isoOf(start), to: "now" };
  if (roll(4) === 0) return { from: `now-${1 + roll(50)}${"smhdw"[roll(3)]}`, to: "now" };
  return end < now
    ? { from: isoOf(start), to: isoOf(end) }
    : { from: isoOf(start - (end - start)), to: isoOf(start) };
}

describe("what is shown for a range", () => {
  it.each([PARIS, "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"])(
    "can be typed and gives the same range, in %s",
    (zone) => {
      const roll = dice(7);
      for (let run = 0; run < 200; run += 1) {
        const now = NOW - roll(300) * 86_400_000 - roll(86_400) * 1_000;
        const range = anyRange(roll, now);
        const words = wordsOf(range, zone, now);
        expect([words, readTyped(words, { now, zone })]).toEqual([words, { range, note: null }]);
      }
    },
  );
  it.each([PARIS, "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo"])(
    "is the same range around the hours in which clocks change, in %s",
    (zone) => {
      const now = NOW;
      for (const day of ["2026-10-25", "2026-03-29", "2026-04-04", "2026-04-05", "2026-09-06", "2026-10-29"])
        for (let minutes = -180; minutes < 1_500; minutes += 45)
          for (const length of [30, 60, 120]) {
            const start = Date.parse(`${day}T00:00:00Z`) + minutes * 60_000;
            const range = { from: isoOf(start), to: isoOf(start + length * 60_000) };
            const words = wordsOf(range, zone, now);
            const found = readTyped(words, { now, zone });
            expect([words, "range" in found ? found.range : found]).toEqual([words, range]);
          }
    },
  );
});
