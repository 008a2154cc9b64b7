import { describe, expect, it } from "vitest";
import type { Span, Trace, TraceLog } from "../../api/types";
import { flameOf } from "./flame";
import { clocksDifferBy, criticalParts, failedFirst } from "./reading";
import { rowsOf } from "./rows";

function span(
  id: string,
  parent: string | null,
  offset: number,
  duration: number,
  more: Partial<Span> = {},
): Span {
  return {
    span_id: id,
    parent_span_id: parent,
    service: id,
    party: id,
    environment: "",
    namespace: "",
    region: "",
    operation: "op",
    kind: "server",
    zone: null,
    version: null,
    offset_seconds: offset,
    duration_seconds: duration,
    self_seconds: 0,
    critical_seconds: 0,
    status: "ok",
    message: "",
    is_error: false,
    is_proxy: false,
    is_orphan: false,
    ahead_seconds: 0,
    attributes: {},
    resource: {},
    events: [],
    links: [],
    ...more,
  };
}
const trace = (...spans: Span[]): Trace => ({
  trace_id: "t",
  started_at: "2026-11-22T00:00:00Z",
  duration_seconds: 1,
  root_span_id: spans[0]?.span_id ?? "",
  services: [],
  errors: 0,
  orphans: 0,
  is_cut: false,
  left_out: 0,
  what_happened: {
    outcome: "usual",
    operation: "op",
    words: "",
    answer: null,
    party: null,
    span_id: null,
    zone: null,
    version: null,
    repeats: 0,
    took_seconds: 1,
    slow_from_seconds: null,
    objective: null,
    allowed_seconds: null,
  },
  critical_path: [],
  spans,
});
const line = (span_id: string | null): TraceLog => ({
  id: "1-1",
  at: "2026-11-22T00:00:00Z",
  offset_seconds: 0,
  span_id,
  service: "a",
  environment: "",
  namespace: "",
  region: "",
  severity: "INFO",
  severity_number: 9,
  body: "said",
  attributes: {},
});
const read = (found: Trace, unfolded: string[] = [], logs: TraceLog[] = [], repeats = false) =>
  rowsOf(found, { unfolded: new Set(unfolded), logs, repeats }).map((row) => {
    if (row.kind === "span")
      return `${row.span.span_id}${row.depth}${row.hops.map((hop) => `+${hop.span_id}`).join("")}`;
    if (row.kind === "fold") return `${row.fold.spans.length}×${row.fold.operation}${row.depth}`;
    return row.kind === "exception" ? `${row.exception.type}${row.depth}` : `log${row.depth}`;
  });
const query = (id: string, offset: number, more: Partial<Span> = {}) =>
  span(id, "a", offset, 0.07, { service: "pricing", party: "postgresql", operation: "SELECT", ...more });

describe("reading a trace", () => {
  it("puts children below their parent in the order they began", () => {
    expect(read(trace(span("b", "a", 0.5, 0.1), span("a", null, 0, 1), span("c", "a", 0.1, 0.1)))).toEqual([
      "a0",
      "c1",
      "b1",
    ]);
  });
  it("keeps spans whose parent never arrived, and ends on a loop the server has cut", () => {
    expect(read(trace(span("b", "lost", 0, 1, { is_orphan: true })))).toEqual(["b0"]);
    expect(read(trace(span("a", "b", 0, 1, { is_orphan: true }), span("b", "a", 0, 1)))).toEqual([
      "a0",
      "b1",
    ]);
  });
  it("folds mesh hops into the call they carry, one by one on demand", () => {
    const meshed = trace(
      span("a", null, 0, 1),
      span("p", "a", 0, 1, { is_proxy: true }),
      span("q", "p", 0, 1, { is_proxy: true }),
      span("b", "q", 0, 1),
    );
    expect(read(meshed)).toEqual(["a0", "b1+p+q"]);
    expect(read(meshed, ["p", "q"])).toEqual(["a0", "p1", "q2", "b3"]);
  });
  it("shows a hop that carried nothing on", () => {
    expect(read(trace(span("a", null, 0, 1), span("p", "a", 0, 1, { is_proxy: true })))).toEqual([
      "a0",
      "p1",
    ]);
  });
  it("puts log lines below the span that wrote them", () => {
    expect(read(trace(span("a", null, 0, 1), span("b", "a", 0, 1)), [], [line("a"), line(null)])).toEqual([
      "a0",
      "log1",
      "b1",
    ]);
  });
  it("finds the failure the others passed on", () => {
    const failed = { is_error: true };
    expect(failedFirst(trace(span("a", null, 0, 1, failed), span("b", "a", 0.1, 0.5, failed)))?.span_id).toBe(
      "b",
    );
    expect(failedFirst(trace(span("a", null, 0, 1)))).toBeNull();
  });
  it("folds repeats of one call, on demand again one by one", () => {
    const found = trace(
      span("a", null, 0, 1),
      query("q", 0.1),
      query("r", 0.2),
      query("s", 0.3),
      span("b", "a", 0.25, 0.1),
    );
    expect(read(found)).toEqual(["a0", "3×SELECT1", "b1"]);
    expect(read(found, [], [], true)).toEqual(["a0", "q1", "r1", "b1", "s1"]);
    const fold = rowsOf(found, { unfolded: new Set(), logs: [] }).find((row) => row.kind === "fold");
    expect(fold?.fold.seconds).toBeCloseTo(0.21);
    expect(read(found, [fold?.key ?? ""])).toEqual(["a0", "q1", "r1", "b1", "s1"]);
  });
  it("leaves a failed repeat in sight, and two of a kind", () => {
    const failed = query("s", 0.3, { is_error: true });
    expect(read(trace(span("a", null, 0, 1), query("q", 0.1), query("r", 0.2), failed))).toEqual([
      "a0",
      "q1",
      "r1",
      "s1",
    ]);
  });
  it("shows an exception under its span, in the order of what was noted", () => {
    const event = { name: "exception", offset_seconds: 0.2, attributes: { "exception.type": "Timeout" } };
    const found = trace(span("a", null, 0, 1, { events: [event] }));
    expect(read(found, [], [{ ...line("a"), offset_seconds: 0.5 }])).toEqual(["a0", "Timeout1", "log1"]);
  });
  it("writes version and zone where they change", () => {
    const found = trace(
      span("a", null, 0, 1, { version: "1", zone: "x" }),
      span("b", "a", 0.1, 0.1, { service: "a", version: "1", zone: "x" }),
      span("c", "a", 0.2, 0.1, { version: "2", zone: "x" }),
    );
    const chips = rowsOf(found, { unfolded: new Set(), logs: [] }).map(
      (row) => row.kind === "span" && row.chips,
    );
    expect(chips).toEqual([["1", "x"], [], ["2"]]);
  });
  it("names what the trace waited for, repeats together, and how far clocks differ", () => {
    const found = trace(
      span("a", null, 0, 1, { critical_seconds: 0.2 }),
      span("b", "a", 0.1, 0.5, { critical_seconds: 0.25, ahead_seconds: 0.01 }),
      ...["q", "r", "s"].map((id, n) => query(id, 0.6 + n / 10, { critical_seconds: 0.1 })),
    );
    expect(criticalParts(found)[0]).toMatchObject({ party: "postgresql", operation: "SELECT", calls: 3 });
    expect(criticalParts(found)[0]?.seconds).toBeCloseTo(0.3);
    expect(clocksDifferBy(found)).toBe(0.01);
  });
  it("draws a flame: children below their parent, calls side by side in rows of their own", () => {
    const found = trace(
      span("a", null, 0, 1),
      span("b", "a", 0.1, 0.5),
      span("c", "a", 0.2, 0.5),
      span("d", "a", 0.8, 0.1),
    );
    expect(flameOf(found).boxes.map(({ span: of, row }) => `${of.span_id}${row}`)).toEqual([
      "a0",
      "b1",
      "c2",
      "d1",
    ]);
    expect(flameOf(found).rows).toBe(3);
  });
});
