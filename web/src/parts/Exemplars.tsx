import { Link } from "wouter";
import type { Exemplar as Stored } from "../api/types";
import { tracePath } from "../paths";
import { count, shortened } from "../words/counts";
import { latencyWords } from "../words/durations";
import { Moment } from "./Moment";
import { Quiet } from "./Notice";
import { useStill } from "./still";

/** Evidence of older incidents does not say how long the trace took. */
type Exemplar = Omit<Stored, "trace_seconds"> & { readonly trace_seconds?: number | null };
type Props = { items: readonly Exemplar[]; events: string; objective: string };

const idOf = (one: Exemplar) => one.trace_id;

/** Bad events, newest first, each a link to its trace, judged by their objective. */
export function Exemplars({ items, events, objective }: Props) {
  const { shown, newer, release, frame } = useStill(items, idOf);
  if (items.length === 0) return <Quiet height={152}>No bad {events} kept from this range.</Quiet>;
  return (
    <div className="exemplars" {...frame}>
      <ul>
        {shown.map((item) => (
          <li key={item.trace_id} className="listed exemplar">
            <Link href={tracePath(item.trace_id, { objective })} className="link" title={item.trace_id}>
              {shortened(item.trace_id)}
            </Link>
            <span title={`${item.culprit_service} · ${item.culprit_operation}`}>{item.path}</span>
            <span className="number" title={tookWords(item)}>
              {latencyWords(item.trace_seconds ?? item.duration_seconds)}
            </span>
            <span title={item.message}>{messageOf(item)}</span>
            <span className="number muted">
              <Moment at={item.at} />
            </span>
          </li>
        ))}
      </ul>
      {newer > 0 && (
        <button type="button" className="as-link link footnote" onClick={release}>
          {count(newer)} newer · show
        </button>
      )}
    </div>
  );
}

/** "HTTP 500 at payline": a status is that of the call that failed, which its caller may have answered with another. */
function messageOf({ message, status_code: status, culprit_service: culprit }: Exemplar): string {
  return message.startsWith("HTTP ") ? `${message} at ${culprit}` : message || `${status ?? ""}`;
}

/** Lists and pages say how long a trace took; what counted for the objective may be a part of it. */
function tookWords({ duration_seconds: own, trace_seconds: whole }: Exemplar): string | undefined {
  if (whole == null || whole <= own) return undefined;
  return `The trace took ${latencyWords(whole)}; what counted for the objective took ${latencyWords(own)} of it`;
}
