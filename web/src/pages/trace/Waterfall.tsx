import { useMemo, useState } from "react";
import { Link } from "wouter";
import type { Span, Trace } from "../../api/types";
import { Sign } from "../../parts/Sign";
import { latencyWords } from "../../words/durations";
import { hasFailed, type Placed, placed } from "./reading";

const SCALE_PARTS = [0, 0.25, 0.5, 0.75, 1];
const INDENT_PIXELS = 14;
const DEEPEST_INDENT = 12;

/** The spans in the order they began, each where it lay in time; a click tells all about one. */
export function Waterfall({ trace }: { trace: Trace }) {
  const rows = useMemo(() => placed(trace), [trace]);
  const [open, setOpen] = useState<string | null>(null);
  const whole = Math.max(trace.duration_seconds, ...trace.spans.map((span) => span.offset_seconds + span.duration_seconds)) || 1;
  return (
    <section className="panel" style={{ marginTop: 14 }} aria-label="Spans">
      <div className="trace-row" style={{ cursor: "default" }}>
        <span className="muted">Service and operation</span>
        <span className="trace-scale">
          {SCALE_PARTS.map((part) => (
            <span key={part}>{part === 0 ? "0" : latencyWords(whole * part)}</span>
          ))}
        </span>
        <span className="muted number">Duration</span>
      </div>
      {rows.map((row) => (
        <Row key={row.span.span_id} row={row} whole={whole} open={open === row.span.span_id} onToggle={(id) => setOpen(open === id ? null : id)} />
      ))}
    </section>
  );
}

type RowProps = { row: Placed; whole: number; open: boolean; onToggle: (spanId: string) => void };

function Row({ row: { span, depth }, whole, open, onToggle }: RowProps) {
  const failed = hasFailed(span);
  const left = (span.offset_seconds / whole) * 100;
  return (
    <>
      <button type="button" className="trace-row" aria-expanded={open} onClick={() => onToggle(span.span_id)}>
        <span className="trace-name" style={{ paddingLeft: Math.min(depth, DEEPEST_INDENT) * INDENT_PIXELS }}>
          {failed && (
            <span className="tone-bad">
              <Sign sign="square" />
              <span className="hidden-words">failed: </span>
            </span>
          )}
          <span className="strong">{span.service}</span>
          <span className="muted">{span.operation}</span>
        </span>
        <span className="trace-lane" aria-hidden="true">
          <span className={`trace-bar${failed ? " failed" : ""}`} style={{ left: `${left}%`, width: `${Math.min(100 - left, (span.duration_seconds / whole) * 100)}%` }} />
        </span>
        <span className="number">{latencyWords(span.duration_seconds)}</span>
      </button>
      {open && <Detail span={span} />}
    </>
  );
}

function Detail({ span }: { span: Span }) {
  const facts: [string, React.ReactNode][] = [
    ["service", <Link key="service" href={`/services/${encodeURIComponent(span.service)}`} className="link">{span.service}</Link>],
    ["status", `${span.status}${span.message ? `: ${span.message}` : ""}`],
    ["kind", span.kind],
    ["began", `${latencyWords(span.offset_seconds)} after the trace`],
    ["where", [span.zone, span.version].filter(Boolean).join(" · ") || "not told"],
    ["span", span.span_id],
    ...Object.entries(span.attributes).sort().map(([key, value]): [string, string] => [key, String(value)]),
  ];
  return (
    <dl className="facts trace-detail">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
