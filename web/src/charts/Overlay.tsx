// What lies over a chart as text, so that it can be read, followed and found: marks, thresholds, names of lines.

import { useElementSize } from "@mantine/hooks";
import { Link } from "wouter";
import type { Mark } from "../api/types";
import { AXIS, type Band, type Line, type Spot, type Threshold } from "./lines";
import { MarkLines } from "./MarkLines";
import { acrossOf, ROW_PIXELS } from "./marks";
import type { Scale } from "./scale";

type Props = {
  times: readonly number[];
  lines: readonly Line[];
  scale: Scale;
  /** Where a value is drawn: lines are given as drawn, thresholds, bands and spots as values. */
  to: (value: number) => number;
  thresholds: readonly Threshold[];
  bands: readonly Band[];
  marks: readonly Mark[];
  spots: readonly Spot[];
  /** Pixels for the labels of the value axis. */
  left: number;
  right: number;
  height: number;
  /** Above the data: pixels for labels of marks, and their rows. */
  band: number;
  rows: number;
  /** Steps that are complete; behind them the chart is hatched. */
  known: number;
};

const TAG_PIXELS = 13;

export function Overlay(props: Props) {
  const { times, lines, scale, to, thresholds, bands, marks, spots, left, right, height, ...rest } = props;
  const { band, rows, known } = rest;
  const { ref, width } = useElementSize();
  const inner = height - AXIS.top - band - AXIS.bottom;
  const drawnFromTop = (value: number) => ((scale.high - value) / (scale.high - scale.low)) * 100;
  const fromTop = (value: number) => drawnFromTop(to(value));
  return (
    <div className="chart-over" ref={ref} style={{ left, right, top: AXIS.top + band, bottom: AXIS.bottom }}>
      {bands.map((one) => (
        <BandArea key={one.label + String(one.from)} band={one} lines={lines} to={to} fromTop={fromTop} />
      ))}
      <NotComplete times={times} known={known} width={width} />
      {readable(thresholds, (value) => (fromTop(value) / 100) * inner).map(({ threshold, labelled }) => (
        <div
          key={threshold.label}
          className={`chart-threshold ${threshold.heavy ? "chart-heavy" : ""}`}
          style={{ top: `${fromTop(threshold.at)}%` }}
        >
          {labelled && <span>{threshold.label}</span>}
        </div>
      ))}
      <MarkLines marks={marks} times={times} width={width} band={band} rows={rows} />
      {apart(spots, times, width).map(({ spot, x }) => (
        <Link
          key={spot.href}
          href={spot.href}
          className="chart-spot"
          title={spot.label}
          aria-label={spot.label}
          style={{ left: x, top: `${Math.min(100, Math.max(0, fromTop(spot.value)))}%` }}
        />
      ))}
      {tags(lines, (value) => (drawnFromTop(value) / 100) * inner, inner).map(({ line, y }) => (
        <span
          key={line.label}
          className="chart-label"
          style={{ top: y, color: `var(--${line.colour}${line.colour === "faint" ? "" : "-ink"})` }}
        >
          {line.tag ?? line.label}
        </span>
      ))}
    </div>
  );
}

type BandProps = { band: Band; lines: readonly Line[]; to: Props["to"]; fromTop: (value: number) => number };

/** A band is named at the left, at the right where a line runs there, and not at all where lines run at both. */
function BandArea({ band, lines, to, fromTop }: BandProps) {
  const top = Math.max(0, fromTop(band.to));
  const bottom = Math.min(100, fromTop(band.from));
  if (bottom - top <= 0) return null;
  const side = freeSide(lines, to(band.from), to(band.to));
  return (
    <div
      className={`chart-band chart-band-${band.tone}`}
      style={{ top: `${top}%`, height: `${bottom - top}%` }}
    >
      {side !== null && bottom - top > LEAST_BAND_PERCENT && (
        <span className={`chart-band-${side}`}>{band.label}</span>
      )}
    </div>
  );
}

const LEAST_BAND_PERCENT = 7;
const BESIDE = 0.3;

/** The side of a chart whose third no line crosses between two heights, as drawn. */
export function freeSide(lines: readonly Line[], low: number, high: number): "left" | "right" | null {
  const isFree = (from: number, until: number) =>
    lines.every(({ values }) =>
      values
        .slice(Math.floor(values.length * from), Math.ceil(values.length * until))
        .every((value) => value === null || value < low || value > high),
    );
  if (isFree(0, BESIDE)) return "left";
  return isFree(1 - BESIDE, 1) ? "right" : null;
}

const WORDS_PIXELS = 110;

function NotComplete({ times, known, width }: { times: readonly number[]; known: number; width: number }) {
  const across = acrossOf(times, width);
  const last = times[Math.max(0, known - 1)];
  if (known === times.length || across === null || last === undefined) return null;
  const left = across(last);
  return (
    <div className="chart-not-complete" style={{ left }} title="Not complete yet">
      {width - left > WORDS_PIXELS && <span>not complete yet</span>}
    </div>
  );
}

/** Thresholds too near to the one above it keep their line and lose their label. */
function readable(thresholds: readonly Threshold[], pixels: (value: number) => number) {
  let last = Number.NEGATIVE_INFINITY;
  return [...thresholds]
    .sort((one, other) => other.at - one.at)
    .map((threshold) => {
      const y = pixels(threshold.at);
      const labelled = y - last >= TAG_PIXELS + 1;
      if (labelled) last = y;
      return { threshold, labelled };
    });
}

/** Links need room to be hit: of spots too near to each other the highest stays. */
function apart(spots: readonly Spot[], times: readonly number[], width: number) {
  const across = acrossOf(times, width);
  if (across === null) return [];
  const kept: { spot: Spot; x: number }[] = [];
  for (const spot of [...spots].sort((one, other) => other.value - one.value)) {
    const x = across(spot.at);
    const inside = x >= 0 && x <= width;
    if (inside && !kept.some((other) => Math.abs(other.x - x) < ROW_PIXELS + 2)) kept.push({ spot, x });
  }
  return kept.sort((one, other) => one.x - other.x);
}

/** Names at the lines' ends, pushed apart where they would touch, and up again where they would leave the chart. */
function tags(lines: readonly Line[], pixels: (value: number) => number, inner: number) {
  let lowest = -TAG_PIXELS;
  const placed = lines
    .filter((line) => line.tagged)
    .map((line) => ({ line, last: line.values.findLast((value) => value !== null) ?? null }))
    .filter((tag): tag is { line: Line; last: number } => tag.last !== null)
    .map(({ line, last }) => ({ line, y: pixels(last) }))
    .sort((one, other) => one.y - other.y)
    .map(({ line, y }) => {
      lowest = Math.max(y, lowest + TAG_PIXELS);
      return { line, y: lowest };
    });
  let highest = inner + TAG_PIXELS;
  return placed.reverse().map(({ line, y }) => {
    highest = Math.min(y, highest - TAG_PIXELS);
    return { line, y: highest };
  });
}
