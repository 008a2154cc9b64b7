import { describe, expect, it } from "vitest";
import { AXIS, leftOf } from "./lines";
import { budgetWarp, burnWarp } from "./warp";

describe("a budget's axis", () => {
  it("is linear down to −100%, then takes a power of ten a step", () => {
    const { to } = budgetWarp(-312);
    const step = to(-1) - to(-10);
    expect([to(1), to(0.25), to(0)]).toEqual([1, 0.25, 0]);
    expect(to(-10) - to(-100)).toBeCloseTo(step);
    expect(to(-0.5)).toBeCloseTo(to(-1) / 2);
  });
  it("never turns: what is lower is drawn lower", () => {
    const { to } = budgetWarp(-1e6);
    const values = Array.from({ length: 400 }, (_, index) => 1 - index ** 2.4 / 10);
    values.slice(1).forEach((value, index) => expect(to(value)).toBeLessThan(to(values[index] ?? 0)));
  });
  it("holds the lowest value, and labels every tick", () => {
    for (const lowest of [-1.01, -9, -10, -11, -312, -99_999]) {
      const { to, scale, labels } = budgetWarp(lowest);
      expect(scale.low).toBeLessThanOrEqual(to(lowest) + 1e-9);
      expect(scale.ticks.map((tick) => labels.get(tick))).not.toContain(undefined);
    }
    expect([...budgetWarp(-312).labels.values()]).toEqual([
      "100%",
      "50%",
      "0",
      "−100%",
      "−1,000%",
      "−10,000%",
      "−100,000%",
    ]);
  });
});

describe("the room of an axis", () => {
  it("grows with its longest label, and is the usual one for short labels", () => {
    expect(leftOf(["100%", "−100%"])).toBe(AXIS.left);
    expect(leftOf()).toBe(AXIS.left);
    expect(leftOf(budgetWarp(-312).labels.values())).toBe(AXIS.left + 21);
  });
});

describe("a burn rate's axis", () => {
  it("has the tiers' thresholds and the powers of ten that do not touch them", () => {
    const { labels } = burnWarp(893, [13.4, 5.6, 0.933]);
    expect([...labels.values()].sort()).toEqual(["0.1×", "0.933×", "1,000×", "100×", "13.4×", "5.6×"].sort());
  });
  it("draws nothing below its lowest tick, and holds the highest value", () => {
    const { to, scale } = burnWarp(893, [13.4]);
    expect(to(0)).toBe(scale.low);
    expect(scale.high).toBeGreaterThanOrEqual(to(893));
  });
});
