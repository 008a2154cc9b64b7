// Logs: what is new? Then: which lines, how many, of what most, and the way from each to its trace.

import { useIsFetching, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import {
  type LogHistogram,
  type LogLine,
  LOGS,
  type LogPatterns as Found,
  useLogFacets,
  useLogHistogram,
  useLogLines,
  useLogPatterns,
} from "../api/logs";
import { Link } from "wouter";
import { LATE_SECONDS } from "../app/Freshness";
import { Page } from "../app/Page";
import { useChangeMarks } from "../charts/changeMarks";
import { ChartBones, RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty, Failed, Quiet } from "../parts/Notice";
import { Unsent } from "../parts/NothingFrom";
import { Panel } from "../parts/Panel";
import { RangePicker } from "../parts/RangePicker";
import { TableMenu } from "../parts/TableMenu";
import { Search, useFilter } from "../parts/Search";
import { Sign } from "../parts/Sign";
import { type Cell, Strip } from "../parts/Strip";
import { logsPath } from "../paths";
import { rangeWords } from "../range/range";
import { count, countOf, share } from "../words/counts";
import { roughDuration } from "../words/durations";
import { Conditions } from "./logs/Conditions";
import { CHART_PIXELS, LogChart, LogLegend } from "./logs/LogChart";
import { LogFacets } from "./logs/LogFacets";
import { LogLines } from "./logs/LogLines";
import { LogPatterns } from "./logs/LogPatterns";
import { type LogSearch, servicesOf, useLogSearch } from "./logs/search";
import { millisecondOf, upToLine } from "./logs/ways";
import { type TailState, together, useTail } from "./logs/tail";

const USUAL = "now-1h";
/** Whoever reads further down than this keeps the place. */
const TOP_PIXELS = 60;
/** Most lines read to find a linked one; beyond them a link to it is shown. */
const SOUGHT_MOST = 2_000;

export default function LogsPage() {
  const search = useLogSearch(USUAL);
  const [typed, setTyped] = useFilter();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const histogram = useLogHistogram(search.ask);
  const facets = useLogFacets(search.ask);
  const patterns = useLogPatterns(search.ask);
  const looked = { from: search.ask.from ?? USUAL, to: search.ask.to ?? "now" };
  const marks = useChangeMarks(looked, servicesOf(search.where));
  const beside =
    search.ask.from === undefined
      ? "the time of the trace"
      : rangeWords({ from: search.ask.from, to: search.ask.to ?? "now" });
  return (
    <Page
      title="Logs"
      lists="/api/v1/logs"
      beside={beside}
      reads={[histogram, facets, patterns]}
      scroller={setScroller}
      tools={
        <>
          <Refresh />
          <LiveButton search={search} />
          <RangePicker usual={USUAL} />
          <Search label="Search lines" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered query={histogram} bones={<LogBones />}>
        {(counted) => (
          <>
            <Strip cells={cellsOf(counted, patterns.data, search)} />
            <div className="log-above">
              <Conditions search={search} />
              <Panel
                name="Lines"
                of="drag to select a time"
                aside={<LogLegend histogram={counted} search={search} />}
              >
                <LogChart histogram={counted} marks={marks} onBrush={search.range.brush} />
              </Panel>
            </div>
          </>
        )}
      </Answered>
      <div className="grid log-room">
        <LogFacets facets={facets} search={search} />
        <div className="log-main">
          <Views search={search} patterns={patterns.data} />
          {search.view === "patterns" ? (
            <LogPatterns patterns={patterns} search={search} />
          ) : (
            <Lines search={search} scroller={scroller} total={histogram.data?.total} />
          )}
        </div>
      </div>
    </Page>
  );
}

function cellsOf(counted: LogHistogram, patterns: Found | undefined, search: LogSearch): Cell[] {
  const of = (...names: string[]) =>
    counted.severities
      .filter(({ severity }) => names.includes(severity))
      .reduce((sum, { total }) => sum + total, 0);
  const errors = of("error", "fatal");
  const warnings = of("warn");
  const narrowed = search.where.length > 0 || Boolean(search.ask.q);
  const part = (lines: number) =>
    counted.total > 0
      ? `${share(lines / counted.total)} of ${count(counted.total)} lines${narrowed ? " that match" : ""}`
      : "no lines";
  const fresh = patterns?.items.filter((pattern) => pattern.new) ?? [];
  return [
    { label: "Lines", value: count(counted.total), note: narrowed ? "that match" : "in this range" },
    {
      label: "Errors and fatal",
      value: count(errors),
      note: part(errors),
      tone: errors > 0 ? "bad" : "plain",
    },
    {
      label: "Warnings",
      value: count(warnings),
      note: part(warnings),
      tone: warnings > 0 ? "warn" : "plain",
    },
    {
      label: "New patterns",
      value: patterns ? count(fresh.length) : "…",
      note: fresh[0]
        ? fresh[0].template
        : patterns && patterns.before === 0
          ? "no earlier lines to compare with"
          : "not seen in the previous range",
      tone: fresh.some(({ severity }) => severity === "error" || severity === "fatal") ? "bad" : "plain",
    },
  ];
}

function Refresh() {
  const queries = useQueryClient();
  const busy = useIsFetching({ queryKey: LOGS }) > 0;
  return (
    <button
      type="button"
      className="button"
      aria-busy={busy}
      onClick={() => void queries.invalidateQueries({ queryKey: LOGS })}
    >
      Refresh
    </button>
  );
}

function LiveButton({ search }: { search: LogSearch }) {
  return (
    <button
      type="button"
      className="button"
      aria-pressed={search.live}
      onClick={() => search.turnLive(!search.live)}
    >
      Live <b>{search.live ? "on" : "off"}</b>
    </button>
  );
}

function Views({ search, patterns }: { search: LogSearch; patterns: Found | undefined }) {
  const views = [
    { view: "lines", words: "Lines" },
    { view: "patterns", words: patterns ? `Patterns ${count(patterns.items.length)}` : "Patterns" },
  ] as const;
  return (
    <div className="log-views" role="group" aria-label="View">
      {views.map(({ view, words }) => (
        <button
          key={view}
          type="button"
          className="button button-small"
          aria-pressed={search.view === view}
          onClick={() => search.show(view)}
        >
          {words}
        </button>
      ))}
    </div>
  );
}

function Lines({
  search,
  scroller,
  total,
}: {
  search: LogSearch;
  scroller: HTMLDivElement | null;
  total: number | undefined;
}) {
  const read = useLogLines(search.ask, search.line !== null);
  const tail = useTail(search.ask, search.live);
  const [taken, setTaken] = useState<readonly LogLine[]>([]);
  const stored = useMemo(() => read.data?.pages.flatMap((page) => page.items) ?? [], [read.data]);
  const lines = useMemo(() => (taken.length > 0 ? together(taken, stored) : stored), [taken, stored]);
  const take = useCallback(() => {
    setTaken((before) => together(tail.lines, before));
    tail.take();
  }, [tail]);
  // What was taken belongs to one answer: with another, it is among the stored or was asked for no longer.
  const [answered, setAnswered] = useState({ data: read.data, live: search.live });
  if (answered.data !== read.data || answered.live !== search.live) {
    setAnswered({ data: read.data, live: search.live });
    setTaken([]);
  }
  useEffect(() => {
    const reading =
      (scroller?.scrollTop ?? 0) > TOP_PIXELS || document.querySelector('.log-open[aria-expanded="true"]');
    // eslint-disable-next-line react-hooks/set-state-in-effect -- only the drawn page says how far down somebody reads
    if (tail.lines.length > 0 && !reading) take();
  }, [tail.lines, take, scroller]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = read;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const missing = useSeek(search.line, lines, read);
  const toNewest = () => {
    take();
    scroller?.scrollTo({ top: 0 });
  };
  if (read.error && !read.data) return <Failed error={read.error} retry={() => void read.refetch()} />;
  if (!read.data) return <RowBones rows={10} />;
  if (lines.length === 0 && !search.live) return <Nothing search={search} total={total} />;
  return (
    <section className="panel" aria-label="Lines">
      {lines.length > 0 && <TableMenu label="Log lines" rows={lines} figures={read.data} />}
      {search.live && (
        <TailWords
          state={tail.state}
          waiting={tail.lines.length}
          gap={tail.gap}
          newest={(tail.lines[0] ?? lines[0])?.at ?? null}
          onTake={toNewest}
        />
      )}
      {missing && <NotAmongThese line={missing} search={search} />}
      {lines.length === 0 ? (
        <Quiet>No lines yet.</Quiet>
      ) : (
        <LogLines lines={lines} search={search} scroller={scroller} onEnd={onEnd} />
      )}
      {lines.length > 0 && (
        <p className="footnote log-end">
          {hasNextPage ? "Scroll for older lines." : `All ${countOf(lines.length, "lines")} shown.`}
        </p>
      )}
    </section>
  );
}

/** Reads on until the line somebody came for is there; returns its id where it cannot be. */
function useSeek(
  line: string | null,
  lines: readonly LogLine[],
  read: ReturnType<typeof useLogLines>,
): string | null {
  const last = lines.at(-1);
  const isFound = line === null || lines.some(({ id }) => id === line);
  const isPassed = last !== undefined && line !== null && millisecondOf(last.id) < millisecondOf(line);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = read;
  const goesOn = !isFound && !isPassed && hasNextPage && lines.length < SOUGHT_MOST;
  useEffect(() => {
    if (goesOn && !isFetchingNextPage) void fetchNextPage();
  }, [goesOn, isFetchingNextPage, fetchNextPage]);
  return isFound || goesOn || read.isPlaceholderData ? null : line;
}

function NotAmongThese({ line, search }: { line: string; search: LogSearch }) {
  const there = upToLine(line);
  const isThere = there.to === search.range.chosen?.to && search.where.length === 0 && !search.ask.q;
  return (
    <div className="log-tail" role="status">
      <span className="muted">
        {isThere
          ? "The linked line is no longer stored."
          : "The linked line is not in this list: it is further down, or the search excludes it."}
      </span>
      {!isThere && (
        <Link href={logsPath(there)} className="button button-small">
          Go to it
        </Link>
      )}
    </div>
  );
}

const TAIL_WORDS: Record<TailState, string> = {
  off: "",
  connecting: "Connecting…",
  live: "Live: new lines appear as they arrive.",
  interrupted: "Interrupted; reconnecting from the last line received.",
};

function TailWords({
  state,
  waiting,
  gap,
  newest,
  onTake,
}: {
  state: TailState;
  waiting: number;
  gap: boolean;
  newest: string | null;
  onTake: () => void;
}) {
  const age = useAgeSeconds(newest);
  const isFresh = state === "live" && age !== null && age <= LATE_SECONDS;
  return (
    <div className="log-tail" role="status">
      <span className={state === "interrupted" ? "tone-warn" : isFresh ? "tone-ok" : "muted"}>
        <Sign sign={isFresh ? "circle" : "ring"} /> {TAIL_WORDS[state]}
        {age !== null && <span aria-live="off"> The last line is {roughDuration(age)} old.</span>}
        {gap && " More lines arrive than can be shown; narrow the search."}
      </span>
      {waiting > 0 && (
        <button type="button" className="button button-small" onClick={onTake}>
          {countOf(waiting, "new lines")} ↑
        </button>
      )}
    </div>
  );
}

const AGE_EVERY_MILLISECONDS = 5_000;

/** How old a moment is, kept up to date: without it a tail that is cut off looks like a quiet one. */
function useAgeSeconds(moment: string | null): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), AGE_EVERY_MILLISECONDS);
    return () => clearInterval(timer);
  }, []);
  return moment === null ? null : Math.max(0, (now - Date.parse(moment)) / 1000);
}

function Nothing({ search, total }: { search: LogSearch; total: number | undefined }) {
  if (search.where.length > 0 || search.ask.q) {
    return (
      <div className="panel notice">
        <h2>No line matches{search.ask.q ? ` “${search.ask.q}”` : " these conditions"}</h2>
        <p>
          Search terms match whole words; tim* matches words that begin with “tim”. Try a longer time range.
        </p>
        <button type="button" className="button" onClick={search.clear}>
          Clear the search
        </button>
      </div>
    );
  }
  if (total === undefined || total > 0) return <RowBones rows={10} />;
  return (
    <Unsent of="/api/v1/logs">
      <Empty title="No log lines in this range" command="OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317">
        Log lines appear here with severity, service and trace. Point any OpenTelemetry SDK or Collector at
        this machine; no other setting is needed.
      </Empty>
    </Unsent>
  );
}

function LogBones() {
  return (
    <>
      <StripBones cells={4} />
      <div className="log-above">
        <Panel name="Lines">
          <ChartBones height={CHART_PIXELS} />
        </Panel>
      </div>
    </>
  );
}
