// Repeats of one call below one parent, folded into a row: "12 × SELECT, 880 ms together".

import type { Span } from "../../api/types";

/** Fewer are easier read one by one. */
const LEAST = 3;

/** The same call made several times by one span. */
export type Fold = {
  key: string;
  party: string;
  operation: string;
  spans: readonly Span[];
  seconds: number;
  critical: number;
};
type Node = { span: Span; hops: readonly Span[] };

/** The nodes with repeats as one fold where the first of them stood; failed ones and the guilty one stay in sight. `unfolded` null folds nothing. */
export function foldRepeats(
  nodes: readonly Node[],
  parent: string | null,
  unfolded: ReadonlySet<string> | null,
  guilty: string | null,
): (Node | Fold)[] {
  if (unfolded === null || nodes.length < LEAST) return [...nodes];
  const groups = new Map<string, Span[]>();
  for (const { span } of nodes) {
    if (span.is_error || span.span_id === guilty) continue;
    const key = keyOf(span, parent);
    const group = groups.get(key);
    if (group) group.push(span);
    else groups.set(key, [span]);
  }
  const found: (Node | Fold)[] = [];
  const placed = new Set<string>();
  for (const node of nodes) {
    const key = keyOf(node.span, parent);
    const group = groups.get(key) ?? [];
    const stays = node.span.is_error || node.span.span_id === guilty;
    if (stays || group.length < LEAST || unfolded.has(key)) found.push(node);
    else if (!placed.has(key)) {
      placed.add(key);
      found.push(foldOf(key, group));
    }
  }
  return found;
}

const keyOf = (span: Span, parent: string | null) =>
  `${parent ?? "root"} ${span.service} ${span.party} ${span.kind} ${span.operation}`;

function foldOf(key: string, spans: readonly Span[]): Fold {
  const sum = (of: (span: Span) => number) => spans.reduce((total, span) => total + of(span), 0);
  return {
    key,
    party: spans[0]?.party ?? "",
    operation: spans[0]?.operation ?? "",
    spans,
    seconds: sum((span) => span.duration_seconds),
    critical: sum((span) => span.critical_seconds),
  };
}
