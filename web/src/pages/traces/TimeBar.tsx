import type { TraceHit } from "../../api/types";
import { latencyWords } from "../../words/durations";
import { partsOf } from "./timeParts";

type Props = { time: TraceHit["time"]; whole: number; longest: number; outcome: string };

/** Where a trace's time went, one part for each party, all rows to one scale. */
export function TimeBar({ time, whole, longest, outcome }: Props) {
  const words = time.map((part) => `${part.party} ${latencyWords(part.duration_seconds)}`).join("\n");
  return (
    <span className="time-bar" title={words}>
      {partsOf(time, whole, longest).map((part, place) => (
        <i
          key={part.party}
          className={place === 0 ? `most ${outcome}` : `part-${place % 3}`}
          style={{ width: `${part.percent}%` }}
        />
      ))}
    </span>
  );
}
