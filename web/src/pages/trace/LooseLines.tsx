import { Link } from "wouter";
import type { Trace, TraceLog } from "../../api/types";
import { Panel } from "../../parts/Panel";
import { latencyWords } from "../../words/durations";
import { aroundLine } from "../logs/ways";

/** Log lines that bear the trace's id but no span of it: they stand in no row, so they stand here. */
export function LooseLines({ trace, logs }: { trace: Trace; logs: readonly TraceLog[] }) {
  const known = new Set(trace.spans.map((span) => span.span_id));
  const loose = logs.filter((line) => line.span_id === null || !known.has(line.span_id));
  if (loose.length === 0) return null;
  return (
    <div className="grid">
      <Panel name="Log lines without a span">
        <ul>
          {loose.map((line, index) => (
            <li
              key={`${index} ${line.at}`}
              className="listed"
              style={{ gridTemplateColumns: "70px 60px 120px minmax(0, 1fr)" }}
            >
              <span className="number">{latencyWords(line.offset_seconds)}</span>
              <span>{line.severity.toLowerCase()}</span>
              <span className="muted">{line.service}</span>
              <Link
                href={aroundLine(line.id)}
                className="name-link"
                title="Show in Logs, with the lines around it"
              >
                {line.body}
              </Link>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}
