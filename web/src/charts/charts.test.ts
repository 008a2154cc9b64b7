import { describe, expect, it } from "vitest";
import type { Change, Mark } from "../api/types";
import { markOf } from "./changeMarks";
import { bandOf, leadsTo, placed } from "./marks";
import { inUnit, scaleOf } from "./scale";
import { barsInWords, stacked } from "./stack";

describe("bars that stand on each other", () => {
  const lines = [
    { label: "error", colour: "bad", values: [1, null, 2] },
    { label: "info", colour: "faint", values: [4, 5, 1_000] },
  ] as const;
  it("reach as high as all below them and they themselves", () =>
    expect(stacked(lines)).toEqual([
      [1, 0, 2],
      [5, 5, 1_002],
    ]));
  it("are told in words by what they count, not by colour", () =>
    expect(barsInWords(lines)).toBe(
      "error: 3 in all, at most 2 in a bar; info: 1,009 in all, at most 1,000 in a bar",
    ));
});

describe("the scale of a chart", () => {
  it("starts at zero and ends at the first round number that holds all", () => {
    expect(scaleOf([0.1, 0.64], 1)).toEqual({ low: 0, high: 1, ticks: [0, 0.25, 0.5, 0.75, 1] });
    expect(scaleOf([15.9], 14.7).ticks).toEqual([0, 5, 10, 15, 20]);
  });
  it("goes below zero where more than the budget is spent", () => {
    const { low, high } = scaleOf([-0.58, 0.4], 1);
    expect(low).toBeLessThanOrEqual(-0.58);
    expect(high).toBe(1);
  });
  it("is not upset by missing values", () => expect(scaleOf([null, null], 1).high).toBe(1));
  it("writes values in their unit", () => {
    expect(inUnit(0.25, "ratio")).toBe("25%");
    expect(inUnit(0, "per_second")).toBe("0");
    expect(inUnit(0.3, "seconds")).toBe("300 ms");
  });
});

describe("labels of marks", () => {
  const mark = (at: string, label: string, kind: Mark["kind"] = "change"): Mark => ({
    at,
    label,
    kind,
    href: null,
  });
  const times = [Date.parse("2026-11-22T00:00:00Z") / 1000, Date.parse("2026-11-22T10:00:00Z") / 1000];

  it("never write over each other: what does not fit keeps its line only", () => {
    const crowd = Array.from({ length: 9 }, (_, index) =>
      mark(`2026-11-22T09:0${index}:00Z`, `payment v2.${index}`),
    );
    const labelled = placed(crowd, times, 400).filter(({ row }) => row !== null);
    expect(labelled).toHaveLength(2);
    expect(new Set(labelled.map(({ row }) => row)).size).toBe(2);
  });
  it("have a band above the data, as high as their rows; a low chart has one", () => {
    const one = [mark("2026-11-22T09:00:00Z", "payment v2.1")];
    const two = [...one, mark("2026-11-22T09:01:00Z", "payment v2.2")];
    const outside = mark("2026-11-23T09:00:00Z", "payment v2.3");
    expect(bandOf([outside], times, 200)).toEqual({ rows: 0, band: 0 });
    expect(bandOf([...one, outside], times, 200)).toEqual({ rows: 1, band: 16 });
    expect(bandOf(two, times, 200)).toEqual({ rows: 2, band: 40 });
    expect(bandOf(two, times, 132)).toEqual({ rows: 1, band: 16 });
    expect(placed(two, times, 400, 1).filter(({ row }) => row !== null)).toHaveLength(1);
  });
  it("are cut between words", () => {
    const [long] = placed([mark("2026-11-22T09:00:00Z", "cart 1.4.0 takes traffic again")], times, 400);
    expect(long?.label).toBe("cart 1.4.0 takes…");
  });
  it("say what was changed first", () => {
    const change = {
      id: 81,
      at: "2026-11-22T09:00:00Z",
      service: "cart",
      version: "1.4",
      summary: "Roll-out",
    } as Change;
    expect(markOf(change).label).toBe("cart 1.4: Roll-out");
    expect(markOf({ ...change, summary: "Cart 1.4 is out" }).label).toBe("Cart 1.4 is out");
    expect(markOf({ ...change, service: null, version: null }).label).toBe("Roll-out");
  });
  it("give incidents the first choice", () => {
    const [first] = placed(
      [
        mark("2026-11-22T09:00:00Z", "payment v2.31"),
        mark("2026-11-22T08:59:00Z", "incident 318", "incident"),
      ],
      times,
      400,
    );
    expect(first?.mark.label).toBe("incident 318");
    expect(first?.row).toBe(0);
  });
  it("leave out what lies outside the range", () =>
    expect(placed([mark("2026-11-21T00:00:00Z", "old")], times, 400)).toEqual([]));
});

it("a change leads to its row among those of the hour around it, an incident to its page", () => {
  const at = "2026-11-22T10:00:00Z";
  const around = "from=2026-11-22T09%3A30%3A00Z&to=2026-11-22T10%3A30%3A00Z";
  expect(leadsTo({ at, kind: "change", label: "", href: "/changes?change=81" })).toBe(
    `/changes?change=81&${around}`,
  );
  expect(leadsTo({ at, kind: "change", label: "", href: null })).toBe(`/changes?${around}`);
  expect(leadsTo({ at, kind: "incident", label: "", href: "/incidents/3" })).toBe("/incidents/3");
});
