// The bar of a trace's time: each party's part in percent of the longest trace listed.

import type { TraceHit } from "../../api/types";

const WHOLE = 100;
const LEAST = 1;

export type BarPart = { party: string; percent: number };

/** The parts of a bar, the largest first; together as long as the trace is beside the longest one. */
export function partsOf(time: TraceHit["time"], whole: number, longest: number): BarPart[] {
  const known = time.reduce((sum, part) => sum + part.duration_seconds, 0);
  const all = Math.max(known, whole);
  if (all <= 0 || longest <= 0) return [];
  const width = Math.min(WHOLE, (WHOLE * whole) / longest);
  return time
    .map(({ party, duration_seconds }) => ({ party, percent: (width * duration_seconds) / all }))
    .filter((part, place) => place === 0 || part.percent >= LEAST);
}
