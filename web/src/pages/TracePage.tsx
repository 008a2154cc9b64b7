// Trace: what took the time, what failed first?

import { useRef, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { Page } from "../app/Page";
import { LINES_MOST, useTrace, useTraceLogs } from "../api/traces";
import type { Trace, TraceLog } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered } from "../parts/Notice";
import { type Cell, Strip } from "../parts/Strip";
import { count, countOf, shortened } from "../words/counts";
import { latencyWords } from "../words/durations";
import { fullMoment, when } from "../words/moments";
import { linesOfTrace } from "./logs/ways";
import { CompareWith } from "./trace/CompareWith";
import { LooseLines } from "./trace/LooseLines";
import { clocksDifferBy, failedFirst, heldUpMost } from "./trace/reading";
import { Waterfall } from "./trace/Waterfall";

const PARENT = { href: "/traces", name: "Traces" };
const NO_LINES: readonly TraceLog[] = [];
const SHOWN = "1";

export default function TracePage({ traceId }: { traceId: string }) {
  const trace = useTrace(traceId);
  const logs = useTraceLogs(traceId);
  const scroller = useRef<HTMLDivElement>(null);
  const [search, setSearch] = useSearchParams();
  const hops = search.get("hops") === SHOWN;
  const lines = search.get("lines") === SHOWN;
  const turn = (name: string, on: boolean) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (on) after.set(name, SHOWN);
        else after.delete(name);
        return after;
      },
      { replace: true },
    );
  const meshed = trace.data?.spans.filter((span) => span.is_proxy).length ?? 0;
  return (
    <Page
      title={`Trace ${shortened(traceId)}`}
      parent={PARENT}
      beside={trace.data && rootWords(trace.data)}
      reads={[trace]}
      scroller={scroller}
      tools={
        <>
          {meshed > 0 && (
            <button type="button" className="button" aria-pressed={hops} onClick={() => turn("hops", !hops)}>
              Mesh hops <b>{hops ? "shown" : `${count(meshed)} folded`}</b>
            </button>
          )}
          <button type="button" className="button" aria-pressed={lines} onClick={() => turn("lines", !lines)} aria-disabled={!logs.data?.items.length}>
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
            {data.is_cut && <p className="footnote">Only the first {count(data.spans.length)} spans of this trace are shown.</p>}
            <Opened trace={data} logs={logs.data?.items ?? NO_LINES} hops={hops} lines={lines} scroller={scroller} />
            <LooseLines trace={data} logs={logs.data?.items ?? NO_LINES} />
          </>
        )}
      </Answered>
    </Page>
  );
}

type OpenedProps = { trace: Trace; logs: readonly TraceLog[]; hops: boolean; lines: boolean; scroller: React.RefObject<HTMLDivElement | null> };

/** The waterfall with what is open and unfolded in it; the open span is in the URL. */
function Opened({ trace, logs, hops, lines, scroller }: OpenedProps) {
  const [search, setSearch] = useSearchParams();
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const all = hops ? new Set(trace.spans.map((span) => span.span_id)) : unfolded;
  const open = (spanId: string | null) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (spanId === null) after.delete("span");
        else after.set("span", spanId);
        return after;
      },
      { replace: true },
    );
  return (
    <Waterfall
      trace={trace}
      logs={lines ? logs : NO_LINES}
      unfolded={all}
      onUnfold={(ids) => setUnfolded(new Set([...unfolded, ...ids]))}
      open={search.get("span")}
      onOpen={open}
      scroller={scroller}
    />
  );
}

/** What is not read is not said to be none. */
function linesWords({ data, error }: ReturnType<typeof useTraceLogs>, shown: boolean): string {
  if (!data) return error ? "not read" : "…";
  if (data.items.length === 0) return "none";
  return shown ? "shown" : count(data.items.length);
}

/** "All 9 lines in Logs": so many unless more may be stored than a trace's page is told. */
function allLines(lines: number | undefined): string {
  if (lines === 0) return "In Logs";
  return lines === undefined || lines >= LINES_MOST ? "All lines in Logs" : `${lines === 1 ? "Its" : "All"} ${countOf(lines, "lines")} in Logs`;
}

function rootWords(trace: Trace): string | undefined {
  const root = trace.spans.find((span) => span.span_id === trace.root_span_id);
  return root && `${root.service} · ${root.operation}`;
}

function cellsOf(trace: Trace, lines: number | undefined): Cell[] {
  const failed = failedFirst(trace);
  const held = heldUpMost(trace);
  const ahead = clocksDifferBy(trace);
  const wrong = [trace.orphans > 0 && `${countOf(trace.orphans, "spans")} without their parent`, ahead > 0 && `clocks differ by ${latencyWords(ahead)}`].filter(Boolean);
  return [
    { label: "Duration", value: latencyWords(trace.duration_seconds), note: `${countOf(trace.spans.length, "spans")} of ${trace.services.length === 0 ? "the mesh alone" : countOf(trace.services.length, "services")}` },
    {
      label: "Failed first",
      value: failed ? failed.service : "nothing",
      note: failed ? `${failed.operation}${failed.message ? `: ${failed.message}` : ""}` : "no span failed",
      tone: failed ? "bad" : "plain",
      ...(failed ? { sign: "square" as const, href: `?span=${failed.span_id}` } : {}),
    },
    {
      label: "Held it up most",
      value: held ? held.service : "—",
      note: held ? `${held.operation}: ${latencyWords(held.critical_seconds)} of the critical path` : "",
      ...(held ? { href: `?span=${held.span_id}` } : {}),
    },
    { label: "Errors", value: count(trace.errors), note: lines === undefined ? "" : `${countOf(lines, "log lines")}`, tone: trace.errors > 0 ? "bad" : "plain" },
    { label: "Started", value: when(trace.started_at), note: wrong.join(", ") || trace.trace_id, title: fullMoment(trace.started_at) },
  ];
}
