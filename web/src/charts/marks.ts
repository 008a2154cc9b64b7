// Where the labels of marks go, so that they never write over each other: what does not fit keeps its line only.

import type { Mark } from "../api/types";
import { changeIn, changePath, incidentIn } from "../paths";

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
const LABEL_PIXELS = 13;
/** A chart lower than this has no room for a second row of labels. */
const LOW_PIXELS = 150;
const LETTER_PIXELS = 6.1;
const AROUND_PIXELS = 12;
const LONGEST_LABEL = 22;
/** Incidents say more than changes: they get their label first. Alerts have their thresholds, and their incident. */
const FIRST = ["incident", "change"];

/** "incident 318", "payment v2.31": few words, for the whole is one click away. */
function labelOf(mark: Mark): string {
  const incident = incidentIn(mark.href ?? "");
  if (incident !== null) return `incident ${incident}`;
  if (mark.label.length <= LONGEST_LABEL) return mark.label;
  const cut = mark.label.slice(0, LONGEST_LABEL);
  const words = cut.slice(0, Math.max(cut.lastIndexOf(" "), 0)) || cut.slice(0, -1);
  return `${words.replace(/[\s:;,]+$/, "")}…`;
}

/** A change is opened among those around it; what else there is a page about, on that. */
export function leadsTo({ kind, at, href }: Mark): string | null {
  return kind === "change" ? changePath(at, changeIn(href ?? "")) : href;
}

/** The rows of labels above a chart's data, and their pixels: a label never lies over a peak. */
export function bandOf(
  marks: readonly Mark[],
  times: readonly number[],
  height: number,
): { rows: number; band: number } {
  const shown = placed(marks, times, 1).length;
  const rows = Math.min(shown, height < LOW_PIXELS ? 1 : 2);
  return { rows, band: rows === 0 ? 0 : (rows - 1) * ROW_PIXELS + LABEL_PIXELS + 3 };
}

/** How far from the left an instant (in seconds since 1970) lies, in pixels; null where there is no room or no time. */
export function acrossOf(times: readonly number[], width: number): ((epoch: number) => number) | null {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || first === last || width === 0) return null;
  return (epoch) => ((epoch - first) / (last - first)) * width;
}

export function placed(
  marks: readonly Mark[],
  times: readonly number[],
  width: number,
  rows = 2,
): PlacedMark[] {
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
        const row = freeRow(taken, from, to, rows);
        if (row !== null) taken.push({ from, to, row });
        return { mark, label, x, row, side, room };
      })
  );
}

function freeRow(
  taken: readonly { from: number; to: number; row: number }[],
  from: number,
  to: number,
  rows: number,
): number | null {
  for (let row = 0; row < rows; row += 1) {
    if (!taken.some((other) => other.row === row && other.from < to && from < other.to)) return row;
  }
  return null;
}
