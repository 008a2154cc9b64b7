import { describe, expect, it } from "vitest";
import type { Span, Trace, TraceLog } from "../../api/types";
import { clocksDifferBy, failedFirst, heldUpMost, rowsOf } from "./reading";

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
const read = (found: Trace, unfolded: string[] = [], logs: TraceLog[] = []) =>
  rowsOf(found, { unfolded: new Set(unfolded), logs }).map((row) =>
    row.kind === "span"
      ? `${row.span.span_id}${row.depth}${row.hops.map((hop) => `+${hop.span_id}`).join("")}`
      : `log${row.depth}`,
  );

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
  it("names what held the trace up, and how far clocks differ", () => {
    const found = trace(
      span("a", null, 0, 1, { critical_seconds: 0.2 }),
      span("b", "a", 0.1, 0.5, { critical_seconds: 0.8, ahead_seconds: 0.01 }),
    );
    expect(heldUpMost(found)?.span_id).toBe("b");
    expect(clocksDifferBy(found)).toBe(0.01);
  });
});
