import type { TraceHit } from "../../api/types";
import { latencyWords } from "../../words/durations";
import { partsOf } from "./timeParts";

type Props = { hit: TraceHit; longest: number };

/** Where a trace's time went, one part for each party, that where the trouble began in its colour; all rows to one scale. */
export function TimeBar({ hit: { time, duration_seconds: whole, what_happened }, longest }: Props) {
  const { party, outcome } = what_happened;
  const words = time.map((part) => `${part.party} ${latencyWords(part.duration_seconds)}`).join("\n");
  return (
    <span className="trace-time" title={words}>
      {partsOf(time, whole, longest).map((part, place) => (
        <i
          key={part.party}
          className={part.party === party ? outcome : `part-${place % 3}`}
          style={{ width: `${part.percent}%` }}
        />
      ))}
    </span>
  );
}
