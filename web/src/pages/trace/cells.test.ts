import { expect, it } from "vitest";
import type { Trace } from "../../api/types";
import { cellsOf } from "./cells";

const HAPPENED = { outcome: "usual", words: "", span_id: null, slow_from_seconds: 0.5, objective: null };
const happened = (what: Partial<Trace["what_happened"]>) =>
  cellsOf(
    {
      trace_id: "t",
      started_at: "2026-11-22T00:00:00Z",
      duration_seconds: 1.9,
      services: [],
      errors: 0,
      orphans: 0,
      critical_path: [],
      spans: [],
      what_happened: { ...HAPPENED, took_seconds: 1.886, allowed_seconds: null, ...what },
    } as unknown as Trace,
    0,
  )[0];

it("says of a trace that an objective is violated by how much, in red", () => {
  const bad = {
    outcome: "slow",
    words: "slow at catalog",
    objective: "fast",
    allowed_seconds: 0.25,
  } as const;
  expect(happened(bad)).toMatchObject({
    value: "slow at catalog",
    note: "1,886 ms, 250 ms allowed",
    tone: "bad",
  });
});

it("says as usual only where a usual is known", () => {
  expect(happened({})).toMatchObject({ value: "as usual" });
  expect(happened({ slow_from_seconds: null })).toMatchObject({
    value: "did not fail",
    note: "no usual duration known yet",
  });
});
