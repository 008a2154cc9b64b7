import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Span, TraceLog } from "../../api/types";
import { Sign } from "../../parts/Sign";
import { count, countOf } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { aroundLine } from "../logs/ways";
import type { Exception } from "./exceptions";
import type { Blame } from "./reading";
import type { Fold } from "./repeats";
import type { SpanRow as Row } from "./rows";

const INDENT_PIXELS = 14;
const DEEPEST_INDENT = 14;
const WHOLE = 100;
/** More bars of folded calls are one on any screen. */
const FOLDED_DRAWN = 200;
/** Severity numbers of OpenTelemetry: from here on a line is a warning, an error. */
const WARNING = 13;
const ERROR = 17;

const indent = (depth: number) => ({ paddingLeft: Math.min(depth, DEEPEST_INDENT) * INDENT_PIXELS });

type Props = {
  row: Row;
  /** Of the span where the trouble began: how it was bad. */
  guilty: Blame | null;
  open: boolean;
  onToggle: () => void;
  onUnfold: (spanIds: readonly string[]) => void;
  children: ReactNode;
};

export function SpanRow({ row, guilty, open, onToggle, onUnfold, children }: Props) {
  const { span, depth, hops, chips } = row;
  return (
    <div className={`trace-row${open ? " open" : ""}${guilty ? ` guilty ${guilty}` : ""}`}>
      <span className="trace-name" style={indent(depth)}>
        <State of={span.is_error ? "failed" : guilty} />
        <button
          type="button"
          className="trace-open"
          aria-expanded={open}
          onClick={onToggle}
          title={`${span.party} · ${span.operation}${span.party === span.service ? "" : ` · asked by ${span.service}`}`}
        >
          <span className="strong">{span.party}</span> <span className="muted">{span.operation}</span>
        </button>
        {guilty && (
          <span className={`trace-chip tone-${guilty === "slow" ? "warn" : "bad"}`}>began here</span>
        )}
        {chips.map((chip) => (
          <span key={chip} className="trace-chip">
            {chip}
          </span>
        ))}
        {hops.length > 0 && <Hops hops={hops} onUnfold={onUnfold} />}
        <Oddities span={span} isFolded={hops.length > 0} />
      </span>
      {children}
      <span className="number">{latencyWords(span.duration_seconds)}</span>
      <span className="number muted">{latencyWords(span.self_seconds)}</span>
    </div>
  );
}

const STATE_WORDS = { failed: "failed: ", bad: "violates the objective: ", slow: "slow: " } as const;

function State({ of }: { of: Blame | null }) {
  if (of === null || of === "usual") return null;
  return (
    <span className={of === "slow" ? "tone-warn" : "tone-bad"}>
      <Sign sign={of === "slow" ? "triangle" : "square"} />
      <span className="hidden-words">{STATE_WORDS[of]}</span>
    </span>
  );
}

type FoldProps = {
  fold: Fold;
  hidden: number;
  depth: number;
  whole: number;
  onUnfold: (ids: readonly string[]) => void;
};

/** Repeats of one call in one row: how often, and how long all of them took. */
export function FoldRow({ fold, hidden, depth, whole, onUnfold }: FoldProps) {
  const { party, operation, spans, seconds } = fold;
  const more = hidden > spans.length ? ` with ${countOf(hidden - spans.length, "spans")} below them` : "";
  return (
    <div className="trace-row">
      <span className="trace-name" style={indent(depth)}>
        <button
          type="button"
          className="trace-open"
          onClick={() => onUnfold([fold.key])}
          title={`${count(spans.length)} × ${party} · ${operation}${more}, ${latencyWords(seconds)} together. Click to unfold.`}
        >
          <span className="strong">
            {party} {count(spans.length)} ×
          </span>{" "}
          <span className="muted">{operation}</span>
        </button>
        <span className="trace-chip">{latencyWords(seconds)} together</span>
      </span>
      <span className="trace-lane" aria-hidden="true">
        {spans.slice(0, FOLDED_DRAWN).map((span) => (
          <span
            key={span.span_id}
            className={`trace-bar${span.critical_seconds > 0 ? " waited" : ""}`}
            style={{
              left: `${(WHOLE * span.offset_seconds) / whole}%`,
              width: `${(WHOLE * span.duration_seconds) / whole}%`,
            }}
          />
        ))}
      </span>
      <span className="number">{latencyWords(seconds)}</span>
      <span className="number muted">
        {latencyWords(spans.reduce((sum, one) => sum + one.self_seconds, 0))}
      </span>
    </div>
  );
}

/** An exception where it happened: its type, and what it said. */
export function ExceptionRow({ exception, depth }: { exception: Exception; depth: number }) {
  return (
    <div className="trace-row trace-log trace-thrown">
      <span className="trace-name" style={indent(depth)} title={`${exception.type}: ${exception.message}`}>
        <span className="tone-bad">exception</span>
        <span className="trace-said">
          <b>{exception.type}</b>
          {exception.message && `: ${exception.message}`}
        </span>
      </span>
      <span />
      <span className="number muted">at {latencyWords(exception.offset_seconds)}</span>
      <span />
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
