// Bars that stand on each other: one for each step, the first line at the bottom.

import { count } from "../words/counts";
import type { Line } from "./lines";

/** How long a step lasts; its bar stands over all of it. */
export type Bars = { seconds: number };

/** How high each line's bars reach on top of those below. */
export function stacked(lines: readonly Line[]): number[][] {
  const reached: number[][] = [];
  for (const { values } of lines) {
    const below = reached.at(-1);
    reached.push(values.map((value, step) => (value ?? 0) + (below?.[step] ?? 0)));
  }
  return reached;
}

/** The bars in words: how many of each there are, and how many at once. */
export function barsInWords(lines: readonly Line[]): string {
  return lines
    .map(({ label, values }) => {
      const known = values.map((value) => value ?? 0);
      return `${label}: ${count(known.reduce((sum, value) => sum + value, 0))} in all, at most ${count(known.reduce((most, value) => Math.max(most, value), 0))} in a bar`;
    })
    .join("; ");
}
