// A trace as a flame: time from left to right, callers above callees; only what is wide enough to be seen.

import type { Span, Trace } from "../../api/types";

const BOXES_MOST = 2_000;
const DEEPEST = 60;

export type Box = { span: Span; row: number };
export type Flame = { boxes: readonly Box[]; rows: number; omitted: number };

/** Each span below its parent in the first row that is free for as long as it ran; mesh hops are passed over. */
export function flameOf(trace: Trace): Flame {
  const spans = new Map(trace.spans.map((span) => [span.span_id, span]));
  const shown = trace.spans.filter((span) => !span.is_proxy);
  const drawn = [...shown]
    .sort((one, other) => other.duration_seconds - one.duration_seconds)
    .slice(0, BOXES_MOST);
  const ordered = drawn.sort(
    (one, other) =>
      one.offset_seconds - other.offset_seconds || other.duration_seconds - one.duration_seconds,
  );
  const rowOf = new Map<string, number>();
  const busyUntil: number[] = [];
  const boxes = ordered.map((span) => {
    let row = rowAbove(span, spans, rowOf) + 1;
    while (row < DEEPEST && (busyUntil[row] ?? 0) > span.offset_seconds) row += 1;
    rowOf.set(span.span_id, row);
    busyUntil[row] = span.offset_seconds + span.duration_seconds;
    return { span, row };
  });
  return {
    boxes,
    rows: boxes.reduce((most, box) => Math.max(most, box.row + 1), 0),
    omitted: shown.length - boxes.length,
  };
}

/** The row of the nearest span above that is drawn; −1 for a root. */
function rowAbove(span: Span, spans: ReadonlyMap<string, Span>, rows: ReadonlyMap<string, number>): number {
  let at = span.parent_span_id;
  for (let steps = 0; at !== null && steps < DEEPEST; steps += 1) {
    const row = rows.get(at);
    if (row !== undefined) return row;
    at = spans.get(at)?.parent_span_id ?? null;
  }
  return -1;
}
