// Reading a comparison: whether the two traces are of one operation, and the scale of their bars.

import type { Compared, Comparison } from "../../api/types";

type Root = Pick<Compared, "service" | "operation">;

/** The operations that the two traces began with, where they are not the same one; null where they are. */
export function differentOperations({
  rows,
}: Pick<Comparison, "rows">): { first: Root; second: Root } | null {
  const roots = rows.filter((row) => row.depth === 0);
  const [first] = roots.filter((row) => row.first !== null);
  const [second] = roots.filter((row) => row.second !== null);
  return first && second && first !== second ? { first, second } : null;
}

/** The longest of all calls in either trace, in seconds: what a full bar is. */
export function longestOf(rows: readonly Compared[]): number {
  return rows.reduce(
    (most, { first, second }) => Math.max(most, first?.duration_seconds ?? 0, second?.duration_seconds ?? 0),
    0,
  );
}
