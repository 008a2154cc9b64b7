import { afterEach, describe, expect, it, vi } from "vitest";
import { clock, dayAndClock, fullMoment, nameOfZone, until, when, whenExactly } from "./moments";
import { showZone } from "./shownZone";
import { civilOf, dayAfter, daysIn, instantsOf, offsetWords, startOfDay, weekdayOf, zoneName } from "./zones";

const PARIS = "Europe/Paris";
const at = (text: string) => Date.parse(text);
const civil = (text: string) => civilOf(at(`${text}Z`), "UTC");
const instants = (text: string, zone: string) =>
  instantsOf(civil(text), zone).map((each) => new Date(each).toISOString());

describe("wall clocks", () => {
  it("mean one instant, none where clocks go forward, two where they go back", () => {
    expect(instants("2026-11-22T09:26:41", PARIS)).toEqual(["2026-11-22T08:26:41.000Z"]);
    expect(instants("2026-03-29T02:30:00", PARIS)).toEqual([]);
    expect(instants("2026-10-25T02:30:00", PARIS)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
    expect(instants("2026-04-05T01:45:00", "Australia/Lord_Howe")).toHaveLength(2);
  });
  it("give back the instant they were made from, in every zone and all year", () => {
    for (const zone of ["UTC", PARIS, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]) {
      for (let instant = at("2026-01-01T00:00:00.250Z"); instant < at("2027-01-01"); instant += 7_777_777_000)
        expect(instantsOf(civilOf(instant, zone), zone)).toContain(instant);
    }
  });
  it("begin a day at midnight, or right after it where clocks go forward over it", () => {
    expect(startOfDay({ year: 2026, month: 11, day: 22 }, PARIS)).toBe(at("2026-11-21T23:00:00Z"));
    const cairo = startOfDay({ year: 2026, month: 4, day: 24 }, "Africa/Cairo");
    expect(new Date(cairo).toISOString()).toBe("2026-04-23T22:00:00.000Z");
  });
  it("know their days", () => {
    expect(dayAfter({ year: 2026, month: 12, day: 31 }, 1)).toEqual({ year: 2027, month: 1, day: 1 });
    expect(weekdayOf({ year: 2026, month: 11, day: 22 })).toBe(0);
    expect([daysIn(2026, 2), daysIn(2028, 2), daysIn(2026, 11)]).toEqual([28, 29, 30]);
  });
  it("name their zone as people there do, or by its distance from UTC", () => {
    expect(zoneName(at("2026-11-22"), PARIS)).toBe("CET");
    expect(zoneName(at("2026-07-22"), PARIS)).toBe("CEST");
    expect(zoneName(at("2026-11-22"), "America/New_York")).toBe("EST");
    expect(zoneName(at("2026-11-22"), "Asia/Kolkata")).toBe("GMT+5:30");
    expect(zoneName(at("2026-11-22"), "UTC")).toBe("UTC");
    expect(offsetWords(at("2026-11-22"), "America/St_Johns")).toBe("-03:30");
  });
});

describe("the zone shown", () => {
  afterEach(() => {
    showZone("own");
    vi.unstubAllGlobals();
  });
  const now = new Date("2026-11-22T09:00:00Z");
  it("is obeyed by every moment", () => {
    const all = () => [
      clock("2026-11-22T08:26:00Z"),
      when("2026-11-21T23:26:00Z", now),
      whenExactly("2026-11-21T23:26:00.250Z", now),
      until("2026-11-24T13:48:00Z", now),
      dayAndClock("2026-11-22T08:26:41Z"),
      fullMoment("2026-11-22T08:26:41Z"),
      nameOfZone(now),
    ];
    expect(all()).toEqual([
      "09:26",
      "00:26",
      "00:26:00.250",
      "Tuesday 14:48",
      "Sun 22 Nov, 09:26:41 CET",
      "Sunday, November 22, 2026 at 09:26:41 CET",
      "CET",
    ]);
    showZone("utc");
    expect(all()).toEqual([
      "08:26",
      "Sat 23:26",
      "Nov 21 23:26:00.250",
      "Tuesday 13:48",
      "Sun 22 Nov, 08:26:41 UTC",
      "Sunday, November 22, 2026 at 08:26:41 UTC",
      "UTC",
    ]);
  });
  it("can be chosen where the browser keeps nothing", () => {
    vi.stubGlobal("localStorage", {
      setItem: () => {
        throw new DOMException("denied", "SecurityError");
      },
    });
    showZone("utc");
    expect(nameOfZone(now)).toBe("UTC");
  });
});
