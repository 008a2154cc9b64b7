import { describe, expect, it } from "vitest";
import type { TimelineEntry } from "../../api/types";
import { phasesOf } from "./phases";

const at = (minute: number) => `2026-11-26T09:${String(minute).padStart(2, "0")}:00Z`;
const entry = (minute: number) => ({ id: minute, at: at(minute) }) as unknown as TimelineEntry;
const INCIDENT = { onset_at: at(14), opened_at: at(16), acknowledged_at: at(22), resolved_at: null };
const ENTRIES = [50, 22, 21, 16, 15, 14, 9].map(entry);

const named = (incident: typeof INCIDENT | Record<string, string | null>, entries = ENTRIES) =>
  phasesOf(incident as typeof INCIDENT, entries).map((phase) => [
    phase.name,
    phase.entries.map(({ id }) => id),
  ]);

describe("phases of a timeline", () => {
  it("begin with what ends the one before, and hold each entry once", () => {
    expect(named(INCIDENT)).toEqual([
      ["Acknowledged", [50, 22]],
      ["Not acknowledged", [21, 16]],
      ["Before the alert", [15, 14]],
      ["Before it began", [9]],
    ]);
  });
  it("leave out what never was, and what holds nothing", () => {
    expect(named({ ...INCIDENT, onset_at: null, acknowledged_at: null, resolved_at: at(40) })).toEqual([
      ["Resolved", [50]],
      ["Open", [22, 21, 16]],
      ["Before it began", [15, 14, 9]],
    ]);
    expect(named(INCIDENT, [entry(50)])).toEqual([["Acknowledged", [50]]]);
  });
});
