// Traces: show me a bad one.

import { useState } from "react";
import { Link, useLocation } from "wouter";
import { Page } from "../app/Page";
import { useTraces, useTraceScatter } from "../api/traces";
import type { Scatter, TraceHit } from "../api/types";
import { useChangeMarks } from "../charts/changeMarks";
import { ScatterChart } from "../charts/ScatterChart";
import { ChartBones, RowBones } from "../parts/Bones";
import { Meter } from "../parts/Meter";
import { Answered, Empty, Quiet } from "../parts/Notice";
import { Unsent } from "../parts/NothingFrom";
import { Panel } from "../parts/Panel";
import { LongerRange } from "../parts/LongerRange";
import { RangePicker } from "../parts/RangePicker";
import { type Column, Table } from "../parts/Table";
import { comparisonPath, tracePath } from "../paths";
import { rangeWords } from "../range/range";
import { count, countOf } from "../words/counts";
import { latencyWords } from "../words/durations";
import { clockSeconds, fullMoment, when } from "../words/moments";
import { Filters } from "./traces/Filters";
import { Finder } from "./traces/Finder";
import { useTraceSearch, USUAL_RANGE, type View } from "./traces/search";

const SCATTER_PIXELS = 190;
const PAIR = 2;
/** So many services are named in a row; the others are in its title. */
const NAMED = 3;

export default function TracesPage() {
  const view = useTraceSearch();
  const found = useTraces(view.asked);
  const scatter = useTraceScatter(view.asked);
  const [, navigate] = useLocation();
  const [picked, setPicked] = useState<readonly string[]>([]);
  const looked = view.range.or(USUAL_RANGE);
  const service = view.chosen.get("service");
  const marks = useChangeMarks(looked, service === undefined ? null : [service]);
  const again = () => void Promise.all([found.refetch(), scatter.refetch()]);
  return (
    <Page
      title="Traces"
      lists="/api/v1/traces"
      beside={rangeWords(looked)}
      reads={[found, scatter]}
      tools={
        <>
          <button type="button" className="button" onClick={again} title="Search again, up to now">
            Updated <b>{found.dataUpdatedAt ? clockSeconds(new Date(found.dataUpdatedAt)) : "…"}</b>
          </button>
          <RangePicker usual={USUAL_RANGE} />
          <Finder view={view} />
        </>
      }
    >
      <Filters view={view} />
      <div className="grid">
        <Panel
          name="Duration over time"
          of={scatter.data && sampleWords(scatter.data)}
          aside="drag to select a time and a duration"
        >
          <Answered query={scatter} small bones={<ChartBones height={SCATTER_PIXELS} />}>
            {(data) => (
              <ScatterChart
                label="Duration of spans over time"
                scatter={data}
                height={SCATTER_PIXELS}
                marks={marks}
                onBrush={(range, least, most) =>
                  view.range.brush(range, { min_duration_seconds: least, max_duration_seconds: most })
                }
                onOpen={(point) => navigate(tracePath(point.trace_id, { span: point.span_id }))}
              />
            )}
          </Answered>
        </Panel>
      </div>
      <div className="trace-found">
        <Answered query={found} bones={<RowBones rows={10} />}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            const oldest = items.at(-1);
            const last = pages.at(-1);
            if (oldest === undefined)
              return (
                <Nothing
                  view={view}
                  back={last?.next ? last.looked_back_to : null}
                  onMore={() => void found.fetchNextPage()}
                />
              );
            return (
              <>
                <Pair picked={picked} onClear={() => setPicked([])} />
                <Table
                  label="Traces"
                  columns={columnsOf(items, picked, setPicked)}
                  rows={items}
                  rowKey={(hit) => hit.trace_id}
                  nothing=""
                />
                {found.hasNextPage && (
                  <p className="trace-more">
                    <button
                      type="button"
                      className="button"
                      onClick={() => void found.fetchNextPage()}
                      aria-busy={found.isFetchingNextPage}
                    >
                      Show more, before {when(oldest.span_started_at)}
                    </button>
                  </p>
                )}
              </>
            );
          }}
        </Answered>
      </div>
    </Page>
  );
}

function sampleWords({ points, spans, errors, scope }: Scatter): string {
  const what = scope === "root" ? "traces" : "spans";
  const sampled = points.length < spans ? `a sample of ${count(points.length)} of ` : "";
  return `${sampled}${countOf(spans, what)}, ${count(errors)} failed`;
}

/** Two selected traces can be put side by side. */
function Pair({ picked, onClear }: { picked: readonly string[]; onClear: () => void }) {
  const [first, second] = picked;
  if (first === undefined) return null;
  return (
    <p className="trace-pair" role="status">
      {second === undefined ? (
        "Select another trace to compare the two."
      ) : (
        <Link className="button button-primary" href={comparisonPath(first, second)}>
          Compare the two
        </Link>
      )}{" "}
      <button type="button" className="as-link muted" onClick={onClear}>
        Clear
      </button>
    </p>
  );
}

function Nothing({ view, back, onMore }: { view: View; back: string | null; onMore: () => void }) {
  if (back !== null) {
    return (
      <Quiet height={120}>
        No match since {when(back)}; the search reached its time limit there.{" "}
        <button type="button" className="button" onClick={onMore}>
          Search further back
        </button>
      </Quiet>
    );
  }
  if (!view.isNarrowed) {
    return (
      <Unsent of="/api/v1/traces">
        <Empty
          title="No traces in this range"
          command="OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317"
          actions={<LongerRange />}
        >
          Traced requests appear here with their services, spans and errors. Point any OpenTelemetry SDK at
          this machine.
        </Empty>
      </Unsent>
    );
  }
  return (
    <Empty title="No trace matches all conditions">
      A single span must match every condition, in the {rangeWords(view.range.or(USUAL_RANGE))}. Remove a
      condition above, or select a longer range.
    </Empty>
  );
}

function columnsOf(
  items: readonly TraceHit[],
  picked: readonly string[],
  setPicked: (ids: readonly string[]) => void,
): Column<TraceHit>[] {
  const longest = Math.max(...items.map((hit) => hit.duration_seconds), Number.EPSILON);
  const tick = (id: string) =>
    setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked.slice(1 - PAIR), id]);
  return [
    {
      key: "compare",
      words: "Select",
      cell: (hit) => (
        <input
          type="checkbox"
          aria-label={`Compare the trace of ${clockSeconds(hit.started_at)}`}
          checked={picked.includes(hit.trace_id)}
          onChange={() => tick(hit.trace_id)}
        />
      ),
    },
    {
      key: "began",
      words: "Began",
      cell: (hit) => (
        <span className="figure" title={fullMoment(hit.started_at)}>
          {clockSeconds(hit.started_at)}
        </span>
      ),
    },
    {
      key: "root",
      words: "Service and operation",
      wide: true,
      cell: (hit) => (
        <Link
          href={tracePath(hit.trace_id, { span: hit.span_id })}
          data-row={hit.trace_id}
          className="name-link"
        >
          <span className="strong">{hit.root_service}</span> {hit.root_operation}
          {!hit.root_is_stored && <span className="muted"> · root span not stored</span>}
        </Link>
      ),
    },
    {
      key: "services",
      words: "Services",
      cell: (hit) => (
        <span className="muted" title={hit.services.join(", ")}>
          {hit.services.slice(0, NAMED).join(", ")}
          {hit.services.length > NAMED && ` +${hit.services.length - NAMED}`}
        </span>
      ),
    },
    { key: "spans", words: "Spans", number: true, cell: (hit) => count(hit.spans) },
    {
      key: "errors",
      words: "Errors",
      number: true,
      cell: (hit) => (
        <span className={hit.errors > 0 ? "tone-bad" : "muted"}>
          {hit.errors > 0 ? count(hit.errors) : "none"}
        </span>
      ),
    },
    {
      key: "duration",
      words: "Duration",
      number: true,
      cell: (hit) => (
        <span className="trace-took">
          <Meter ratio={hit.duration_seconds / longest} tone={hit.errors > 0 ? "bad" : "plain"} width={120} />
          {latencyWords(hit.duration_seconds)}
        </span>
      ),
    },
  ];
}
