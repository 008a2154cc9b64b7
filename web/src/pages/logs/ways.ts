// Addresses of the Logs page, for those who lead there.

import type { Trace } from "../../api/types";
import { logsPath } from "../../paths";
import type { Range } from "../../range/range";

/** A trace's lines may be written a little before its first span began and after its last one ended; the API looks as far. */
const AROUND_TRACE_SECONDS = 60;
const AROUND_LINE_SECONDS = 30;
const BESIDE_TRACE_SECONDS = 900;
const NANOSECONDS = 9;

/** The lines of a trace, at the time it ran. */
export function linesOfTrace(trace: Trace): string {
  const began = new Date(trace.started_at).getTime() / 1000;
  const lasted = trace.spans.reduce(
    (most, span) => Math.max(most, span.offset_seconds + span.duration_seconds),
    trace.duration_seconds,
  );
  return logsPath({
    from: iso(Math.floor(began) - AROUND_TRACE_SECONDS),
    to: iso(Math.ceil(began + lasted) + AROUND_TRACE_SECONDS),
    where: `trace=${trace.trace_id}`,
  });
}

/** The lines of a line's trace: when the trace was, or around the line where another time is chosen and would be kept. */
export function linesOfItsTrace(id: string, traceId: string, chosen: Range | null): string {
  const where = `trace=${traceId}`;
  if (chosen === null) return logsPath({ where });
  const at = secondOf(id);
  return logsPath({ from: iso(at - BESIDE_TRACE_SECONDS), to: iso(at + BESIDE_TRACE_SECONDS), where });
}

/** What all services wrote around a line, and the line among it. */
export function aroundLine(id: string): string {
  const at = secondOf(id);
  return logsPath({ from: iso(at - AROUND_LINE_SECONDS), to: iso(at + AROUND_LINE_SECONDS), line: id });
}

/** The same, but nothing newer: where so much was written that the line would be far down. */
export function upToLine(id: string) {
  const at = secondOf(id);
  return {
    from: iso(at - AROUND_LINE_SECONDS),
    to: new Date(millisecondOf(id) + 1).toISOString(),
    line: id,
  };
}

/** An id begins with its line's moment, in nanoseconds since 1970. */
function secondOf(id: string): number {
  return Math.floor(millisecondOf(id) / 1000);
}

export function millisecondOf(id: string): number {
  const [moment = ""] = id.split("-");
  return Number(moment.slice(0, -NANOSECONDS + 3));
}

function iso(epoch: number): string {
  return new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
}
