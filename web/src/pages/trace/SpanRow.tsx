import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Span, TraceLog } from "../../api/types";
import { Sign } from "../../parts/Sign";
import { countOf } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { aroundLine } from "../logs/ways";
import type { Row } from "./reading";

const INDENT_PIXELS = 14;
const DEEPEST_INDENT = 14;
/** Severity numbers of OpenTelemetry: from here on a line is a warning, an error. */
const WARNING = 13;
const ERROR = 17;

const indent = (depth: number) => ({ paddingLeft: Math.min(depth, DEEPEST_INDENT) * INDENT_PIXELS });

type Props = {
  row: Extract<Row, { kind: "span" }>;
  open: boolean;
  onToggle: () => void;
  onUnfold: (spanIds: readonly string[]) => void;
  children: ReactNode;
};

export function SpanRow({ row: { span, depth, hops }, open, onToggle, onUnfold, children }: Props) {
  return (
    <div className={`trace-row${open ? " open" : ""}`}>
      <span className="trace-name" style={indent(depth)}>
        {span.is_error && (
          <span className="tone-bad">
            <Sign sign="square" />
            <span className="hidden-words">failed: </span>
          </span>
        )}
        <button
          type="button"
          className="trace-open"
          aria-expanded={open}
          onClick={onToggle}
          title={`${span.service} · ${span.operation}`}
        >
          <span className="strong">{span.service}</span> <span className="muted">{span.operation}</span>
        </button>
        {hops.length > 0 && <Hops hops={hops} onUnfold={onUnfold} />}
        <Oddities span={span} isFolded={hops.length > 0} />
      </span>
      {children}
      <span className="number">{latencyWords(span.duration_seconds)}</span>
      <span className="number muted">{latencyWords(span.self_seconds)}</span>
    </div>
  );
}

function Hops({ hops, onUnfold }: { hops: readonly Span[]; onUnfold: (spanIds: readonly string[]) => void }) {
  const failed = hops.some((hop) => hop.is_error);
  return (
    <button
      type="button"
      className={`trace-chip${failed ? " tone-bad" : ""}`}
      title={`Folded: ${hops.map((hop) => hop.service).join(", ")}. Click to unfold.`}
      onClick={() => onUnfold(hops.map((hop) => hop.span_id))}
    >
      {countOf(hops.length, "hops")}
      {failed && ", failed"}
    </button>
  );
}

/** What is wrong with the span itself: reported, not fixed. */
function Oddities({ span, isFolded }: { span: Span; isFolded: boolean }) {
  return (
    <>
      {span.is_proxy && !isFolded && <span className="trace-chip">mesh hop</span>}
      {span.is_orphan && (
        <span
          className="trace-chip tone-none"
          title={`Its parent span ${span.parent_span_id} is not stored: late, sampled out or never sent.`}
        >
          parent not stored
        </span>
      )}
      {span.ahead_seconds > 0 && (
        <span
          className="trace-chip tone-none"
          title="Clock skew: this span starts before its parent. It is drawn with the times it was sent with."
        >
          clock {latencyWords(span.ahead_seconds)} ahead
        </span>
      )}
    </>
  );
}

export function LogRow({ line, depth, whole }: { line: TraceLog; depth: number; whole: number }) {
  const tone =
    line.severity_number >= ERROR ? "tone-bad" : line.severity_number >= WARNING ? "tone-warn" : "muted";
  const left = Math.min(100, Math.max(0, (line.offset_seconds / whole) * 100));
  return (
    <div className="trace-row trace-log">
      <span
        className="trace-name"
        style={indent(depth)}
        title={`${line.body}\nShow in Logs, with the lines around it`}
      >
        <span className={tone}>{line.severity.toLowerCase() || "log"}</span>
        <Link href={aroundLine(line.id)} className="trace-said name-link">
          {line.body || "(empty line)"}
        </Link>
      </span>
      <span className="trace-lane" aria-hidden="true">
        <span className={`trace-line ${tone}`} style={{ left: `${left}%` }} />
      </span>
      <span className="number muted">at {latencyWords(line.offset_seconds)}</span>
      <span />
    </div>
  );
}
