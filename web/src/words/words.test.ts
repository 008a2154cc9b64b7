import { describe, expect, it } from "vitest";
import {
  allowance,
  capital,
  count,
  countOf,
  percent,
  perSecond,
  share,
  shortCount,
  shortened,
  timesFaster,
  wholePercent,
} from "./counts";
import { durationWords, exactDuration, latencyWords, roughDuration, windowWords } from "./durations";
import { until, when, whenBriefly } from "./moments";

describe("exact durations", () => {
  it("keep three digits, in the unit they were meant in", () =>
    expect([0.00005, 0.0009999, 0.3, 0.99995, 1.5, 1000].map(exactDuration)).toEqual([
      "50 µs",
      "1 ms",
      "300 ms",
      "1 s",
      "1.5 s",
      "1000 s",
    ]));
});

describe("short counts", () => {
  it("are exact up to four digits, and have three digits and a unit from there", () =>
    expect([0.372, 1095, 9999, 10_000, 18_834, 1_520_000].map(shortCount)).toEqual([
      "0.37",
      "1,095",
      "9,999",
      "10k",
      "18.8k",
      "1.52M",
    ]));
});

describe("durations", () => {
  it("names the two largest units and no more", () => {
    expect(durationWords(4 * 3600 + 58 * 60 + 7)).toBe("4 h 58 min");
    expect(durationWords(34 * 60)).toBe("34 min");
    expect(durationWords(0.2)).toBe("0 s");
    expect(durationWords(2 * 86_400 + 59)).toBe("2 d");
  });
  it("is one unit in a narrow column", () => expect(roughDuration(17_880)).toBe("5 h"));
  it("keeps a request's time readable from microseconds to seconds", () => {
    expect(latencyWords(2.412)).toBe("2,412 ms");
    expect(latencyWords(0.00042)).toBe("0.42 ms");
    expect(latencyWords(12.44)).toBe("12.4 s");
    expect(latencyWords(null)).toBe("—");
  });
  it("reads the catalog's windows", () => {
    expect(windowWords("28d")).toBe("28 days");
    expect(windowWords("30m")).toBe("30 min");
    expect(windowWords("odd")).toBe("odd");
  });
});

describe("counts", () => {
  it("never rounds a ratio up to a promise it does not keep", () => {
    expect(percent(0.9999996)).toBe("99.999%");
    expect(percent(1)).toBe("100%");
    expect(percent(0.99842)).toBe("99.842%");
    expect(percent(0.999)).toBe("99.9%");
    expect(wholePercent(0.9999)).toBe("99%");
  });
  it("keeps parts of an event while a budget allows few", () => {
    expect(allowance(0.372)).toBe("0.37");
    expect(allowance(-0.628)).toBe("−0.63");
    expect(allowance(1.44)).toBe("1.4");
    expect(allowance(16.4)).toBe("16");
    expect(allowance(1095.021)).toBe("1,095");
  });
  it("says how much budget is left, also when more than all is gone", () => {
    expect(wholePercent(-0.58)).toBe("−58%");
    expect(wholePercent(-304.65)).toBe("−30,465%");
    expect(wholePercent(0.004)).toBe("<1%");
    expect(wholePercent(null)).toBe("—");
  });
  it("writes burn rates as multiples", () => {
    expect(timesFaster(14.88)).toBe("14.9×");
    expect(timesFaster(31)).toBe("31×");
    expect(timesFaster(null)).toBe("—");
  });
  it("puts the unit beside the count", () => {
    expect(count(1_095_021)).toBe("1,095,021");
    expect(countOf(1, "orders")).toBe("1 order");
    expect(countOf(412, "orders")).toBe("412 orders");
    expect(perSecond(1240.4)).toBe("1,240/s");
    expect(perSecond(0)).toBe("0/s");
    expect(perSecond(0.01)).toBe("0.01/s");
    expect(perSecond(0.0099)).toBe("0.59/min");
    expect(perSecond(0.001)).toBe("3.6/h");
    expect(perSecond(0.00001)).toBe("0.86/d");
    expect(share(0.004)).toBe("<1%");
    expect(capital("orders")).toBe("Orders");
  });
  it("shortens identifiers to their two ends", () =>
    expect(shortened("4f1c0000000000000000000000009a02")).toBe("4f1c…9a02"));
});

describe("moments", () => {
  const now = new Date("2026-11-22T09:00:00Z");
  it("are in the viewer's zone, with the day only where it is another one", () => {
    expect(when("2026-11-22T08:26:00Z", now)).toBe("09:26");
    expect(when("2026-11-21T08:26:00Z", now)).toBe("Sat 09:26");
    expect(when("2026-11-11T08:26:00Z", now)).toBe("Nov 11 09:26");
    expect(when("2026-11-23T08:26:00Z", now)).toBe("Nov 23 09:26");
    expect(whenBriefly("2026-11-21T08:26:00Z", now)).toBe("Sat 09:26");
    expect(whenBriefly("2026-11-11T08:26:00Z", now)).toBe("Nov 11");
  });
  it("to come are named by weekday while that is unmistakable", () => {
    expect(until("2026-11-22T13:48:00Z", now)).toBe("today 14:48");
    expect(until("2026-11-24T13:48:00Z", now)).toBe("Tuesday 14:48");
    expect(until("2026-12-24T13:48:00Z", now)).toBe("Dec 24 14:48");
  });
});
