import { Link } from "wouter";
import type { ObjectiveDetail } from "../../api/types";
import { durationWords, latencyWords } from "../../words/durations";
import { percent } from "../../words/counts";
import { windowWords } from "../../words/durations";
import { Moment } from "../../parts/Moment";
import { catalogPath, senderPath } from "../../paths";

/** The objective in words, as the catalog has it. */
export function Definition({ objective }: { objective: ObjectiveDetail }) {
  const { sli } = objective;
  return (
    <dl className="facts">
      <dt>Promise</dt>
      <dd>
        {percent(objective.target)} of {objective.events} good over {windowWords(objective.window)}.{" "}
        {objective.description}
      </dd>
      <dt>Counted</dt>
      <dd>
        {sli.kind ? `${sli.kind} spans` : "spans"} of{" "}
        <Link href={senderPath(sli)} className="link">
          {sli.service}
        </Link>
        {sli.operations.length > 0 && `: ${sli.operations.join(", ")}`}
        {attributeWords(sli.attributes)}
      </dd>
      <dt>Good when</dt>
      <dd>{goodWords(sli.good)}</dd>
      <dt>Measured</dt>
      <dd>
        <Moment at={objective.measured_at} />, {durationWords(objective.window_seconds)} back; coverage floor{" "}
        {percent(objective.coverage_floor, 0)}
      </dd>
      <dt>Without data</dt>
      <dd>{objective.no_data === "freeze" ? "alerts are suspended" : objective.no_data}</dd>
      <dt>In the catalog</dt>
      <dd>
        <Link href={catalogPath({ q: objective.name })} className="link">
          {objective.name}
        </Link>
      </dd>
    </dl>
  );
}

function attributeWords(attributes: Record<string, unknown>): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => `${key} = ${Array.isArray(value) ? value.join(" or ") : String(value)}`,
  );
  return pairs.length === 0 ? "" : `, where ${pairs.join(" and ")}`;
}

function goodWords(good: ObjectiveDetail["sli"]["good"]): string {
  const parts = [
    good.status && `its status is ${good.status}`,
    good.max_duration_seconds !== null && `it takes at most ${latencyWords(good.max_duration_seconds)}`,
    attributeWords(good.attributes).replace(", where ", ""),
  ].filter(Boolean);
  return parts.length === 0 ? "always" : parts.join(" and ");
}
