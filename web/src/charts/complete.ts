// Charts end where the data does: a step that is not complete yet is drawn as unknown, never as zero.

import type { Line } from "./lines";

/** Each step is `step` seconds long and begins at its time; those that end after `until` have no value. */
export function completeLines(
  lines: readonly Line[],
  times: readonly number[],
  until: number | null,
): readonly Line[] {
  const known = knownSteps(times, until);
  if (known === times.length) return lines;
  return lines.map((line) =>
    line.earlier
      ? line
      : { ...line, values: line.values.map((value, index) => (index < known ? value : null)) },
  );
}

/** How many steps, from the first on, are complete. */
export function knownSteps(times: readonly number[], until: number | null): number {
  const [first, second] = times;
  if (until === null || first === undefined || second === undefined) return times.length;
  const step = second - first;
  const after = times.findIndex((time) => time + step > until);
  return after === -1 ? times.length : after;
}
