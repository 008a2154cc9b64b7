import { describe, expect, it } from "vitest";
import { brushed, notBefore, rangeWords } from "./range";

describe("ranges", () => {
  it("are said in words", () => {
    expect(rangeWords({ from: "now-6h", to: "now" })).toBe("last 6 h");
    expect(rangeWords({ from: "2026-11-22T08:10:00Z", to: "2026-11-22T08:50:00Z" })).toBe(
      "Nov 22 09:10 – 09:50",
    );
    expect(rangeWords({ from: "2026-11-22T08:10:00Z", to: "2026-11-23T08:50:00Z" })).toBe(
      "Nov 22 09:10 – Nov 23 09:50",
    );
    expect(rangeWords({ from: "yesterday", to: "now" })).toBe("yesterday to now");
  });
  it("brushed on a chart are whole seconds in UTC", () =>
    expect(brushed(1_763_798_400.4, 1_763_798_460)).toEqual({
      from: "2025-11-22T08:00:00Z",
      to: "2025-11-22T08:01:00Z",
    }));
  it("do not begin before there was anything to show", () => {
    const now = new Date("2026-11-22T09:00:00Z");
    expect(notBefore("now-6h", "2026-11-22T08:50:00Z", now)).toBe("2026-11-22T08:50:00Z");
    expect(notBefore("now-6h", "2026-11-20T08:50:00Z", now)).toBe("now-6h");
    expect(notBefore("now-28d", null, now)).toBe("now-28d");
  });
});
