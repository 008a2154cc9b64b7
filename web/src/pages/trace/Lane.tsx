import type { Span, Trace } from "../../api/types";

type Props = { span: Span; whole: number; stretches: Trace["critical_path"] };

const EVENTS_DRAWN = 50;
/** Of a span that was waited for a thousand times the first hundred stretches fill the bar anyway. */
const STRETCHES_DRAWN = 100;

/** Where a span lay in its trace's time, what of it the trace waited for, and the moments it noted. */
export function Lane({ span, whole, stretches }: Props) {
  const at = (seconds: number) => `${Math.min(100, Math.max(0, (seconds / whole) * 100))}%`;
  const place = (offset: number, seconds: number) => ({ left: at(offset), width: at(Math.min(seconds, whole - offset)) });
  return (
    <span className="trace-lane" aria-hidden="true">
      <span className={`trace-bar${span.is_error ? " failed" : ""}${span.is_proxy ? " hop" : ""}`} style={place(span.offset_seconds, span.duration_seconds)} />
      {stretches.slice(0, STRETCHES_DRAWN).map((one) => (
        <span key={one.offset_seconds} className={`trace-critical${span.is_error ? " failed" : ""}`} style={place(one.offset_seconds, one.duration_seconds)} />
      ))}
      {span.events.slice(0, EVENTS_DRAWN).map((event, index) => (
        <span key={`${index} ${event.name}`} className="trace-event" style={{ left: at(event.offset_seconds) }} />
      ))}
    </span>
  );
}
