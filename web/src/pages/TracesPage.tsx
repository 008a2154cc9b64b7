// Traces: show me a bad one.

import { useState } from "react";
import { Link, useLocation } from "wouter";
import { Page } from "../app/Page";
import { useTraceScatter } from "../api/traces";
import type { Scatter } from "../api/types";
import { useChangeMarks } from "../charts/changeMarks";
import { ScatterChart } from "../charts/ScatterChart";
import { ChartBones, RowBones } from "../parts/Bones";
import { Answered, Empty, Quiet } from "../parts/Notice";
import { Unsent } from "../parts/NothingFrom";
import { Panel } from "../parts/Panel";
import { LongerRange } from "../parts/LongerRange";
import { RangePicker } from "../parts/RangePicker";
import { Sign } from "../parts/Sign";
import { comparisonPath, tracePath } from "../paths";
import { rangeWords } from "../range/range";
import { count, countOf } from "../words/counts";
import { clockSeconds, when } from "../words/moments";
import { Filters } from "./traces/Filters";
import { Finder } from "./traces/Finder";
import { type Group, restWords, useGroups } from "./traces/groups";
import { Happened } from "./traces/Happened";
import { TraceTable } from "./traces/TraceTable";
import { useTraceSearch, USUAL_RANGE, type View } from "./traces/search";

const SCATTER_PIXELS = 190;

export default function TracesPage() {
  const view = useTraceSearch();
  const groups = useGroups(view);
  const scatter = useTraceScatter(view.asked);
  const [, navigate] = useLocation();
  const [picked, setPicked] = useState<readonly string[]>([]);
  const looked = view.range.or(USUAL_RANGE);
  const service = view.chosen.get("service");
  const objective = view.chosen.get("objective");
  const marks = useChangeMarks(looked, service === undefined ? null : [service]);
  const queries = groups.map((group) => group.found);
  // Groups are shown together: none may push another down later.
  const first =
    queries.find((one) => one.isPending && !one.error) ?? queries.find((one) => one.data) ?? queries[0];
  const updated = Math.max(...queries.map((one) => one.dataUpdatedAt));
  // The picture counts every kind of what happened: where one is listed, its counts are of others too.
  const counted = view.chosen.has("happened") ? undefined : scatter.data;
  const again = () => void Promise.all([scatter, ...queries].map((one) => one.refetch()));
  if (first === undefined) return null;
  return (
    <Page
      title="Traces"
      lists="/api/v1/traces"
      beside={rangeWords(looked)}
      reads={[...queries, scatter]}
      tools={
        <>
          <button type="button" className="button" onClick={again} title="Search again, up to now">
            Updated <b>{updated ? clockSeconds(new Date(updated)) : "…"}</b>
          </button>
          <RangePicker usual={USUAL_RANGE} />
          <Finder view={view} />
        </>
      }
    >
      <div className="grid">
        <Panel
          name="Duration over time"
          of={scatter.data && sampleWords(scatter.data)}
          aside={<Legend rest={restWords(groups)} objective={objective} />}
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
                onOpen={(point) => navigate(tracePath(point.trace_id, { span: point.span_id, objective }))}
              />
            )}
          </Answered>
        </Panel>
      </div>
      <div className="trace-room">
        <div className="stack">
          <Happened view={view} scatter={scatter.data} rest={restWords(groups)} />
          <Panel name="Narrow down">
            <Filters view={view} />
          </Panel>
        </div>
        <div className="trace-found">
          <Answered query={first} bones={<RowBones rows={10} />}>
            {() => (
              <>
                <Pair picked={picked} onClear={() => setPicked([])} />
                {groups.some((group) => group.hits.length > 0) ? (
                  <TraceTable groups={groups} scatter={counted} picked={picked} onPick={setPicked} />
                ) : (
                  <Nothing view={view} back={lookedBackTo(groups)} />
                )}
              </>
            )}
          </Answered>
        </div>
      </div>
    </Page>
  );
}

function sampleWords({ points, spans, errors, slow, scope }: Scatter): string {
  const what = scope === "root" ? "traces" : "spans";
  const counted = `${countOf(spans, what)}, ${count(errors)} failed, ${count(slow)} slow`;
  return points.length < spans
    ? `${counted} · ${count(points.length)} drawn, failed and slow first`
    : counted;
}

function Legend({ rest, objective }: { rest: string; objective: string | undefined }) {
  return (
    <>
      <span className="tone-bad">
        <Sign sign="square" /> failed
      </span>{" "}
      <span className="tone-warn">
        <Sign sign="triangle" />{" "}
        {objective === undefined ? "over 2.5× its usual p99" : "slower than allowed or usual"}
      </span>{" "}
      <span className="muted">
        <Sign sign="circle" /> {rest}
      </span>{" "}
      · drag to select
    </>
  );
}

/** How far back a search has come that still goes on; null once all was looked at. */
function lookedBackTo(groups: readonly Group[]): string | null {
  const going = groups.filter(({ found }) => found.hasNextPage || found.isFetching);
  const back = going.flatMap(({ found }) => found.data?.pages.at(-1)?.looked_back_to ?? []);
  return back.sort().at(-1) ?? null;
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

function Nothing({ view, back }: { view: View; back: string | null }) {
  if (back !== null)
    return <Quiet height={120}>No trace since {when(back)} yet; searching further back…</Quiet>;
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
