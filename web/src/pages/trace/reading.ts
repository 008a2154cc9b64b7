// Reading a trace: its tree as rows from the top, mesh hops folded into what they carry, and what stands out.

import type { Span, Trace, TraceLog } from "../../api/types";

/** A row of the waterfall: a span with the mesh hops folded into it, or a log line below its span. */
export type Row =
  | { kind: "span"; key: string; span: Span; depth: number; hops: readonly Span[] }
  | { kind: "log"; key: string; line: TraceLog; depth: number };

type Shown = { unfolded: ReadonlySet<string>; logs: readonly TraceLog[] };

/** The spans as a tree read from the top, children below their parent by start; spans whose parent is missing are roots. */
export function rowsOf(trace: Trace, { unfolded, logs }: Shown): Row[] {
  const known = new Set(trace.spans.map((span) => span.span_id));
  const parentOf = (span: Span) =>
    span.parent_span_id !== null && !span.is_orphan && known.has(span.parent_span_id)
      ? span.parent_span_id
      : null;
  const children = groupedBy(trace.spans, parentOf);
  const lines = groupedBy(logs, (line) => line.span_id);
  const rows: Row[] = [];
  const seen = new Set<string>();
  const stack = under(children.get(null), 0, []);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { span, depth, hops } = next;
    if (seen.has(span.span_id)) continue;
    seen.add(span.span_id);
    const below = children.get(span.span_id) ?? [];
    if (isFolded(span, below, unfolded)) {
      stack.push(...under(below, depth, [...hops, span]));
      continue;
    }
    rows.push({ kind: "span", key: span.span_id, span, depth, hops });
    rows.push(
      ...(lines.get(span.span_id) ?? []).map((line, index): Row => ({
        kind: "log",
        key: `${span.span_id} log ${index}`,
        line,
        depth: depth + 1,
      })),
    );
    stack.push(...under(below, depth + 1, []));
  }
  return rows;
}

type Waiting = { span: Span; depth: number; hops: readonly Span[] };

/** Ready to be taken from the end: the earliest last. */
function under(spans: readonly Span[] = [], depth: number, hops: readonly Span[]): Waiting[] {
  return [...spans]
    .sort((one, other) => other.offset_seconds - one.offset_seconds)
    .map((span) => ({ span, depth, hops }));
}

/** A hop of the mesh hides behind what it carries; one that carried nothing on is all there is to see. */
function isFolded(span: Span, below: readonly Span[], unfolded: ReadonlySet<string>): boolean {
  return span.is_proxy && below.length > 0 && !unfolded.has(span.span_id);
}

function groupedBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** The failed span that ended earliest: those that failed after it may only have passed the failure on. */
export function failedFirst(trace: Trace): Span | null {
  const end = (span: Span) => span.offset_seconds + span.duration_seconds;
  const failed = trace.spans.filter((span) => span.is_error);
  return failed.length === 0 ? null : failed.reduce((first, span) => (end(span) < end(first) ? span : first));
}

/** The span with the most of the critical path to itself: what to shorten first. */
export function heldUpMost(trace: Trace): Span | null {
  return trace.spans.reduce<Span | null>(
    (most, span) => (span.critical_seconds > (most?.critical_seconds ?? 0) ? span : most),
    null,
  );
}

/** How far a span began before its parent, at most: what the clocks of two machines differ by. */
export function clocksDifferBy(trace: Trace): number {
  return trace.spans.reduce((most, span) => Math.max(most, span.ahead_seconds), 0);
}
