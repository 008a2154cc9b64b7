import { useMemo } from "react";
import { Link } from "wouter";
import type { Trace } from "../../api/types";
import { Rows } from "../../export/context";
import { Meter } from "../../parts/Meter";
import { Panel } from "../../parts/Panel";
import { tracePath } from "../../paths";
import { share } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { callWords } from "./cells";
import { blameOf, criticalParts } from "./reading";

const SHOWN = 8;

/** What the caller waited for, by party: repeats of one call count together. */
export function CriticalPath({ trace }: { trace: Trace }) {
  const parts = useMemo(() => criticalParts(trace), [trace]);
  const whole = parts.reduce((sum, part) => sum + part.seconds, 0);
  const { party, objective } = trace.what_happened;
  const blame = blameOf(trace.what_happened);
  if (whole === 0) return null;
  return (
    <div className="grid">
      <Panel name="Critical path" of="what the caller waited for, by party">
        <Rows of={parts} />
        <ul className="critical-parts">
          {parts.slice(0, SHOWN).map((part) => (
            <li key={part.party}>
              <Link href={tracePath(trace.trace_id, { span: part.span_id, objective })} className="name-link">
                {part.party}
              </Link>
              <span className="muted">{callWords(part)}</span>
              <Meter
                ratio={part.seconds / whole}
                tone={part.party !== party ? "plain" : blame === "slow" ? "warn" : "bad"}
              />
              <span className="number">{latencyWords(part.seconds)}</span>
              <span className="number muted">{share(part.seconds / whole)}</span>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}
