// Values of an earlier time under those of now: the same lines, moved on by as long as they lie back. Pure.

import type { Line } from "./lines";

/** Lines as another time had them, on their own steps. */
export type Earlier = {
  times: readonly number[];
  lines: readonly Line[];
  /** How much earlier they are. */
  seconds: number;
  /** "a week ago". */
  words: string;
};

/** The earlier lines on the steps of now, thin and grey, each under the name of the line it belongs to. */
export function earlierLines(times: readonly number[], lines: readonly Line[], earlier: Earlier): Line[] {
  const [first = 0, second = first + 1] = earlier.times;
  const step = second - first;
  const place = (time: number) => Math.round((time - earlier.seconds - first) / step);
  return lines.flatMap((line) => {
    const before = earlier.lines.find((each) => each.label === line.label);
    if (before === undefined) return [];
    const values = times.map((time) => before.values[place(time)] ?? null);
    const buckets = before.buckets && times.map((time) => before.buckets?.[place(time)] ?? null);
    const label = `${line.label} ${earlier.words}`;
    return [{ label, values, colour: "faint", earlier: true, ...(buckets && { buckets }) }];
  });
}
