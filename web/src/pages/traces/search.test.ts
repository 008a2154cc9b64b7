import { describe, expect, it } from "vitest";
import { traceIdIn } from "../trace/traceId";
import { exactDuration } from "../../words/durations";
import { conditionWords, secondsIn } from "./search";

describe("what is typed", () => {
  it("is a duration with or without its unit", () => {
    expect(["300", "300ms", "1.5 s", "2m", "50us"].map(secondsIn)).toEqual([
      "0.3",
      "0.3",
      "1.5",
      "120",
      "0.00005",
    ]);
    expect(["", "soon", "-1", "1h30"].map(secondsIn)).toEqual([null, null, null, null]);
  });
  it("is read again as it was shown", () => {
    for (const typed of ["50us", "0.5ms", "300ms", "1.5s", "90s"]) {
      const seconds = secondsIn(typed);
      expect(secondsIn(exactDuration(Number(seconds)))).toBe(seconds);
    }
  });
  it("is a trace id, alone or in an address", () => {
    const id = "4f1c0a3b5d6e7f8091a2b3c4d5e69a02";
    expect(traceIdIn(` ${id.toUpperCase()} `)).toBe(id);
    expect(traceIdIn(`http://127.0.0.1:7070/traces/${id}?span=1`)).toBe(id);
    expect(traceIdIn(`${id}0`)).toBeNull();
    expect(traceIdIn("payment")).toBeNull();
  });
  it("is said back in words", () => {
    expect(conditionWords("min_duration_seconds", "0.3")).toBe("at least 300 ms");
    expect(conditionWords("status", "error")).toBe("failed");
  });
});
