// Trace: what took the time, what failed first?

import { useMemo, useState } from "react";
import { Link } from "wouter";
import { Page } from "../app/Page";
import { flag, oneOf, optional, useSearchState } from "../app/searchState";
import { LINES_MOST, useTrace, useTraceLogs } from "../api/traces";
import type { Trace, TraceLog } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered } from "../parts/Notice";
import { Strip } from "../parts/Strip";
import { objectivePath, tracesPath } from "../paths";
import { count, countOf, shortened } from "../words/counts";
import { linesOfTrace } from "./logs/ways";
import { cellsOf } from "./trace/cells";
import { CompareWith } from "./trace/CompareWith";
import { CopyId } from "./trace/CopyId";
import { CriticalPath } from "./trace/CriticalPath";
import { FlameView } from "./trace/FlameView";
import { useFoldKeys } from "./trace/foldKeys";
import { LooseLines } from "./trace/LooseLines";
import { foldingHops, rowsOf } from "./trace/rows";
import { SpanDetail } from "./trace/SpanDetail";
import { Waterfall } from "./trace/Waterfall";

const PARENT = { href: tracesPath(), name: "Traces" };
const NO_LINES: readonly TraceLog[] = [];
const JUDGED = { objective: optional };
const SHOWN = { hops: flag, lines: flag, repeats: flag, view: oneOf(["waterfall", "flame"], "waterfall") };
const OPEN = { span: optional };
/** In the address where the reader has closed the span that opens by itself. */
const CLOSED = "none";

export default function TracePage({ traceId }: { traceId: string }) {
  const [{ objective }] = useSearchState(JUDGED);
  const trace = useTrace(traceId, objective);
  const logs = useTraceLogs(traceId);
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const [{ hops, lines, repeats, view }, show] = useSearchState(SHOWN, "replace");
  useFoldKeys(
    () => show({ hops: !hops }),
    () => show({ repeats: !repeats }),
  );
  const hasRepeats = useMemo(() => trace.data !== undefined && repeatsIn(trace.data), [trace.data]);
  const meshed = trace.data ? foldingHops(trace.data) : 0;
  return (
    <Page
      title={trace.data ? sentenceOf(trace.data) : `Trace ${shortened(traceId)}`}
      parent={PARENT}
      beside={trace.data && shortened(traceId)}
      reads={[trace]}
      scroller={setScroller}
      tools={
        <>
          <CopyId id={traceId} />
          <button
            type="button"
            className="button"
            aria-pressed={lines}
            onClick={() => show({ lines: !lines })}
            aria-disabled={!logs.data?.items.length}
          >
            Log lines <b>{linesWords(logs, lines)}</b>
          </button>
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
            <div className="trace-tools" role="toolbar" aria-label="How the trace is shown">
              <button
                type="button"
                className="button"
                onClick={() => show({ view: view === "flame" ? "waterfall" : "flame" })}
              >
                As <b>{view}</b>
              </button>
              {hasRepeats && (
                <button
                  type="button"
                  className="button"
                  aria-pressed={repeats}
                  title="Key r"
                  onClick={() => show({ repeats: !repeats })}
                >
                  Repeats <b>{repeats ? "shown" : "folded"}</b>
                </button>
              )}
              {meshed > 0 && (
                <button
                  type="button"
                  className="button"
                  aria-pressed={hops}
                  title="Key h"
                  onClick={() => show({ hops: !hops })}
                >
                  Mesh hops <b>{hops ? "shown" : `${count(meshed)} folded`}</b>
                </button>
              )}
              <Link href={linesOfTrace(data)} className="button">
                {allLines(logs.data?.items.length)}
              </Link>
              <CompareWith traceId={traceId} />
              {data.what_happened.objective && (
                <Link href={objectivePath(data.what_happened.objective)} className="button">
                  Violated <b>{data.what_happened.objective}</b>
                </Link>
              )}
            </div>
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
              repeats={repeats}
              flame={view === "flame"}
              scroller={scroller}
            />
            <CriticalPath trace={data} />
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
  repeats: boolean;
  flame: boolean;
  scroller: HTMLDivElement | null;
};

/** The waterfall or the flame with what is open and unfolded in it; the span where the trouble began opens by itself. */
function Opened({ trace, logs, hops, lines, repeats, flame, scroller }: OpenedProps) {
  const [{ span: chosen }, set] = useSearchState(OPEN, "replace");
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const all = useMemo(
    () => (hops ? new Set([...unfolded, ...trace.spans.map((span) => span.span_id)]) : unfolded),
    [hops, unfolded, trace],
  );
  const open = chosen === CLOSED ? null : (chosen ?? trace.what_happened.span_id);
  const opened = trace.spans.find((span) => span.span_id === open);
  if (flame)
    return (
      <>
        <FlameView trace={trace} open={open} onOpen={(span) => set({ span })} />
        {opened && (
          <section className="panel" style={{ marginTop: 14 }} aria-label="Span">
            <h2 className="flame-opened">
              {opened.party} · {opened.operation}
            </h2>
            <SpanDetail span={opened} logs={logs.filter((line) => line.span_id === open)} />
          </section>
        )}
      </>
    );
  return (
    <Waterfall
      trace={trace}
      logs={lines ? logs : NO_LINES}
      unfolded={all}
      repeats={repeats}
      onUnfold={(ids) => setUnfolded(new Set([...unfolded, ...ids]))}
      open={open}
      onOpen={(span) => set({ span: span ?? CLOSED })}
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

/** "POST /orders · 504 at payline". */
function sentenceOf({ what_happened: { operation, words } }: Trace): string {
  return words ? `${operation} · ${words}` : operation;
}

/** Whether anything folds as repeats of one call. */
const repeatsIn = (trace: Trace) =>
  rowsOf(trace, { unfolded: new Set(), logs: NO_LINES }).some((row) => row.kind === "fold");
