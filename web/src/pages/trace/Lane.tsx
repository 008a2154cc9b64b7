import type { Span, Trace } from "../../api/types";
import type { Blame } from "./reading";

type Props = { span: Span; whole: number; intervals: Trace["critical_path"]; guilty: Blame | null };

const EVENTS_DRAWN = 50;
/** Intervals nearer to each other than this part of the trace are one on any screen. */
const ONE_DOT = 1 / 400;

/** Where a span lay in its trace's time, what of it the trace waited for, and the moments it noted. */
export function Lane({ span, whole, intervals, guilty }: Props) {
  const at = (seconds: number) => `${Math.min(100, Math.max(0, (seconds / whole) * 100))}%`;
  const place = (offset: number, seconds: number) => ({
    left: at(offset),
    width: at(Math.min(seconds, whole - offset)),
  });
  return (
    <span className="trace-lane" aria-hidden="true">
      <span
        className={`trace-bar${span.is_error ? " failed" : ""}${span.is_proxy ? " hop" : ""}${guilty ? ` guilty ${guilty}` : ""}`}
        style={place(span.offset_seconds, span.duration_seconds)}
      />
      {joined(intervals, whole * ONE_DOT).map((one) => (
        <span
          key={one.offset_seconds}
          className={`trace-critical${span.is_error || guilty === "bad" ? " failed" : ""}`}
          style={place(one.offset_seconds, one.duration_seconds)}
        />
      ))}
      {span.events.slice(0, EVENTS_DRAWN).map((event, index) => (
        <span
          key={`${index} ${event.name}`}
          className="trace-event"
          style={{ left: at(event.offset_seconds) }}
        />
      ))}
    </span>
  );
}

type Interval = { offset_seconds: number; duration_seconds: number };

/** The intervals, those with hardly a gap between them as one: of a caller of thousands there are as many. */
function joined(intervals: readonly Interval[], gap: number): Interval[] {
  const found: Interval[] = [];
  for (const { offset_seconds, duration_seconds } of intervals) {
    const last = found.at(-1);
    if (last && offset_seconds - (last.offset_seconds + last.duration_seconds) <= gap)
      last.duration_seconds = offset_seconds + duration_seconds - last.offset_seconds;
    else found.push({ offset_seconds, duration_seconds });
  }
  return found;
}
