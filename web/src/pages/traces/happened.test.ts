import { describe, expect, it } from "vitest";
import type { Scatter, TraceTally } from "../../api/types";
import { linesOf, notesOf } from "./Happened";

const SCATTER = { scope: "root", spans: 1000, errors: 239, slow: 4 } as unknown as Scatter;
const kind = (words: string, traces: number) => ({
  operation: "POST /orders",
  words,
  happened: `POST /orders · ${words}`,
  traces,
});
const FAILED: TraceTally = {
  outcome: "failed",
  looked_at: 100,
  is_all: false,
  kinds: [kind("504 at payline", 99), kind("409 at inventory", 1)],
};
const SLOW: TraceTally = { outcome: "slow", looked_at: 4, is_all: true, kinds: [kind("slow at cart", 4)] };

describe("what happened, how often", () => {
  it("lists failures, then slow ones, then the others as one line", () => {
    expect(linesOf([FAILED, SLOW], SCATTER).map((one) => [one.outcome, one.happened, one.traces])).toEqual([
      ["failed", "POST /orders · 504 at payline", 99],
      ["failed", "POST /orders · 409 at inventory", 1],
      ["slow", "POST /orders · slow at cart", 4],
      ["usual", null, 757],
    ]);
    expect(linesOf([SLOW], undefined)).toHaveLength(1);
  });
  it("says of how many it counted where it did not read all", () => {
    expect(notesOf([FAILED, SLOW], SCATTER)).toEqual(["Failed: counted in the newest 100 of 239."]);
    expect(notesOf([FAILED], undefined)).toEqual(["Failed: counted in the newest 100."]);
  });
});
