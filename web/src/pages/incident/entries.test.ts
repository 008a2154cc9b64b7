import { expect, test } from "vitest";
import type { TimelineEntry } from "../../api/types";
import { pageOf, viewsOf } from "./entries";

let id = 0;

function entry(kind: string, actor = "objectives", objective = "orders-succeed"): TimelineEntry {
  id += 1;
  return { id, at: "2026-03-01T12:00:00Z", kind, actor, summary: kind, data: { objective } };
}

test("repeats of an objective's alerts and covered ones are left out of what matters", () => {
  const resolved = entry("alert.resolved");
  const note = entry("incident.note", "ada");
  const other = entry("alert.fired", "objectives", "charges-succeed");
  const first = entry("alert.fired");
  const entries = [
    resolved,
    entry("alert.resolved"),
    note,
    entry("alert.fired"),
    entry("alert.inhibited"),
    entry("alert.released"),
    other,
    first,
  ];
  expect(viewsOf(entries).matters).toEqual([resolved, note, other, first]);
  expect(viewsOf(entries).all).toEqual(entries);
});

test("a tier that ended while another fires on is a line of its own", () => {
  const ended = entry("alert.resolved");
  ended.data["still_firing"] = "page 5% 6h/30m";
  const resolved = entry("alert.resolved");
  expect(viewsOf([resolved, ended]).matters).toEqual([resolved, ended]);
});

test("people are those who wrote or did something in the incident, not those who deployed", () => {
  const note = entry("incident.note", "ada");
  expect(viewsOf([note, entry("incident.opened", "alert"), entry("change.deploy", "ci")]).people).toEqual([
    note,
  ]);
});

test("an entry of a page leads to it, and what only its delivery needs is left out of what matters", () => {
  const asked = { ...entry("page.asked", "oncall"), data: { page: 4417, step: 0 } };
  const accepted = { ...entry("page.accepted", "oncall"), data: { page: 4417 } };
  expect([asked, entry("page.asked"), entry("incident.note", "ada")].map(pageOf)).toEqual([4417, null, null]);
  expect(viewsOf([accepted, asked]).matters).toEqual([asked]);
});
