// The strip of a trace: what happened, how long it took, what failed first, what took the time.

import type { Trace } from "../../api/types";
import type { Cell } from "../../parts/Strip";
import { tracePath } from "../../paths";
import { count, countOf, share } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { clockSeconds, date, fullMoment } from "../../words/moments";
import { blameOf, clocksDifferBy, criticalParts, failedFirst, type Part } from "./reading";

const SIGNS = { failed: "square", bad: "square", slow: "triangle", usual: "circle" } as const;
const TONES = { failed: "bad", bad: "bad", slow: "warn", usual: "plain" } as const;

export function cellsOf(trace: Trace, lines: number | undefined): Cell[] {
  return [happened(trace, lines), took(trace), first(trace), slowest(trace), began(trace)];
}

function happened({ what_happened, trace_id, errors }: Trace, lines: number | undefined): Cell {
  const { words, span_id, objective, slow_from_seconds } = what_happened;
  const blame = blameOf(what_happened);
  const written = lines === undefined ? "" : `, ${countOf(lines, "log lines")}`;
  const unknown = blame === "usual" && slow_from_seconds === null;
  return {
    label: "What happened",
    value: words || (unknown ? "did not fail" : "as usual"),
    note:
      allowedWords(what_happened) ??
      (unknown ? "no usual duration known yet" : `${countOf(errors, "spans")} failed${written}`),
    title: objective ? `${words}: violated ${objective}` : words,
    tone: TONES[blame],
    sign: SIGNS[blame],
    ...(span_id ? { href: tracePath(trace_id, { span: span_id, objective }) } : {}),
  };
}

/** "1,886 ms, 250 ms allowed": by the objective it violated; nothing where that limits no duration, or it kept to it. */
export function allowedWords({ took_seconds: took, allowed_seconds: allowed }: Trace["what_happened"]) {
  if (allowed === null || took <= allowed) return undefined;
  return `${latencyWords(took)}, ${latencyWords(allowed)} allowed`;
}

function took(trace: Trace): Cell {
  const of = trace.services.length === 0 ? "the mesh alone" : countOf(trace.services.length, "services");
  return {
    label: "Took",
    value: latencyWords(trace.duration_seconds),
    note: `${countOf(trace.spans.length, "spans")} of ${of}`,
  };
}

function first(trace: Trace): Cell {
  const failed = failedFirst(trace);
  if (!failed) return { label: "Failed first", value: "nothing", note: "no span failed" };
  return {
    label: "Failed first",
    value: failed.party,
    note: `${failed.operation}, at +${latencyWords(failed.offset_seconds)}`,
    title: failed.message,
    tone: "bad",
    sign: "square",
    href: tracePath(trace.trace_id, { span: failed.span_id, objective: trace.what_happened.objective }),
  };
}

function slowest(trace: Trace): Cell {
  const parts = criticalParts(trace);
  const whole = parts.reduce((sum, part) => sum + part.seconds, 0);
  const most = parts[0];
  if (!most) return { label: "Slowest part", value: "—" };
  return {
    label: "Slowest part",
    value: most.party,
    note: `${latencyWords(most.seconds)}, ${share(most.seconds / (whole || 1))}${most.calls > 1 ? `: ${callWords(most)}` : " of the wait"}`,
    title: callWords(most),
    href: tracePath(trace.trace_id, { span: most.span_id, objective: trace.what_happened.objective }),
  };
}

/** "12 × SELECT prices": the call that took most of a party's time. */
export function callWords({ operation, calls }: Part): string {
  return calls > 1 ? `${count(calls)} × ${operation}` : operation;
}

function began(trace: Trace): Cell {
  const ahead = clocksDifferBy(trace);
  const wrong = [
    trace.orphans > 0 && `${countOf(trace.orphans, "spans")} with a missing parent`,
    ahead > 0 && `clock skew ${latencyWords(ahead)}`,
  ].filter(Boolean);
  return {
    label: "Began",
    value: clockSeconds(trace.started_at),
    note: wrong.join(", ") || date(trace.started_at),
    title: fullMoment(trace.started_at),
  };
}
