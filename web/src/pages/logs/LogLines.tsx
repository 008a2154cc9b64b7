// The lines, newest first. Rows are placed by hand, so that a hundred thousand scroll like twenty.

import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link } from "wouter";
import type { LogLine } from "../../api/logs";
import { typing } from "../../app/keys";
import { Sign } from "../../parts/Sign";
import { tracePath } from "../../paths";
import { shortened } from "../../words/counts";
import { fullMoment, whenExactly } from "../../words/moments";
import { LogDetail } from "./LogDetail";
import { SEVERITIES } from "./looks";
import type { LogSearch } from "./search";

const ROW_PIXELS = 30;
const NEAR_THE_END = 30;

type Props = {
  lines: readonly LogLine[];
  search: LogSearch;
  scroller: HTMLDivElement | null;
  onEnd: () => void;
};

export function LogLines({ lines, search, scroller, onEnd }: Props) {
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const [open, setOpen] = useState<string | null>(null);
  useLayoutEffect(() => setOffset(offsetWithin(body.current, scroller)), [scroller]);
  useWalk(body);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PIXELS,
    getItemKey: (index) => `${lines[index]?.id} ${index}`,
    overscan: 12,
    scrollMargin: offset,
  });
  useSought(lines, search.line, virtual, body, scroller);
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= lines.length - NEAR_THE_END) onEnd();
  }, [last, lines.length, onEnd]);
  return (
    <div role="table" aria-label="Log lines" aria-rowcount={-1} className="log-table">
      <div role="rowgroup">
        <div role="row" className="log-row log-head">
          {["Time", "Severity", "Service", "Line", "Trace"].map((words) => (
            <span key={words} role="columnheader">
              {words}
            </span>
          ))}
        </div>
      </div>
      <div ref={body} role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize() }}>
        {shown.map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="log-item"
              style={{ transform: `translateY(${item.start - offset}px)` }}
            >
              <Row
                line={line}
                open={open === line.id}
                sought={line.id === search.line}
                onToggle={() => setOpen(open === line.id ? null : line.id)}
              />
              {open === line.id && (
                <div role="row">
                  <div role="cell">
                    <LogDetail line={line} search={search} />
                  </div>
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Brings the line somebody came for into sight, once it is there, and the focus to it. */
function useSought(
  lines: readonly LogLine[],
  sought: string | null,
  virtual: { scrollToIndex: (index: number, options: { align: "center" }) => void },
  body: RefObject<HTMLDivElement | null>,
  scroller: HTMLElement | null,
) {
  const place = sought === null ? -1 : lines.findIndex((line) => line.id === sought);
  const brought = useRef<string | null>(null);
  useEffect(() => {
    if (place === -1 || scroller === null || brought.current === sought) return;
    brought.current = sought;
    // A row out of sight is only drawn once it has been scrolled to, and what is above it may still grow.
    const until = performance.now() + PATIENCE_MILLISECONDS;
    const bring = () => {
      const row = body.current?.querySelector<HTMLElement>(".sought .log-open");
      row?.focus({ preventScroll: true });
      if ((row && isInSight(row, scroller)) || performance.now() > until) return;
      virtual.scrollToIndex(place, { align: "center" });
      requestAnimationFrame(bring);
    };
    bring();
  });
}

const PATIENCE_MILLISECONDS = 2_000;

function isInSight(row: HTMLElement, scroller: HTMLElement): boolean {
  const [one, whole] = [row.getBoundingClientRect(), scroller.getBoundingClientRect()];
  return one.top >= whole.top && one.bottom <= whole.bottom;
}

function offsetWithin(element: HTMLElement | null, scroller: HTMLElement | null): number {
  if (!element || !scroller) return 0;
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}

function Row({
  line,
  open,
  sought,
  onToggle,
}: {
  line: LogLine;
  open: boolean;
  sought: boolean;
  onToggle: () => void;
}) {
  const look = SEVERITIES[line.severity];
  return (
    <div
      role="row"
      className={`log-row${open ? " open" : ""}${sought ? " sought" : ""}`}
      aria-current={sought || undefined}
    >
      <span role="cell">
        <time dateTime={line.at} title={fullMoment(line.at)}>
          {whenExactly(line.at)}
        </time>
      </span>
      <span role="cell" className={`log-severity tone-${look.tone}`}>
        <Sign sign={look.sign} /> {look.word}
      </span>
      <span
        role="cell"
        className="log-cut"
        title={line.zone ? `${line.service} in ${line.zone}` : line.service}
      >
        {line.service}
      </span>
      <span role="cell" className="log-cut">
        <button type="button" className="log-open" aria-expanded={open} onClick={onToggle}>
          {line.body === "" ? <span className="quiet">{line.event ?? "(empty line)"}</span> : line.body}
        </button>
      </span>
      <span role="cell" className="log-trace">
        {line.trace_id && (
          <Link
            href={tracePath(line.trace_id)}
            className="link"
            aria-label={`Trace ${shortened(line.trace_id)}`}
          >
            {shortened(line.trace_id)}
          </Link>
        )}
      </span>
    </div>
  );
}

/** `j` and `k` go from line to line; Enter opens, as on any button. */
function useWalk(body: RefObject<HTMLDivElement | null>) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = { j: 1, k: -1 }[event.key];
      if (step === undefined || typing(event)) return;
      const lines = [...(body.current?.querySelectorAll<HTMLButtonElement>(".log-open") ?? [])];
      const at = lines.indexOf(document.activeElement as HTMLButtonElement);
      const next = lines[at < 0 ? 0 : at + step];
      next?.focus({ preventScroll: true });
      next?.scrollIntoView({ block: "nearest" });
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [body]);
}
