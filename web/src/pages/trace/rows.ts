// The rows of the waterfall: a trace as a tree read from the top, with hops and repeats folded.

import type { Span, Trace, TraceLog } from "../../api/types";
import { type Exception, exceptionsOf } from "./exceptions";
import { type Fold, foldRepeats } from "./repeats";

/** A span with the mesh hops folded into it, repeats of one call, what a span threw, or a line it wrote. */
export type Row =
  | { kind: "span"; key: string; span: Span; depth: number; hops: readonly Span[]; chips: readonly string[] }
  | { kind: "fold"; key: string; fold: Fold; depth: number; hidden: number }
  | { kind: "exception"; key: string; exception: Exception; depth: number }
  | { kind: "log"; key: string; line: TraceLog; depth: number };
export type SpanRow = Extract<Row, { kind: "span" }>;

type Shown = { unfolded: ReadonlySet<string>; logs: readonly TraceLog[]; repeats?: boolean };
type Node = { span: Span; hops: readonly Span[] };
type Waiting = { item: Node | Fold; depth: number; above: Span | null };

/** The spans, children below their parent by start; spans whose parent is missing are roots. */
export function rowsOf(trace: Trace, { unfolded, logs, repeats = false }: Shown): Row[] {
  const tree = new Tree(trace, unfolded);
  const lines = groupedBy(logs, (line) => line.span_id);
  const guilty = trace.what_happened.span_id;
  const rows: Row[] = [];
  const under = (parent: string | null, depth: number, above: Span | null): Waiting[] =>
    foldRepeats(tree.below(parent), parent, repeats ? null : unfolded, guilty)
      .map((item) => ({ item, depth, above }))
      .reverse();
  const stack = under(null, 0, null);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { item, depth, above } = next;
    if ("spans" in item) {
      const hidden = item.spans.reduce((sum, span) => sum + tree.size(span.span_id), 0);
      rows.push({ kind: "fold", key: item.key, fold: item, depth, hidden });
      continue;
    }
    const { span, hops } = item;
    rows.push({ kind: "span", key: span.span_id, span, depth, hops, chips: chipsOf(span, above) });
    rows.push(...notedBy(span, depth + 1, lines.get(span.span_id) ?? []));
    stack.push(...under(span.span_id, depth + 1, span));
  }
  return rows;
}

/** What a span threw and wrote, in the order of time. */
function notedBy(span: Span, depth: number, lines: readonly TraceLog[]): Row[] {
  const thrown = exceptionsOf(span).map((exception, index): [number, Row] => [
    exception.offset_seconds,
    { kind: "exception", key: `${span.span_id} exception ${index}`, exception, depth },
  ]);
  const written = lines.map((line, index): [number, Row] => [
    line.offset_seconds,
    { kind: "log", key: `${span.span_id} log ${index}`, line, depth },
  ]);
  return [...thrown, ...written].sort(([one], [other]) => one - other).map(([, row]) => row);
}

/** Version and zone, where they differ from those of the span above. */
export function chipsOf(span: Span, above: Span | null): string[] {
  const { version, zone, service } = span;
  const newVersion = version && (above?.service !== service || above.version !== version);
  const newZone = zone && above?.zone !== zone;
  return [newVersion && version, newZone && zone].filter((one): one is string => Boolean(one));
}

/** How many hops of the mesh fold: those that carried a call on, of which the spans behind are shown. */
export function foldingHops({ spans }: Trace, unfolded: ReadonlySet<string> = new Set()): number {
  const parents = new Set(spans.map((span) => span.parent_span_id));
  const folds = ({ is_proxy, span_id }: Span) => is_proxy && parents.has(span_id) && !unfolded.has(span_id);
  return spans.filter(folds).length;
}

/** A trace's spans by their parents, with folded hops replaced by what they carry. */
class Tree {
  private readonly children: Map<string | null, Span[]>;
  private readonly unfolded: ReadonlySet<string>;
  private readonly seen = new Set<string>();

  constructor(trace: Trace, unfolded: ReadonlySet<string>) {
    this.unfolded = unfolded;
    const known = new Set(trace.spans.map((span) => span.span_id));
    this.children = groupedBy(trace.spans, (span) =>
      span.parent_span_id !== null && !span.is_orphan && known.has(span.parent_span_id)
        ? span.parent_span_id
        : null,
    );
  }

  /** What stands below a span, the earliest first; each span once, also where parents form a circle. */
  below(parent: string | null): Node[] {
    const found: Node[] = [];
    const waiting: Node[] = this.nodes(parent, []);
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const { span, hops } = node;
      if (this.seen.has(span.span_id)) continue;
      this.seen.add(span.span_id);
      if (this.isFolded(span)) waiting.push(...this.nodes(span.span_id, [...hops, span]));
      else found.push(node);
    }
    return found.sort((one, other) => one.span.offset_seconds - other.span.offset_seconds);
  }

  /** How many spans a span is with all below it. */
  size(spanId: string): number {
    const counted = new Set<string>();
    const waiting = [spanId];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (counted.has(id)) continue;
      counted.add(id);
      waiting.push(...(this.children.get(id) ?? []).map((span) => span.span_id));
    }
    return counted.size;
  }

  private nodes(parent: string | null, hops: readonly Span[]): Node[] {
    return (this.children.get(parent) ?? []).map((span) => ({ span, hops }));
  }

  /** A hop of the mesh hides behind what it carries; one that carried nothing on is all there is to see. */
  private isFolded(span: Span): boolean {
    return span.is_proxy && this.children.has(span.span_id) && !this.unfolded.has(span.span_id);
  }
}

export function groupedBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
