// Reading a trace: what stands out in it.

import type { Span, Trace } from "../../api/types";

/** The failed span that ended earliest: those that failed after it may only have passed the failure on. */
export function failedFirst(trace: Trace): Span | null {
  const guilty = trace.spans.find((span) => span.span_id === trace.what_happened.span_id);
  if (guilty && trace.what_happened.outcome === "failed") return guilty;
  const end = (span: Span) => span.offset_seconds + span.duration_seconds;
  const failed = trace.spans.filter((span) => span.is_error);
  return failed.length === 0 ? null : failed.reduce((first, span) => (end(span) < end(first) ? span : first));
}

export type Blame = Trace["what_happened"]["outcome"] | "bad";

/** How the span where the trouble began is marked: `bad` violated an objective without having failed. */
export const blameOf = ({ outcome, objective }: Trace["what_happened"]): Blame =>
  objective !== null && outcome !== "failed" ? "bad" : outcome;

/** A party's time on the critical path: how much, in how many spans, and the call that took most of it. */
export type Part = {
  party: string;
  seconds: number;
  operation: string;
  calls: number;
  call_seconds: number;
  span_id: string;
};

/** What the trace waited for, by party, the longest first; repeats of one call count together. */
export function criticalParts(trace: Trace): Part[] {
  const parts = new Map<string, Map<string, Span[]>>();
  for (const span of trace.spans) {
    if (span.critical_seconds <= 0) continue;
    const calls = parts.get(span.party) ?? new Map<string, Span[]>();
    parts.set(span.party, calls);
    const same = calls.get(span.operation);
    if (same) same.push(span);
    else calls.set(span.operation, [span]);
  }
  return [...parts]
    .map(([party, calls]) => partOf(party, calls))
    .sort((one, other) => other.seconds - one.seconds);
}

function partOf(party: string, calls: ReadonlyMap<string, readonly Span[]>): Part {
  const sums = [...calls].map(([operation, spans]) => ({ operation, spans, seconds: criticalOf(spans) }));
  const most = sums.reduce((one, other) => (other.seconds > one.seconds ? other : one));
  const longest = most.spans.reduce((one, other) =>
    other.critical_seconds > one.critical_seconds ? other : one,
  );
  return {
    party,
    seconds: sums.reduce((sum, one) => sum + one.seconds, 0),
    operation: most.operation,
    calls: most.spans.length,
    call_seconds: most.seconds,
    span_id: longest.span_id,
  };
}

const criticalOf = (spans: readonly Span[]) => spans.reduce((sum, span) => sum + span.critical_seconds, 0);

/** How far a span began before its parent, at most: what the clocks of two machines differ by. */
export function clocksDifferBy(trace: Trace): number {
  return trace.spans.reduce((most, span) => Math.max(most, span.ahead_seconds), 0);
}
