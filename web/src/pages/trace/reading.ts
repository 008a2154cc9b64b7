// Reading a trace: its tree, what failed first, and where the time went.

import type { Span, Trace } from "../../api/types";

export type Placed = { span: Span; depth: number };

/** The spans as a tree read from the top: children below their parent, by start. Spans whose parent is missing are roots. */
export function placed(trace: Trace): Placed[] {
  const known = new Set(trace.spans.map((span) => span.span_id));
  const parentOf = (span: Span) => (span.parent_span_id !== null && known.has(span.parent_span_id) ? span.parent_span_id : null);
  const children = groupedBy(trace.spans, parentOf);
  const rows: Placed[] = [];
  const seen = new Set<string>();
  const stack = byStart(children.get(null)).map((span): Placed => ({ span, depth: 0 }));
  while (stack.length > 0) {
    const row = stack.shift()!;
    if (seen.has(row.span.span_id)) continue;
    seen.add(row.span.span_id);
    rows.push(row);
    stack.unshift(...byStart(children.get(row.span.span_id)).map((span): Placed => ({ span, depth: row.depth + 1 })));
  }
  // Spans that name each other as parents hang under no root: they are shown too, at the end.
  return [...rows, ...byStart(trace.spans.filter((span) => !seen.has(span.span_id))).map((span): Placed => ({ span, depth: 0 }))];
}

function groupedBy(spans: readonly Span[], keyOf: (span: Span) => string | null): Map<string | null, Span[]> {
  const groups = new Map<string | null, Span[]>();
  for (const span of spans) {
    const group = groups.get(keyOf(span));
    if (group) group.push(span);
    else groups.set(keyOf(span), [span]);
  }
  return groups;
}

function byStart(spans: readonly Span[] = []): Span[] {
  return [...spans].sort((one, other) => one.offset_seconds - other.offset_seconds);
}

export function hasFailed(span: Span): boolean {
  return span.status.toLowerCase().includes("error");
}

/** The failed span that ended earliest: those that failed after it may only have passed the failure on. */
export function failedFirst(trace: Trace): Span | null {
  const end = (span: Span) => span.offset_seconds + span.duration_seconds;
  return trace.spans.filter(hasFailed).sort((one, other) => end(one) - end(other))[0] ?? null;
}

/** The span with the longest time in which none of its children was running. */
export function tookMost(trace: Trace): { span: Span; seconds: number } | null {
  const children = groupedBy(trace.spans, (span) => span.parent_span_id);
  const own = trace.spans.map((span) => ({ span, seconds: ownSeconds(span, children.get(span.span_id) ?? []) }));
  return own.sort((one, other) => other.seconds - one.seconds)[0] ?? null;
}

function ownSeconds(span: Span, children: readonly Span[]): number {
  const stop = span.offset_seconds + span.duration_seconds;
  let reached = span.offset_seconds;
  let covered = 0;
  for (const child of byStart(children)) {
    const from = Math.max(reached, child.offset_seconds);
    const to = Math.min(stop, child.offset_seconds + child.duration_seconds);
    if (to > from) {
      covered += to - from;
      reached = to;
    }
  }
  return span.duration_seconds - covered;
}
