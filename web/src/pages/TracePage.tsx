// Trace: what took the time, what failed first?

import { useState } from "react";
import { Link } from "wouter";
import { Page } from "../app/Page";
import { flag, optional, useSearchState } from "../app/searchState";
import { LINES_MOST, useTrace, useTraceLogs } from "../api/traces";
import type { Trace, TraceLog } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered } from "../parts/Notice";
import { type Cell, Strip } from "../parts/Strip";
import { tracePath, tracesPath } from "../paths";
import { count, countOf, shortened } from "../words/counts";
import { latencyWords } from "../words/durations";
import { fullMoment, when } from "../words/moments";
import { linesOfTrace } from "./logs/ways";
import { CompareWith } from "./trace/CompareWith";
import { LooseLines } from "./trace/LooseLines";
import { clocksDifferBy, failedFirst, heldUpMost } from "./trace/reading";
import { Waterfall } from "./trace/Waterfall";

const PARENT = { href: tracesPath(), name: "Traces" };
const NO_LINES: readonly TraceLog[] = [];
const SHOWN = { hops: flag, lines: flag };
const OPEN = { span: optional };

export default function TracePage({ traceId }: { traceId: string }) {
  const trace = useTrace(traceId);
  const logs = useTraceLogs(traceId);
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const [{ hops, lines }, show] = useSearchState(SHOWN, "replace");
  const meshed = trace.data?.spans.filter((span) => span.is_proxy).length ?? 0;
  return (
    <Page
      title={`Trace ${shortened(traceId)}`}
      parent={PARENT}
      beside={trace.data && rootWords(trace.data)}
      reads={[trace]}
      scroller={setScroller}
      tools={
        <>
          {meshed > 0 && (
            <button
              type="button"
              className="button"
              aria-pressed={hops}
              onClick={() => show({ hops: !hops })}
            >
              Mesh hops <b>{hops ? "shown" : `${count(meshed)} folded`}</b>
            </button>
          )}
          <button
            type="button"
            className="button"
            aria-pressed={lines}
            onClick={() => show({ lines: !lines })}
            aria-disabled={!logs.data?.items.length}
          >
            Log lines <b>{linesWords(logs, lines)}</b>
          </button>
          {trace.data && (
            <Link href={linesOfTrace(trace.data)} className="button">
              {allLines(logs.data?.items.length)}
            </Link>
          )}
          <CompareWith traceId={traceId} />
        </>
      }
    >
      <Answered
        query={trace}
        bones={
          <>
            <StripBones />
            <RowBones rows={8} />
          </>
        }
      >
        {(data) => (
          <>
            <Strip cells={cellsOf(data, logs.data?.items.length)} />
            {data.is_cut && (
              <p className="footnote">
                Only the first {count(data.spans.length)} spans of this trace are shown;{" "}
                {count(data.left_out)} later spans are omitted.
              </p>
            )}
            <Opened
              trace={data}
              logs={logs.data?.items ?? NO_LINES}
              hops={hops}
              lines={lines}
              scroller={scroller}
            />
            <LooseLines trace={data} logs={logs.data?.items ?? NO_LINES} />
          </>
        )}
      </Answered>
    </Page>
  );
}

type OpenedProps = {
  trace: Trace;
  logs: readonly TraceLog[];
  hops: boolean;
  lines: boolean;
  scroller: HTMLDivElement | null;
};

/** The waterfall with what is open and unfolded in it; the open span is in the URL. */
function Opened({ trace, logs, hops, lines, scroller }: OpenedProps) {
  const [{ span: opened }, set] = useSearchState(OPEN, "replace");
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const all = hops ? new Set(trace.spans.map((span) => span.span_id)) : unfolded;
  return (
    <Waterfall
      trace={trace}
      logs={lines ? logs : NO_LINES}
      unfolded={all}
      onUnfold={(ids) => setUnfolded(new Set([...unfolded, ...ids]))}
      open={opened}
      onOpen={(span) => set({ span })}
      scroller={scroller}
    />
  );
}

/** What is not read is not said to be none. */
function linesWords({ data, error }: ReturnType<typeof useTraceLogs>, shown: boolean): string {
  if (!data) return error ? "unavailable" : "…";
  if (data.items.length === 0) return "none";
  return shown ? "shown" : count(data.items.length);
}

/** "All 9 lines in Logs": the number only if the page has them all. */
function allLines(lines: number | undefined): string {
  if (lines === 0) return "In Logs";
  return lines === undefined || lines >= LINES_MOST
    ? "All lines in Logs"
    : `${lines === 1 ? "Its" : "All"} ${countOf(lines, "lines")} in Logs`;
}

function rootWords(trace: Trace): string | undefined {
  const root = trace.spans.find((span) => span.span_id === trace.root_span_id);
  return root && `${root.service} · ${root.operation}`;
}

function cellsOf(trace: Trace, lines: number | undefined): Cell[] {
  const failed = failedFirst(trace);
  const held = heldUpMost(trace);
  const ahead = clocksDifferBy(trace);
  const wrong = [
    trace.orphans > 0 && `${countOf(trace.orphans, "spans")} with a missing parent`,
    ahead > 0 && `clock skew ${latencyWords(ahead)}`,
  ].filter(Boolean);
  return [
    {
      label: "Duration",
      value: latencyWords(trace.duration_seconds),
      note: `${countOf(trace.spans.length, "spans")} of ${trace.services.length === 0 ? "the mesh alone" : countOf(trace.services.length, "services")}`,
    },
    {
      label: "First failure",
      value: failed ? failed.service : "nothing",
      note: failed ? `${failed.operation}${failed.message ? `: ${failed.message}` : ""}` : "no span failed",
      tone: failed ? "bad" : "plain",
      ...(failed
        ? { sign: "square" as const, href: tracePath(trace.trace_id, { span: failed.span_id }) }
        : {}),
    },
    {
      label: "Longest on the critical path",
      value: held ? held.service : "—",
      note: held ? `${held.operation}: ${latencyWords(held.critical_seconds)} of the critical path` : "",
      ...(held ? { href: tracePath(trace.trace_id, { span: held.span_id }) } : {}),
    },
    {
      label: "Errors",
      value: count(trace.errors),
      note: lines === undefined ? "" : countOf(lines, "log lines"),
      tone: trace.errors > 0 ? "bad" : "plain",
    },
    {
      label: "Started",
      value: when(trace.started_at),
      note: wrong.join(", ") || trace.trace_id,
      title: fullMoment(trace.started_at),
    },
  ];
}
