import { describe, expect, it } from "vitest";
import type { Trace } from "../../api/types";
import { aroundLine, linesOfTrace, upToLine } from "./ways";

const ID = "1795338000251003000-00000000000000a1";
const asked = (href: string) => Object.fromEntries(new URLSearchParams(href.slice("/logs?".length)));

describe("ways to the Logs page", () => {
  it("leads to a trace's lines a minute around the whole of it, spans after the root's end included", () => {
    const spans = [{ offset_seconds: 1, duration_seconds: 2.5 }];
    const trace = {
      trace_id: "ab",
      started_at: "2026-11-22T09:00:00.250Z",
      duration_seconds: 2,
      spans,
    } as Trace;
    expect(asked(linesOfTrace(trace))).toEqual({
      from: "2026-11-22T08:59:00Z",
      to: "2026-11-22T09:01:04Z",
      where: "trace=ab",
    });
  });

  it("leads to half a minute around a line, whoever wrote it", () => {
    expect(asked(aroundLine(ID))).toEqual({
      from: "2026-11-22T08:59:30Z",
      to: "2026-11-22T09:00:30Z",
      line: ID,
    });
  });

  it("can end right after the line, so that it is the newest", () => {
    expect(upToLine(ID)).toEqual({
      from: "2026-11-22T08:59:30Z",
      to: "2026-11-22T09:00:00.252Z",
      line: ID,
    });
  });
});
