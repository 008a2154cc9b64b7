import { describe, expect, it } from "vitest";
import { earlierLines } from "./earlier";
import type { Line } from "./lines";

const line = (label: string, values: readonly (number | null)[]): Line => ({
  label,
  values,
  colour: "accent",
});

describe("earlier values", () => {
  const times = [1_000, 1_010, 1_020];
  it("lie under those of now, step by step, and are named", () => {
    const earlier = {
      times: [900, 910, 920],
      lines: [line("p99", [1, null, 3])],
      seconds: 100,
      words: "a week ago",
    };
    expect(earlierLines(times, [line("p99", [7, 8, 9]), line("p50", [1, 1, 1])], earlier)).toEqual([
      { label: "p99 a week ago", values: [1, null, 3], colour: "faint", earlier: true },
    ]);
  });
  it("are taken from the nearest step where steps begin otherwise, and are unknown outside of them", () => {
    const earlier = {
      times: [893, 903, 913],
      lines: [line("p99", [1, 2, 3])],
      seconds: 100,
      words: "before",
    };
    expect(earlierLines(times, [line("p99", [7, 8, 9])], earlier)[0]?.values).toEqual([2, 3, null]);
  });
});
