import { expect, it } from "vitest";
import type { Duty } from "../../api/types";
import { isGap, isOpenEnded, isOverride, isWithin, partsOf, weeksFrom } from "./weeks";

const NOW = Date.parse("2026-11-26T08:52:10Z");

function duty(start: string, end: string, people: string[], layer: number | null = 0): Duty {
  return { start, end, people, layer };
}

it("begins today at midnight of the shown zone, and has whole weeks", () => {
  const [first, second] = weeksFrom(NOW, 2, "Europe/Berlin");
  expect(new Date(first?.start ?? 0).toISOString()).toBe("2026-11-25T23:00:00.000Z");
  expect(first?.days.map(({ words }) => words)).toEqual([
    "Thu 26 Nov",
    "Fri 27 Nov",
    "Sat 28 Nov",
    "Sun 29 Nov",
    "Mon 30 Nov",
    "Tue 1 Dec",
    "Wed 2 Dec",
  ]);
  expect(first?.days.filter(({ isFree }) => isFree)).toHaveLength(2);
  expect(first?.end).toBe(second?.start);
  expect(first && isWithin(first, NOW)).toBe(true);
});

it("has seven days in the week in which clocks go back", () => {
  const [week] = weeksFrom(Date.parse("2026-10-23T10:00:00Z"), 1, "Europe/Berlin");
  expect(week?.days).toHaveLength(7);
  expect(((week?.end ?? 0) - (week?.start ?? 0)) / 3_600_000).toBe(7 * 24 + 1);
});

it("cuts shifts at the ends of a week, and leaves out those outside of it", () => {
  const [week] = weeksFrom(NOW, 1, "UTC");
  if (!week) throw new Error("no week");
  const parts = partsOf(week, [
    duty("2026-11-20T00:00:00Z", "2026-11-26T00:00:00Z", ["before"]),
    duty("2026-11-26T00:00:00Z", "2026-11-29T12:00:00Z", ["first"]),
    duty("2026-11-29T12:00:00Z", "2026-12-20T00:00:00Z", ["second"]),
  ]);
  expect(parts.map(({ duty: { people }, left, width }) => [people[0], left, width])).toEqual([
    ["first", 0, 50],
    ["second", 50, 50],
  ]);
});

it("tells a gap from an override, which no layer decides either", () => {
  const gap = duty("2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z", [], null);
  const override = { ...gap, people: ["payments-secondary"] };
  expect([isGap(gap), isOverride(gap, [])]).toEqual([true, false]);
  expect([isGap(override), isOverride(override, [])]).toEqual([false, true]);
  expect(isOverride({ ...override, layer: 0 }, [])).toBe(false);
});

it("knows an override in place of one person, which leaves the layer to decide", () => {
  const made = {
    id: 1,
    start: "2026-11-26T00:00:00Z",
    end: "2026-11-27T00:00:00Z",
    person: "b",
    instead_of: "a",
  };
  const taken = duty(made.start, made.end, ["b"]);
  expect(isOverride(taken, [made])).toBe(true);
  expect(isOverride({ ...taken, people: ["a"] }, [made])).toBe(false);
  expect(isOverride({ ...taken, end: "2026-11-28T00:00:00Z" }, [made])).toBe(false);
});

it("does not know when the last shift of a calendar is over", () => {
  const duties = [
    duty("2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z", ["a"]),
    duty("2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z", ["b"]),
  ];
  expect(duties.map((one) => isOpenEnded(one, duties))).toEqual([false, true]);
});
