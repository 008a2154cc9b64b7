// The waterfall: every span where it lay in time, the critical path drawn through it. Ten thousand rows scroll like twenty.

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Trace, TraceLog } from "../../api/types";
import { typing } from "../../app/keys";
import { TableMenu } from "../../parts/TableMenu";
import { latencyWords } from "../../words/durations";
import { count, countOf } from "../../words/counts";
import { Lane } from "./Lane";
import { blameOf } from "./reading";
import { foldingHops, type Row, rowsOf } from "./rows";
import { SpanDetail } from "./SpanDetail";
import { ExceptionRow, FoldRow, LogRow, SpanRow } from "./SpanRow";

const SCALE_PARTS = [0, 0.25, 0.5, 0.75, 1];
const ROW_PIXELS = 34;
const LOG_PIXELS = 26;
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

type Props = {
  trace: Trace;
  logs: readonly TraceLog[];
  unfolded: ReadonlySet<string>;
  /** Whether repeats of a call are shown one by one. */
  repeats: boolean;
  onUnfold: (spanIds: readonly string[]) => void;
  open: string | null;
  onOpen: (spanId: string | null) => void;
  scroller: HTMLDivElement | null;
};

export function Waterfall(props: Props) {
  const { trace, logs, unfolded, repeats, open, scroller } = props;
  const rows = useMemo(() => rowsOf(trace, { unfolded, logs, repeats }), [trace, unfolded, logs, repeats]);
  const intervals = useMemo(() => bySpan(trace), [trace]);
  const whole = useMemo(() => wholeOf(trace), [trace]);
  const { virtual, body, offset } = useRows(rows, scroller);
  const place = rows.findIndex((row) => row.key === open);
  const show = useEffectEvent(() => {
    if (place !== -1 && !isInSight(virtual.measurementsCache[place]?.start, scroller))
      virtual.scrollToIndex(place);
  });
  // Only when another span is opened: unfolding above it must not move the page.
  useEffect(() => show(), [open]);
  const walk = useEffectEvent((event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const at = Number(
      (document.activeElement as HTMLElement | null)?.closest("[data-index]")?.getAttribute("data-index") ??
        Number.NaN,
    );
    if (step === undefined || Number.isNaN(at) || typing(event)) return;
    event.preventDefault();
    focusRow(body.current, virtual, nextSpan(rows, at, step));
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => walk(event);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <section className="panel" style={{ marginTop: 14 }} aria-label="Spans">
      <TableMenu label="Spans" rows={trace.spans} />
      <div className="trace-row trace-head">
        <span>Party and operation</span>
        <span className="trace-scale">
          {SCALE_PARTS.map((part) => (
            <span key={part}>{part === 0 ? "0" : latencyWords(whole * part)}</span>
          ))}
        </span>
        <span className="number">Duration</span>
        <span className="number">Self</span>
      </div>
      <div ref={body} className="trace-body" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={row.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="trace-place"
              style={{ transform: `translateY(${item.start - offset}px)` }}
            >
              <Line row={row} props={props} whole={whole} intervals={intervals.get(row.key) ?? []} />
            </div>
          );
        })}
      </div>
      <p className="footnote trace-foot">
        {footWords(trace, rows, unfolded)} The line in a bar is the critical path: what the trace waited for.
      </p>
    </section>
  );
}

type LineProps = { row: Row; props: Props; whole: number; intervals: Trace["critical_path"] };

function Line({ row, props: { trace, logs, open, onOpen, onUnfold }, whole, intervals }: LineProps) {
  if (row.kind === "log") return <LogRow line={row.line} depth={row.depth} whole={whole} />;
  if (row.kind === "exception") return <ExceptionRow exception={row.exception} depth={row.depth} />;
  if (row.kind === "fold")
    return (
      <FoldRow fold={row.fold} hidden={row.hidden} depth={row.depth} whole={whole} onUnfold={onUnfold} />
    );
  const guilty = trace.what_happened.span_id === row.key ? blameOf(trace.what_happened) : null;
  return (
    <>
      <SpanRow
        row={row}
        guilty={guilty}
        open={open === row.key}
        onToggle={() => onOpen(open === row.key ? null : row.key)}
        onUnfold={onUnfold}
      >
        <Lane span={row.span} whole={whole} intervals={intervals} guilty={guilty} />
      </SpanRow>
      {open === row.key && (
        <SpanDetail span={row.span} logs={logs.filter((line) => line.span_id === row.key)} />
      )}
    </>
  );
}

/** "62 spans: 9 rows, 17 hops in other rows, 36 repeats in 3 rows." */
function footWords(trace: Trace, rows: readonly Row[], unfolded: ReadonlySet<string>): string {
  const spans = rows.filter((row) => row.kind === "span");
  const hops = foldingHops(trace, unfolded);
  const folds = rows.filter((row) => row.kind === "fold");
  const repeats = folds.reduce((sum, row) => sum + row.hidden, 0);
  const parts = [
    `${count(spans.length)} shown`,
    hops > 0 && `${count(hops)} hops folded`,
    repeats > 0 && `${count(repeats)} repeats in ${countOf(folds.length, "rows")}`,
  ].filter(Boolean);
  return `${countOf(trace.spans.length, "spans")}: ${parts.join(", ")}.`;
}

function useRows(rows: readonly Row[], scroller: HTMLDivElement | null) {
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => setOffset(body.current?.offsetTop ?? 0), []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => (isSmall(rows[index]) ? LOG_PIXELS : ROW_PIXELS),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 16,
    scrollMargin: offset,
    scrollPaddingStart: 60,
    scrollPaddingEnd: 60,
  });
  return { virtual, body, offset };
}

/** Whether a row begins where the reader looks: its detail may then reach below. */
function isInSight(start: number | undefined, scroller: HTMLElement | null): boolean {
  if (start === undefined || scroller === null) return false;
  const { scrollTop, clientHeight } = scroller;
  return start >= scrollTop && start + ROW_PIXELS <= scrollTop + clientHeight;
}

const isSmall = (row: Row | undefined) => row?.kind === "log" || row?.kind === "exception";

/** A span that outlives the root's end still fits. */
function wholeOf(trace: Trace): number {
  return (
    trace.spans.reduce(
      (most, span) => Math.max(most, span.offset_seconds + span.duration_seconds),
      trace.duration_seconds,
    ) || 1
  );
}

function bySpan(trace: Trace): Map<string, Trace["critical_path"]> {
  const found = new Map<string, Trace["critical_path"]>();
  for (const interval of trace.critical_path) {
    const known = found.get(interval.span_id);
    if (known) known.push(interval);
    else found.set(interval.span_id, [interval]);
  }
  return found;
}

function nextSpan(rows: readonly Row[], at: number, step: number): number {
  for (let next = at + step; next >= 0 && next < rows.length; next += step)
    if (rows[next]?.kind === "span" || rows[next]?.kind === "fold") return next;
  return at;
}

function focusRow(
  body: HTMLElement | null,
  virtual: { scrollToIndex: (index: number) => void },
  index: number,
) {
  const focus = () => body?.querySelector<HTMLElement>(`[data-index="${index}"] .trace-open`)?.focus();
  virtual.scrollToIndex(index);
  focus();
  // A row out of sight is only drawn once it has been scrolled to.
  requestAnimationFrame(focus);
}
