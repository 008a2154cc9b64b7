import { describe, expect, it } from "vitest";
import { partsOf } from "./timeParts";

describe("the bar of a trace's time", () => {
  it("is as long as the trace beside the longest, with each party's part", () => {
    const time = [
      { party: "payline", duration_seconds: 0.3 },
      { party: "checkout", duration_seconds: 0.1 },
    ];
    expect(partsOf(time, 0.4, 0.8)).toEqual([
      { party: "payline", percent: 37.5 },
      { party: "checkout", percent: 12.5 },
    ]);
  });
  it("is empty where nothing is known", () => {
    expect(partsOf([], 0, 0)).toEqual([]);
  });
});
