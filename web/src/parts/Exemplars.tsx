import { Link } from "wouter";
import type { Exemplar } from "../api/types";
import { tracePath } from "../paths";
import { shortened } from "../words/counts";
import { latencyWords } from "../words/durations";
import { Moment } from "./Moment";
import { Quiet } from "./Notice";

/** Bad events, newest first, each a link to its trace. */
export function Exemplars({ items, events }: { items: readonly Exemplar[]; events: string }) {
  if (items.length === 0) return <Quiet height={152}>No bad {events} kept from this range.</Quiet>;
  return (
    <div className="exemplars">
      <ul>
        {items.map((item) => (
          <li key={item.trace_id} className="listed exemplar">
            <Link href={tracePath(item.trace_id)} className="link" title={item.trace_id}>
              {shortened(item.trace_id)}
            </Link>
            <span title={`${item.culprit_service} · ${item.culprit_operation}`}>{item.path}</span>
            <span className="number">{latencyWords(item.duration_seconds)}</span>
            <span title={item.message}>{item.message || (item.status_code ?? "")}</span>
            <span className="number muted">
              <Moment at={item.at} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
