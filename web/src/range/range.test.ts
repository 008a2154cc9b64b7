import { describe, expect, it } from "vitest";
import { brushed, notBefore, pinned, rangeWords } from "./range";
import { broughtToNow, comparedWith, endsOf, isoOf, stepped, untilNow, widened } from "./ranges";

const NOW = Date.parse("2026-11-22T09:00:00Z");
const LAST_HOUR = { from: "now-1h", to: "now" };
const MORNING = { from: "2026-11-22T06:00:00Z", to: "2026-11-22T07:00:00Z" };

describe("ranges", () => {
  it("are said in words", () => {
    expect(rangeWords({ from: "now-6h", to: "now" }, NOW)).toBe("last 6 h");
    expect(rangeWords({ from: "now-15m", to: "now" }, NOW)).toBe("last 15 min");
    expect(rangeWords({ from: "2026-11-22T08:10:00Z", to: "2026-11-22T08:50:00Z" }, NOW)).toBe(
      "Sun 22 Nov 09:10 – 09:50",
    );
    expect(rangeWords({ from: "2026-11-20T08:10:00Z", to: "2026-11-21T08:50:00Z" }, NOW)).toBe(
      "Fri 20 Nov 09:10 – Sat 21 Nov 09:50",
    );
    expect(rangeWords({ from: "yesterday", to: "now" }, NOW)).toBe("yesterday to now");
  });
  it("brushed on a chart are whole seconds in UTC", () =>
    expect(brushed(1_763_798_400.4, 1_763_798_460)).toEqual({
      from: "2025-11-22T08:00:00Z",
      to: "2025-11-22T08:01:00Z",
    }));
  it("do not begin before there was anything to show", () => {
    const now = new Date(NOW);
    expect(notBefore("now-6h", "2026-11-22T08:50:00Z", now)).toBe("2026-11-22T08:50:00Z");
    expect(notBefore("now-6h", "2026-11-20T08:50:00Z", now)).toBe("now-6h");
    expect(notBefore("now-28d", null, now)).toBe("now-28d");
  });
  it("up to now end at one instant for all reads of a page", () => {
    const measured = "2026-11-22T08:59:50Z";
    expect(pinned(LAST_HOUR, measured)).toEqual({ from: "2026-11-22T07:59:30Z", to: "2026-11-22T08:59:30Z" });
    const since = { from: MORNING.from, to: "now" };
    expect(pinned(since, measured)).toEqual({ from: MORNING.from, to: "2026-11-22T08:59:30Z" });
    expect(pinned(MORNING, measured)).toEqual(MORNING);
  });
  it("without a zone are UTC, as on the server", () =>
    expect(endsOf({ from: "2026-11-22T08:10", to: "2026-11-22T08:50:00" }, NOW)).toEqual({
      start: Date.parse("2026-11-22T08:10:00Z"),
      end: Date.parse("2026-11-22T08:50:00Z"),
    }));
});

describe("the ranges beside one", () => {
  it("are as long, and the last one ends now", () => {
    const back = stepped(LAST_HOUR, -1, NOW);
    expect(back).toEqual({ from: "2026-11-22T07:00:00Z", to: "2026-11-22T08:00:00Z" });
    expect(back && stepped(back, 1, NOW)).toEqual(LAST_HOUR);
    expect(stepped(LAST_HOUR, 1, NOW)).toBeNull();
    expect(stepped(MORNING, 1, NOW)).toEqual({ from: MORNING.to, to: "2026-11-22T08:00:00Z" });
    expect(stepped({ from: "nonsense", to: "now" }, -1, NOW)).toBeNull();
  });
  it("are twice as long around the same middle, and never over 90 days", () => {
    expect(widened(LAST_HOUR, NOW)).toEqual({ from: "now-2h", to: "now" });
    expect(widened(MORNING, NOW)).toEqual({ from: "2026-11-22T05:30:00Z", to: "2026-11-22T07:30:00Z" });
    expect(widened({ from: "now-60d", to: "now" }, NOW)).toEqual({ from: "now-90d", to: "now" });
    expect(widened({ from: "now-90d", to: "now" }, NOW)).toBeNull();
  });
  it("end now", () => {
    expect(broughtToNow(MORNING, NOW)).toEqual(LAST_HOUR);
    expect(broughtToNow(LAST_HOUR, NOW)).toBeNull();
    expect(untilNow(42 * 60_000)).toEqual({ from: "now-42m", to: "now" });
    expect(untilNow(86_400_000)).toEqual({ from: "now-24h", to: "now" });
  });
  it("to compare with are as long, right before or a week ago, and move with now", () => {
    expect(comparedWith(LAST_HOUR, "before", NOW)).toEqual({
      from: "now-2h",
      to: "now-1h",
      shift: 3_600_000,
    });
    expect(comparedWith(LAST_HOUR, "week", NOW)).toEqual({
      from: "now-169h",
      to: "now-7d",
      shift: 604_800_000,
    });
    expect(comparedWith(MORNING, "week", NOW)).toEqual({
      from: "2026-11-15T06:00:00Z",
      to: "2026-11-15T07:00:00Z",
      shift: 604_800_000,
    });
  });
  it("step back and on to where they were, however long they are", () => {
    for (let seconds = 7; seconds < 8_000_000; seconds = Math.ceil(seconds * 1.9)) {
      const range = { from: isoOf(NOW - 3 * seconds * 1000), to: isoOf(NOW - 2 * seconds * 1000) };
      const back = stepped(range, -1, NOW);
      expect(back && stepped(back, 1, NOW)).toEqual(range);
    }
  });
});
