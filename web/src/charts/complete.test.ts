import { describe, expect, it } from "vitest";
import { completeLines, knownSteps } from "./complete";
import type { Line } from "./lines";

const TIMES = [0, 10, 20, 30];

describe("steps that are not complete", () => {
  it("are those that end after the instant, on both sides of the bound", () => {
    expect(knownSteps(TIMES, 29)).toBe(2);
    expect(knownSteps(TIMES, 30)).toBe(3);
    expect(knownSteps(TIMES, 40)).toBe(4);
  });
  it("are none while nothing is known of the instant, or of the step", () => {
    expect(knownSteps(TIMES, null)).toBe(4);
    expect(knownSteps([5], 0)).toBe(1);
  });
  it("have no value, and the others keep theirs", () => {
    const lines = [{ label: "failed", colour: "bad", values: [1, 2, 0, 0] }] as unknown as Line[];
    expect(completeLines(lines, TIMES, 25)[0]?.values).toEqual([1, 2, null, null]);
    expect(completeLines(lines, TIMES, 40)).toBe(lines);
  });
});
