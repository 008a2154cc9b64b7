import { describe, expect, it } from "vitest";
import type { Alert, Objective } from "../../api/types";
import { groupsOf } from "./groups";

const NOW = new Date("2026-03-02T12:00:00Z");
const alert = (id: number, more: Partial<Alert>) =>
  ({
    id,
    objective: `o${id}`,
    severity: "page",
    status: "firing",
    fired_at: "2026-03-02T11:00:00Z",
    resolved_at: null,
    ...more,
  }) as Alert;
const objective = (name: string, held: boolean) =>
  ({ name, held, display_name: name, service: "cart", state_since: null }) as Objective;
const keys = (...found: Parameters<typeof groupsOf>) =>
  [...groupsOf(...found)].map(([group, rows]) => [group, rows.map((row) => row.key)]);

describe("groups of alerts", () => {
  it("have pages before tickets, the newest first", () => {
    const later = "2026-03-02T11:30:00Z";
    const alerts = [alert(1, { severity: "ticket" }), alert(2, {}), alert(3, { fired_at: later })];
    expect(keys(alerts, [], NOW)[0]).toEqual(["firing", ["alert 3", "alert 2", "alert 1"]]);
  });
  it("have each alert once, by its status", () => {
    const alerts = [alert(1, { status: "covered" }), alert(2, { status: "suspended" })];
    expect(keys(alerts, [], NOW)).toEqual([
      ["firing", []],
      ["suspended", ["alert 2"]],
      ["covered", ["alert 1"]],
      ["resolved", []],
    ]);
  });
  it("name an objective without data once, with its alert or without", () => {
    const found = groupsOf(
      [alert(1, { status: "suspended", objective: "a" })],
      [objective("a", true), objective("b", true), objective("c", false)],
      NOW,
    );
    expect(found.get("suspended")?.map((row) => row.key)).toEqual(["alert 1", "objective b"]);
  });
  it("keep what was resolved in the last 24 hours, on both sides of the bound", () => {
    const resolved = (at: string) => ({ status: "resolved", resolved_at: at }) as const;
    const alerts = [
      alert(1, resolved("2026-03-01T12:00:00Z")),
      alert(2, resolved("2026-03-01T12:00:01Z")),
      alert(3, resolved("2026-03-02T10:00:00Z")),
    ];
    expect(keys(alerts, [], NOW)[3]).toEqual(["resolved", ["alert 3", "alert 2"]]);
  });
  it("do not call resolved what ended while a slower tier fires on", () => {
    const ended = { status: "resolved", resolved_at: "2026-03-02T11:50:00Z" } as const;
    const alerts = [alert(1, { ...ended, still_firing: "page 5% 6h/30m" }), alert(2, {})];
    expect(keys(alerts, [], NOW)[3]).toEqual(["resolved", []]);
  });
});
