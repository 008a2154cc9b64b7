import { useMemo } from "react";
import type { Trace } from "../../api/types";
import { count } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { type Box, flameOf } from "./flame";
import { blameOf } from "./reading";

const ROW_PIXELS = 26;
const WHOLE = 100;
/** Narrower boxes are too small for a name and for a pointer: the waterfall has their spans. */
const NAMED_FROM = 0.04;

type Props = { trace: Trace; open: string | null; onOpen: (spanId: string) => void };

/** The trace as a flame: who called whom from top to bottom, time from left to right. */
export function FlameView({ trace, open, onOpen }: Props) {
  const flame = useMemo(() => flameOf(trace), [trace]);
  return (
    <section className="panel" style={{ marginTop: 14 }} aria-label="Flame">
      <div className="flame" style={{ height: flame.rows * ROW_PIXELS }}>
        {flame.boxes.map((box) => (
          <FlameBox key={box.span.span_id} box={box} trace={trace} open={open} onOpen={onOpen} />
        ))}
      </div>
      <p className="footnote trace-foot">
        Callers above what they call, time from left to right. A click opens a span.
        {flame.omitted > 0 && ` The ${count(flame.omitted)} shortest spans are omitted.`}
      </p>
    </section>
  );
}

function FlameBox({ box: { span, row }, trace, open, onOpen }: Props & { box: Box }) {
  const whole = trace.duration_seconds || 1;
  const guilty = trace.what_happened.span_id;
  const name = `${span.party} ${span.operation}`;
  const blamed = span.span_id === guilty ? ` guilty ${blameOf(trace.what_happened)}` : "";
  const drawn = {
    className: `flame-box${span.is_error ? " failed" : ""}${blamed}${span.span_id === open ? " open" : ""}`,
    style: {
      top: row * ROW_PIXELS,
      left: `${(WHOLE * span.offset_seconds) / whole}%`,
      width: `${(WHOLE * span.duration_seconds) / whole}%`,
    },
    title: `${name}, ${latencyWords(span.duration_seconds)}${span.is_error ? `, failed: ${span.message}` : ""}`,
  };
  if (span.duration_seconds / whole < NAMED_FROM) return <span {...drawn} aria-hidden="true" />;
  return (
    <button type="button" {...drawn} onClick={() => onOpen(span.span_id)}>
      {name}
    </button>
  );
}
