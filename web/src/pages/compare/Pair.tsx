import type { Compared } from "../../api/types";
import { Meter } from "../../parts/Meter";

/** How long a call took in both traces, one bar above the other; silent, the numbers stand beside it. */
export function Pair({ row, longest }: { row: Compared; longest: number }) {
  const ratio = (calls: Compared["first"]) => (longest > 0 ? (calls?.duration_seconds ?? 0) / longest : 0);
  const isWorse = row.change === "fails" || row.change === "slower";
  return (
    <span className="compare-pair">
      <Meter ratio={ratio(row.first)} tone="plain" />
      <Meter ratio={ratio(row.second)} tone={isWorse ? "bad" : "plain"} />
    </span>
  );
}
