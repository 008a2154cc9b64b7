// What lies over a chart as text, so that it can be read, followed and found: marks, thresholds, names of lines.

import { Link } from "wouter";
import type { Mark } from "../api/types";
import { AXIS, type Line, type Threshold } from "./lines";
import type { Scale } from "./scale";

type Props = {
  times: readonly number[];
  lines: readonly Line[];
  scale: Scale;
  thresholds: readonly Threshold[];
  marks: readonly Mark[];
  right: number;
  height: number;
};

const TAG_PIXELS = 13;
/** Marks nearer to each other than this share of the width would write over each other; later ones go lower. */
const CROWDED = 0.16;
const ROW_PIXELS = 14;
const ROWS = 3;

export function Overlay({ times, lines, scale, thresholds, marks, right, height }: Props) {
  const inner = height - AXIS.top - AXIS.bottom;
  const fromTop = (value: number) => ((scale.high - value) / (scale.high - scale.low)) * 100;
  return (
    <div className="chart-over" style={{ left: AXIS.left, right, top: AXIS.top, bottom: AXIS.bottom }}>
      {thresholds.map((each) => (
        <div key={each.label} className="chart-threshold" style={{ top: `${fromTop(each.at)}%` }}>
          <span>{each.label}</span>
        </div>
      ))}
      {placed(marks, times).map(({ mark, x, row }) => (
        <div key={`${mark.at}${mark.label}`} className={`chart-mark${x < 0.2 ? " right-side" : ""}`} style={{ left: `${x * 100}%` }}>
          {mark.href === null ? (
            <span style={{ top: row * ROW_PIXELS }}>{mark.label}</span>
          ) : (
            <Link href={mark.href} style={{ top: row * ROW_PIXELS }}>
              {mark.label}
            </Link>
          )}
        </div>
      ))}
      {tags(lines, (value) => (fromTop(value) / 100) * inner).map(({ line, y }) => (
        <span key={line.label} className="chart-label" style={{ top: y, color: `var(--${line.colour}${line.colour === "faint" ? "" : "-ink"})` }}>
          {line.label}
        </span>
      ))}
    </div>
  );
}

function placed(marks: readonly Mark[], times: readonly number[]) {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || first === last) return [];
  let before = -1;
  let row = 0;
  return marks
    .map((mark) => ({ mark, x: (new Date(mark.at).getTime() / 1000 - first) / (last - first) }))
    .filter(({ x }) => x >= 0 && x <= 1)
    .sort((one, other) => one.x - other.x)
    .map(({ mark, x }) => {
      row = before >= 0 && x - before < CROWDED ? (row + 1) % ROWS : 0;
      before = x;
      return { mark, x, row };
    });
}

/** Names at the lines' ends, pushed apart where they would touch. */
function tags(lines: readonly Line[], pixels: (value: number) => number) {
  let lowest = -TAG_PIXELS;
  return lines
    .filter((line) => line.tagged)
    .map((line) => ({ line, last: line.values.findLast((value) => value !== null) ?? null }))
    .filter((tag): tag is { line: Line; last: number } => tag.last !== null)
    .map(({ line, last }) => ({ line, y: pixels(last) }))
    .sort((one, other) => one.y - other.y)
    .map(({ line, y }) => {
      lowest = Math.max(y, lowest + TAG_PIXELS);
      return { line, y: lowest };
    });
}
