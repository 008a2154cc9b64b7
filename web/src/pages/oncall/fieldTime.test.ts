import { expect, it } from "vitest";
import { fieldInstant, fieldText } from "./fieldTime";

it("fills a field in the shown zone and reads it back", () => {
  const at = Date.parse("2026-11-27T07:05:00Z");
  expect(fieldText(at, "Europe/Berlin")).toBe("2026-11-27T08:05");
  expect(fieldInstant("2026-11-27T08:05", "Europe/Berlin")).toBe(at);
  expect(fieldInstant(fieldText(at, "Asia/Tokyo"), "Asia/Tokyo")).toBe(at);
});

it("refuses what is no time, and the hour that clocks skip", () => {
  expect(fieldInstant("", "UTC")).toBeNull();
  expect(fieldInstant("2026-03-29T02:30", "Europe/Berlin")).toBeNull();
  expect(fieldInstant("2026-10-25T02:30", "Europe/Berlin")).toBe(Date.parse("2026-10-25T00:30:00Z"));
});
