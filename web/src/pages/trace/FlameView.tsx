import { useMemo } from "react";
import type { Trace } from "../../api/types";
import { count } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { flameOf } from "./flame";

const ROW_PIXELS = 24;
const WHOLE = 100;
/** Narrower boxes have no room for a name; it is in their title. */
const NAMED_FROM = 0.03;

type Props = { trace: Trace; open: string | null; onOpen: (spanId: string) => void };

/** The trace as a flame: who called whom from top to bottom, time from left to right. */
export function FlameView({ trace, open, onOpen }: Props) {
  const flame = useMemo(() => flameOf(trace), [trace]);
  const whole = trace.duration_seconds || 1;
  const { outcome, span_id: guilty } = trace.what_happened;
  return (
    <section className="panel" style={{ marginTop: 14 }} aria-label="Flame">
      <div className="flame" style={{ height: flame.rows * ROW_PIXELS }}>
        {flame.boxes.map(({ span, row }) => {
          const name = `${span.party} ${span.operation}`;
          const blamed = span.span_id === guilty ? ` guilty ${outcome}` : "";
          return (
            <button
              key={span.span_id}
              type="button"
              className={`flame-box${span.is_error ? " failed" : ""}${blamed}${span.span_id === open ? " open" : ""}`}
              style={{
                top: row * ROW_PIXELS,
                left: `${(WHOLE * span.offset_seconds) / whole}%`,
                width: `${(WHOLE * span.duration_seconds) / whole}%`,
              }}
              aria-label={name}
              title={`${name}, ${latencyWords(span.duration_seconds)}${span.is_error ? `, failed: ${span.message}` : ""}`}
              onClick={() => onOpen(span.span_id)}
            >
              {span.duration_seconds / whole >= NAMED_FROM && name}
            </button>
          );
        })}
      </div>
      <p className="footnote trace-foot">
        Callers above what they call, time from left to right. A click opens the span.
        {flame.omitted > 0 && ` The ${count(flame.omitted)} shortest spans are omitted.`}
      </p>
    </section>
  );
}
