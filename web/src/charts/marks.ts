// Where the labels of marks go, so that they never write over each other: what does not fit keeps its line only.

import type { Mark } from "../api/types";
import { incidentIn } from "../paths";

export type PlacedMark = {
  mark: Mark;
  label: string;
  x: number;
  row: number | null;
  side: "left" | "right";
  room: number;
};

/** Labels are links: this far apart each can be hit without hitting its neighbour. */
export const ROW_PIXELS = 24;
const ROWS = 2;
const LETTER_PIXELS = 6.1;
const AROUND_PIXELS = 12;
const LONGEST_LABEL = 22;
/** Incidents say more than changes: they get their label first. Alerts have their thresholds, and their incident. */
const FIRST = ["incident", "change"];

/** "incident 318", "payment v2.31": few words, for the whole is one click away. */
function labelOf(mark: Mark): string {
  const incident = incidentIn(mark.href ?? "");
  if (incident !== null) return `incident ${incident}`;
  return mark.label.length <= LONGEST_LABEL
    ? mark.label
    : `${mark.label.slice(0, LONGEST_LABEL - 1).trimEnd()}…`;
}

/** How far from the left an instant (in seconds since 1970) lies, in pixels; null where there is no room or no time. */
export function acrossOf(times: readonly number[], width: number): ((epoch: number) => number) | null {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || first === last || width === 0) return null;
  return (epoch) => ((epoch - first) / (last - first)) * width;
}

export function placed(marks: readonly Mark[], times: readonly number[], width: number): PlacedMark[] {
  const across = acrossOf(times, width);
  if (across === null) return [];
  const taken: { from: number; to: number; row: number }[] = [];
  return (
    marks
      .filter((mark) => FIRST.includes(mark.kind))
      .map((mark) => ({ mark, x: across(new Date(mark.at).getTime() / 1000) }))
      // What happened after the last complete step belongs to the end of the chart, not outside of it.
      .filter(({ x }) => x >= 0 && x <= width * 1.03)
      .map(({ mark, x }) => ({ mark, x: Math.min(width, Math.round(x)) }))
      .sort((one, other) => FIRST.indexOf(one.mark.kind) - FIRST.indexOf(other.mark.kind) || other.x - one.x)
      .map(({ mark, x }) => {
        const label = labelOf(mark);
        const length = label.length * LETTER_PIXELS + AROUND_PIXELS;
        const side = x - length < 0 && x < width / 2 ? "right" : "left";
        const room = (side === "left" ? x : width - x) - 4;
        const [from, to] = side === "left" ? [x - length, x] : [x, x + length];
        const row = freeRow(taken, from, to);
        if (row !== null) taken.push({ from, to, row });
        return { mark, label, x, row, side, room };
      })
  );
}

function freeRow(
  taken: readonly { from: number; to: number; row: number }[],
  from: number,
  to: number,
): number | null {
  for (let row = 0; row < ROWS; row += 1) {
    if (!taken.some((other) => other.row === row && other.from < to && from < other.to)) return row;
  }
  return null;
}
