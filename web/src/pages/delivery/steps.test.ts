import { expect, it } from "vitest";
import type { Foreseen, PagedDetail, PagedEntry } from "../../api/types";
import { axisOf, passedIn, placeOn, rungsOf } from "./steps";

const OPENED = "2026-11-26T08:16:00Z";
const at = (minutes: number) => new Date(Date.parse(OPENED) + minutes * 60_000).toISOString();

function entry(kind: string, minutes: number, data: Record<string, unknown>): PagedEntry {
  return { at: at(minutes), kind, actor: "oncall", summary: "", data };
}

function asked(step: number, from: number, until: number): PagedEntry {
  return entry("page.asked", from, { step, people: [`person-${step}`], until: at(until) });
}

const PAGE: PagedDetail = {
  id: 4417,
  reference: "incident/318",
  title: "Orders failing",
  href: "/incidents/318",
  urgency: "high",
  policy: "policy/payments",
  reason: "by_team",
  state: "paging",
  steps: 1,
  fence: 1,
  opened_at: OPENED,
  next_at: at(5),
  acknowledged_at: null,
  acknowledged_by: null,
  ended_at: null,
  lines: [],
  timeline: [asked(0, 0, 5)],
  messages: [],
};

const FORESEEN: Foreseen = {
  reason: "by_team",
  policies: ["policy/payments"],
  unknown: [],
  steps: [0, 1, 2].map((step) => ({
    policy: "policy/payments",
    step,
    at: at(4 * step),
    asked: [{ person: `person-${step}`, by: "schedule payments", contacts: ["mail"] }],
    passed: [],
  })),
};

it("draws what was asked up to the next step, and what is ahead by as much later as the first was", () => {
  const rungs = rungsOf(PAGE, FORESEEN);
  expect(rungs.map(({ step, kind }) => [step, kind])).toEqual([
    [0, "taken"],
    [1, "ahead"],
    [2, "ahead"],
  ]);
  expect(rungs.map(({ from }) => new Date(from).toISOString())).toEqual([at(0), at(5), at(9)]);
  expect(rungs[0]?.to).toBe(Date.parse(at(5)));
});

it("ends the last step where somebody acknowledged", () => {
  const page = { ...PAGE, state: "acknowledged" as const, next_at: null, acknowledged_at: at(2) };
  expect(rungsOf(page, undefined).map(({ to }) => to)).toEqual([Date.parse(at(2))]);
});

it("has a rung for a step that found nobody, once", () => {
  const nobody = { step: 0, who: "schedule payments", reason: "nobody_on_call" };
  const timeline = [
    entry("page.passed", 0, nobody),
    entry("page.passed", 0, { ...nobody, who: "second", reason: "no_contact" }),
    asked(1, 0, 5),
  ];
  const page = { ...PAGE, steps: 2, timeline };
  expect(rungsOf(page, undefined).map(({ step, kind }) => [step, kind])).toEqual([
    [0, "passed"],
    [1, "taken"],
  ]);
  expect(passedIn(page).map(({ who }) => who)).toEqual(["schedule payments", "second"]);
});

it("foresees nothing where nobody is left to page", () => {
  const page = { ...PAGE, state: "unanswered" as const, next_at: null };
  expect(rungsOf(page, FORESEEN).filter(({ kind }) => kind === "ahead")).toEqual([]);
});

it("has an axis of at most six steps that everything is on", () => {
  const rungs = rungsOf(PAGE, FORESEEN);
  const axis = axisOf(PAGE, rungs, Date.parse(at(1)));
  expect(axis.step).toBe(120_000);
  expect(axis.ticks.length).toBeLessThanOrEqual(6);
  expect(placeOn(axis, Date.parse(OPENED))).toBe(0);
  expect(placeOn(axis, Date.parse(at(9)))).toBeLessThan(100);
  expect(placeOn(axis, Date.parse(at(90)))).toBe(100);
});
