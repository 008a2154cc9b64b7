// The waterfall: every span where it lay in time, the critical path drawn through it. Ten thousand rows scroll like twenty.

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Trace, TraceLog } from "../../api/types";
import { typing } from "../../app/keys";
import { latencyWords } from "../../words/durations";
import { count } from "../../words/counts";
import { Lane } from "./Lane";
import { LogRow, SpanRow } from "./SpanRow";
import { type Row, rowsOf } from "./reading";
import { SpanDetail } from "./SpanDetail";

const SCALE_PARTS = [0, 0.25, 0.5, 0.75, 1];
const ROW_PIXELS = 34;
const LOG_PIXELS = 26;
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

type Props = {
  trace: Trace;
  logs: readonly TraceLog[];
  unfolded: ReadonlySet<string>;
  onUnfold: (spanIds: readonly string[]) => void;
  open: string | null;
  onOpen: (spanId: string | null) => void;
  scroller: HTMLDivElement | null;
};

export function Waterfall({ trace, logs, unfolded, onUnfold, open, onOpen, scroller }: Props) {
  const rows = useMemo(() => rowsOf(trace, { unfolded, logs }), [trace, unfolded, logs]);
  const stretches = useMemo(() => bySpan(trace), [trace]);
  const whole = useMemo(() => wholeOf(trace), [trace]);
  const { virtual, body, offset } = useRows(rows, scroller);
  const place = rows.findIndex((row) => row.key === open);
  const show = useEffectEvent(() => {
    if (place !== -1) virtual.scrollToIndex(place);
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
      <div className="trace-row trace-head">
        <span>Service and operation</span>
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
              {row.kind === "log" ? (
                <LogRow line={row.line} depth={row.depth} whole={whole} />
              ) : (
                <>
                  <SpanRow
                    row={row}
                    open={open === row.key}
                    onToggle={() => onOpen(open === row.key ? null : row.key)}
                    onUnfold={onUnfold}
                  >
                    <Lane span={row.span} whole={whole} stretches={stretches.get(row.key) ?? []} />
                  </SpanRow>
                  {open === row.key && (
                    <SpanDetail span={row.span} logs={logs.filter((line) => line.span_id === row.key)} />
                  )}
                </>
              )}
            </div>
          );
        })}
      </div>
      <p className="footnote trace-foot">
        {count(rows.filter((row) => row.kind === "span").length)} of {count(trace.spans.length)} spans shown.
        The solid part of a bar is on the critical path: what the trace waited for.
      </p>
    </section>
  );
}

function useRows(rows: readonly Row[], scroller: HTMLDivElement | null) {
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => setOffset(body.current?.offsetTop ?? 0), []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => (rows[index]?.kind === "log" ? LOG_PIXELS : ROW_PIXELS),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 16,
    scrollMargin: offset,
    scrollPaddingStart: 60,
    scrollPaddingEnd: 60,
  });
  return { virtual, body, offset };
}

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
  for (const stretch of trace.critical_path) {
    const known = found.get(stretch.span_id);
    if (known) known.push(stretch);
    else found.set(stretch.span_id, [stretch]);
  }
  return found;
}

function nextSpan(rows: readonly Row[], at: number, step: number): number {
  for (let next = at + step; next >= 0 && next < rows.length; next += step)
    if (rows[next]?.kind === "span") return next;
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
