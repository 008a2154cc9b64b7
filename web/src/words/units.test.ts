import { describe, expect, it } from "vitest";
import { inUcum, unitName, unitWords } from "./units";

describe("values in their units", () => {
  it("names the unit a metric is sent in", () => {
    expect(["s", "By/s", "{cent}", "{read}", "1", "", "kW"].map(unitName)).toEqual([
      "seconds",
      "bytes per second",
      "cents",
      "reads",
      "",
      "",
      "kW",
    ]);
  });
  it("writes time in the unit that reads best", () => {
    expect(inUcum(0.25, "s")).toBe("250 ms");
    expect(inUcum(1500, "ms")).toBe("1.5 s");
    expect(inUcum(90, "s")).toBe("90 s");
    expect(inUcum(0.000042, "s")).toBe("42 µs");
    expect(inUcum(0, "s")).toBe("0 s");
  });
  it("writes parts of a byte as such", () => expect(inUcum(0.25, "By")).toBe("0.3 B"));
  it("writes bytes in decimal units, and per second where they are", () => {
    expect(inUcum(1_500_000, "By")).toBe("1.5 MB");
    expect(inUcum(2048, "By/s")).toBe("2 kB/s");
    expect(inUcum(1, "MiBy", true)).toBe("1 MB");
  });
  it("leaves out what only repeats the metric's name", () => {
    expect(inUcum(12.4, "{call}/s")).toBe("12.4/s");
    expect(inUcum(-3, "1")).toBe("−3");
    expect(inUcum(0.0042, "")).toBe("0.0042");
    expect(inUcum(40, "%")).toBe("40%");
    expect(inUcum(21, "Cel")).toBe("21 Cel");
  });
  it("names units in words", () => {
    expect(unitWords("{call}/s")).toBe("calls per second");
    expect(unitWords("By")).toBe("bytes");
    expect(unitWords("1")).toBe("");
    expect(unitWords("/s")).toBe("per second");
  });
});
