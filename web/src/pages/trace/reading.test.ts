import { describe, expect, it } from "vitest";
import type { Span, Trace } from "../../api/types";
import { failedFirst, placed, tookMost } from "./reading";

function span(id: string, parent: string | null, offset: number, duration: number, status = "ok"): Span {
  return {
    span_id: id,
    parent_span_id: parent,
    service: id,
    operation: "op",
    kind: "server",
    zone: null,
    version: null,
    offset_seconds: offset,
    duration_seconds: duration,
    status,
    message: "",
    attributes: {},
  };
}
const trace = (...spans: Span[]): Trace => ({ trace_id: "t", started_at: "2026-11-22T00:00:00Z", duration_seconds: 1, spans });

describe("reading a trace", () => {
  it("puts children below their parent in the order they began", () => {
    const rows = placed(trace(span("b", "a", 0.5, 0.1), span("a", null, 0, 1), span("c", "a", 0.1, 0.1)));
    expect(rows.map(({ span: { span_id }, depth }) => `${span_id}${depth}`)).toEqual(["a0", "c1", "b1"]);
  });
  it("keeps spans whose parent never arrived, and ends on a loop", () => {
    expect(placed(trace(span("b", "lost", 0, 1)))).toHaveLength(1);
    expect(placed(trace(span("a", "b", 0, 1), span("b", "a", 0, 1)))).toHaveLength(2);
  });
  it("finds the failure the others passed on", () => {
    expect(failedFirst(trace(span("a", null, 0, 1, "error"), span("b", "a", 0.1, 0.5, "error")))?.span_id).toBe("b");
    expect(failedFirst(trace(span("a", null, 0, 1)))).toBeNull();
  });
  it("counts only time in which no child was running, also where children overlap", () => {
    const most = tookMost(trace(span("a", null, 0, 1), span("b", "a", 0, 0.3), span("c", "a", 0.2, 0.3)));
    expect(most?.span.span_id).toBe("a");
    expect(most?.seconds).toBeCloseTo(0.5);
  });
});
