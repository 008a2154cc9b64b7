// One chart for the whole page: thin lines, four grid lines, marks and thresholds, and a brush that goes to the URL.

import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import type { Mark } from "../api/types";
import { brushed, type Range } from "../range/range";
import { clock, clockSeconds, date, when } from "../words/moments";
import { useCompleteUntil } from "../app/Freshness";
import { completeLines, knownSteps } from "./complete";
import { AXIS, type Band, type Line, type Spot, type Threshold } from "./lines";
import { Overlay } from "./Overlay";
import { inUnit, onAxis, type Scale, scaleOf, type Unit } from "./scale";
import { type Bars, barsInWords, stacked } from "./stack";
import type { Warp } from "./warp";

type Props = {
  label: string;
  times: readonly number[];
  lines: readonly Line[];
  unit: Unit;
  /** The least top of the axis, so that a calm chart does not dramatise noise. */
  least?: number;
  /** An axis that is not linear; it brings its own scale. */
  warp?: Warp | undefined;
  bands?: readonly Band[];
  height?: number;
  thresholds?: readonly Threshold[];
  marks?: readonly Mark[];
  /** Single measured values, each a link. */
  spots?: readonly Spot[];
  /** Room for the names of lines, if they need more than a word's. */
  room?: number;
  /** Draws what was counted in each step as bars, those of the first line at the bottom, instead of lines. */
  bars?: Bars;
  onBrush: (range: Range) => void;
};

const BRUSH_PIXELS = 6;
const DAY_SECONDS = 86_400;
const MINUTE_SECONDS = 60;
/** Opacity, as a colour's last two digits. */
const PALE = "73";
const BARS = uPlot.paths.bars?.({ size: [0.82, 40] });

export function TimeChart({
  label,
  times,
  lines: given,
  unit,
  least = 0,
  warp,
  height = 224,
  thresholds = [],
  bands = [],
  marks = [],
  spots = [],
  room = 34,
  bars,
  onBrush,
}: Props) {
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const until = useCompleteUntil();
  const known = knownSteps(times, until);
  const lines = useMemo(() => completeLines(given, times, until), [given, times, until]);
  const top = Math.max(least, ...thresholds.map((each) => each.at * 1.25));
  const scale = useMemo(
    () =>
      warp?.scale ??
      scaleOf((bars ? stacked(lines).slice(-1) : lines.map((line) => line.values)).flat(), top || 1),
    [lines, bars, top, warp],
  );
  const drawn = useMemo(() => (warp ? lines.map((line) => warpedLine(line, warp)) : lines), [lines, warp]);
  const right = lines.some((line) => line.tagged) ? room : 18;
  const latest = useRef<Latest>({ scale, labels: warp?.labels, lines, unit, bars, onBrush, tip });
  // Before the effects that draw: what the plot calls back reads the newest of everything.
  useLayoutEffect(() => {
    latest.current = { scale, labels: warp?.labels, lines, unit, bars, onBrush, tip };
  });
  usePlot({ host, latest, times, lines: drawn, bars, height, right });
  const empty = !lines.some((line) => line.values.some((value) => value !== null));
  return (
    <figure className="chart" style={{ height }}>
      <div
        ref={host}
        role="img"
        aria-label={`${label}: ${bars ? barsInWords(lines) : summary(lines, unit)}`}
      />
      <Overlay
        times={times}
        lines={drawn}
        scale={scale}
        to={warp?.to ?? asItIs}
        thresholds={thresholds}
        bands={bands}
        marks={marks}
        spots={spots}
        right={right}
        height={height}
        known={known}
      />
      {empty && (
        <div className="chart-empty">
          <span>No data in this range</span>
        </div>
      )}
      <div className="chart-tip" ref={tip} aria-hidden="true" />
    </figure>
  );
}

/** The chart in words, for who cannot see it: where each line ends, and its highest point. */
function summary(lines: readonly Line[], unit: Unit): string {
  return lines
    .map((line) => {
      const known = line.values.filter((value) => value !== null);
      const newest = known.at(-1);
      if (newest === undefined) return `${line.label}: no data`;
      const highest = known.reduce((most, value) => Math.max(most, value), newest);
      return `${line.label}: now ${inUnit(newest, unit)}, highest ${inUnit(highest, unit)}`;
    })
    .join("; ");
}

const asItIs = (value: number) => value;

function warpedLine(line: Line, { to }: Warp): Line {
  return { ...line, values: line.values.map((value) => (value === null ? null : to(value))) };
}

type Latest = {
  scale: Scale;
  labels: ReadonlyMap<number, string> | undefined;
  lines: readonly Line[];
  unit: Unit;
  bars: Bars | undefined;
  onBrush: (range: Range) => void;
  tip: React.RefObject<HTMLDivElement | null>;
};
type PlotInput = {
  host: React.RefObject<HTMLDivElement | null>;
  latest: React.RefObject<Latest>;
  times: readonly number[];
  lines: readonly Line[];
  bars: Bars | undefined;
  height: number;
  right: number;
};

/** Builds the plot once for its shape and colours, then only hands it new data. */
function usePlot({ host, latest, times, lines, bars, height, right }: PlotInput) {
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme("light");
  const shape =
    lines.map((line) => `${line.label} ${line.colour} ${line.filled}`).join() + String(bars?.seconds ?? "");
  const data = useMemo(() => dataOf(times, lines, bars), [times, lines, bars]);
  const first = useRef(data);
  useLayoutEffect(() => {
    first.current = data;
  });
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const built = new uPlot(optionsOf(element, latest, height, right), first.current, element);
    plot.current = built;
    const observer = new ResizeObserver(() => built.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      built.destroy();
      plot.current = null;
    };
  }, [host, latest, scheme, shape, height, right]);
  useEffect(() => {
    if (plot.current && plot.current.data !== data) plot.current.setData(data);
  }, [data]);
}

/** Lines as they are; bars over the middle of their steps, the highest first, so that those below stand before them. */
function dataOf(times: readonly number[], lines: readonly Line[], bars: Bars | undefined): uPlot.AlignedData {
  if (!bars) return [times, ...lines.map((line) => line.values)] as unknown as uPlot.AlignedData;
  return [times.map((time) => time + bars.seconds / 2), ...stacked(lines).reverse()] as uPlot.AlignedData;
}

function optionsOf(
  element: HTMLElement,
  latest: React.RefObject<Latest>,
  height: number,
  right: number,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const { bars, lines } = latest.current;
  const beside = bars ? bars.seconds / 2 : 60;
  const axis = { stroke: token("quiet"), font: '11px "Inter Variable", sans-serif', ticks: { show: false } };
  return {
    width: Math.max(50, element.clientWidth),
    height,
    padding: [AXIS.top, right, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: bars ? { show: false } : { size: 5 },
    },
    scales: {
      x: {
        time: true,
        range: (_plot, low, high) => (bars || low === high ? [low - beside, high + beside] : [low, high]),
      },
      y: { range: () => [latest.current.scale.low, latest.current.scale.high] },
    },
    axes: [
      { ...axis, size: AXIS.bottom, gap: 6, grid: { show: false }, space: 84, values: timeLabels },
      {
        ...axis,
        size: AXIS.left,
        gap: 6,
        grid: { stroke: token("line"), width: 1 },
        splits: () => latest.current.scale.ticks,
        values: (_plot, splits) =>
          splits.map((value) => latest.current.labels?.get(value) ?? onAxis(value, latest.current.unit)),
      },
    ],
    series: [
      {},
      ...(bars
        ? lines.toReversed().map((line) => ({
            label: line.label,
            fill: `${token(line.colour)}${line.pale ? PALE : ""}`,
            width: 0,
            ...(BARS ? { paths: BARS } : {}),
            points: { show: false },
          }))
        : lines.map((line) => ({
            label: line.label,
            stroke: token(line.colour),
            width: 1.6,
            points: { show: false },
            ...(line.filled ? { fill: `${token(line.colour)}1c` } : {}),
          }))),
    ],
    hooks: {
      setSelect: [(plot) => brush(plot, latest.current)],
      setCursor: [(plot) => pointAt(plot, latest.current)],
    },
  };
}

/** A moment of a line; of a bar, from when to when it counts. */
function momentOf(epoch: number, bars: Bars | undefined): string {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  if (!bars) return when(at(epoch));
  const ends = [epoch - bars.seconds / 2, epoch + bars.seconds / 2].map(at);
  return ends.map(bars.seconds < MINUTE_SECONDS ? clockSeconds : (each) => when(each)).join(" – ");
}

function timeLabels(_plot: uPlot, splits: number[], _axis: number, _space: number, step: number): string[] {
  return splits.map((epoch) => {
    const at = new Date(epoch * 1000);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0;
    if (step < MINUTE_SECONDS) return clockSeconds(at);
    return step >= DAY_SECONDS || midnight ? date(at) : clock(at);
  });
}

function brush(plot: uPlot, latest: Latest) {
  const { left, width } = plot.select;
  if (width < BRUSH_PIXELS) return;
  latest.onBrush(brushed(plot.posToVal(left, "x"), plot.posToVal(left + width, "x")));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

/** Shows what the lines say at the pointer, on the side where there is room. */
function pointAt(plot: uPlot, latest: Latest) {
  const tip = latest.tip.current;
  if (!tip) return;
  const { idx, left = -1 } = plot.cursor;
  const epoch = idx === null || idx === undefined || left < 0 ? undefined : plot.data[0][idx];
  tip.style.display = epoch === undefined ? "none" : "block";
  if (epoch === undefined || idx === null || idx === undefined) return;
  const rows = latest.lines.map((line) => {
    const value = line.values[idx];
    return `${line.label}  ${value === null || value === undefined ? "no data" : inUnit(value, latest.unit)}`;
  });
  tip.textContent = [momentOf(epoch, latest.bars), ...rows].join("\n");
  const room = plot.width - AXIS.left - left;
  const x = room < 150 ? AXIS.left + left - tip.offsetWidth - 10 : AXIS.left + left + 10;
  tip.style.transform = `translate(${Math.max(0, x)}px, ${AXIS.top}px)`;
}
