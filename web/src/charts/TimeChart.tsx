// One chart for the whole page: thin lines, four grid lines, marks and thresholds, and a brush that goes to the URL.

import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import type { Mark } from "../api/types";
import { brushed, type Range } from "../range/range";
import { clock, clockSeconds, date, when } from "../words/moments";
import { useCompleteUntil } from "../app/Freshness";
import { shownZone } from "../words/shownZone";
import { UTC } from "../words/zones";
import { drawAreas } from "./areas";
import { completeLines, knownSteps } from "./complete";
import { type Earlier, earlierLines } from "./earlier";
import { keepDrawn } from "./drawn";
import { type Area, AXIS, type Band, leftOf, type Line, type Spot, type Threshold } from "./lines";
import { bandOf } from "./marks";
import { Overlay } from "./Overlay";
import { pointsOf } from "./points";
import { bucketAreas, dashedWhereRough, valueWords } from "./rough";
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
  /** The same at an earlier time, drawn thin under it. */
  earlier?: Earlier | null;
  /** What lies behind the lines, such as what is usual. */
  areas?: readonly Area[];
  onBrush: (range: Range) => void;
};

const NO_AREAS: readonly Area[] = [];
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
  earlier = null,
  areas: behind = NO_AREAS,
  onBrush,
}: Props) {
  const figure = useRef<HTMLElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const until = useCompleteUntil();
  const known = knownSteps(times, until);
  const lines = useMemo(() => {
    const under = earlier === null ? [] : earlierLines(times, given, earlier);
    return completeLines([...under, ...given], times, until);
  }, [given, times, until, earlier]);
  const top = Math.max(least, ...thresholds.map((each) => each.at * 1.25));
  const scale = useMemo(
    () =>
      warp?.scale ??
      scaleOf([...(bars ? stacked(lines).slice(-1) : heights(lines)), ...ends(behind)].flat(), top || 1),
    [lines, bars, top, warp, behind],
  );
  const areas = useMemo(() => [...behind, ...bucketAreas(lines, scale.high)], [behind, lines, scale]);
  const drawn = useMemo(() => (warp ? lines.map((line) => warpedLine(line, warp)) : lines), [lines, warp]);
  const dashed = useMemo(() => dashedWhereRough(drawn), [drawn]);
  const right = lines.some((line) => line.tagged) ? room : 18;
  const now = { scale, labels: warp?.labels, lines, areas, unit, bars, onBrush, tip };
  const latest = useRef<Latest>(now);
  // Before the effects that draw: what the plot calls back reads the newest of everything.
  useLayoutEffect(() => {
    latest.current = now;
  });
  const { band, rows } = useMemo(() => bandOf(marks, times, height), [marks, times, height]);
  const shape = { height, left: leftOf(warp?.labels.values()), right, top: AXIS.top + band };
  usePlot({ host, latest, times, lines: dashed, areas, bars, ...shape });
  useEffect(() => {
    const ends = [times[0] ?? 0, times.at(-1) ?? 0] as const;
    keepDrawn(figure.current, {
      rows: () => pointsOf(times, lines, unit),
      ends,
      plot: (scale) =>
        plotted(
          host.current?.clientWidth ?? 0,
          latest,
          { ...shape, lines: dashed },
          dataOf(times, dashed, bars),
          scale,
        ),
    });
  });
  const empty = !lines.some((line) => !line.earlier && line.values.some((value) => value !== null));
  return (
    <figure className="chart" style={{ height }} ref={figure}>
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
        left={shape.left}
        right={right}
        height={height}
        band={band}
        rows={rows}
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
      const newest = line.values.findLastIndex((value) => value !== null);
      if (newest === -1) return `${line.label}: no data`;
      const most = line.values.reduce<number>((most, value) => Math.max(most, value ?? most), -Infinity);
      const highest = valueWords(line, line.values.indexOf(most), unit);
      if (line.earlier) return `${line.label}: highest ${highest}`;
      return `${line.label}: now ${valueWords(line, newest, unit)}, highest ${highest}`;
    })
    .join("; ");
}

/** What must fit on the axis: values, and the buckets they lie in. */
function heights(lines: readonly Line[]): (readonly (number | null)[])[] {
  return lines.flatMap(({ values, buckets = [] }) => [values, buckets.map((each) => each && each.up_to)]);
}

function ends(areas: readonly Area[]): (number | null)[][] {
  return areas.map(({ high }) => [...high]);
}

const asItIs = (value: number) => value;

function warpedLine(line: Line, { to }: Warp): Line {
  return { ...line, values: line.values.map((value) => (value === null ? null : to(value))) };
}

type Latest = {
  scale: Scale;
  labels: ReadonlyMap<number, string> | undefined;
  lines: readonly Line[];
  areas: readonly Area[];
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
  areas: readonly Area[];
  bars: Bars | undefined;
  height: number;
  left: number;
  right: number;
  top: number;
};

/** Builds the plot once for its shape and colours, then only hands it new data. */
function usePlot({ host, latest, times, lines, areas, bars, height, left, right, top }: PlotInput) {
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme("light");
  const shape =
    lines.map((line) => `${line.label} ${line.colour} ${line.filled} ${line.dashed}`).join() +
    String(bars?.seconds ?? "");
  const data = useMemo(() => dataOf(times, lines, bars), [times, lines, bars]);
  const first = useRef(data);
  const shown = useRef(lines);
  const filled = useRef(areas);
  useLayoutEffect(() => {
    first.current = data;
    shown.current = lines;
  });
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const built = new uPlot(
      optionsOf(element.clientWidth, latest, { lines: shown.current, height, left, right, top }),
      first.current,
      element,
    );
    plot.current = built;
    const observer = new ResizeObserver(() => built.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      built.destroy();
      plot.current = null;
    };
  }, [host, latest, scheme, shape, height, left, right, top]);
  useEffect(() => {
    if (plot.current && (plot.current.data !== data || filled.current !== areas)) plot.current.setData(data);
    filled.current = areas;
  }, [data, areas]);
}

/** Lines as they are; bars over the middle of their steps, the highest first, so that those below stand before them. */
function dataOf(times: readonly number[], lines: readonly Line[], bars: Bars | undefined): uPlot.AlignedData {
  if (!bars) return [times, ...lines.map((line) => line.values)] as unknown as uPlot.AlignedData;
  return [times.map((time) => time + bars.seconds / 2), ...stacked(lines).reverse()] as uPlot.AlignedData;
}

type Shape = { lines: readonly Line[]; height: number; left: number; right: number; top: number };

/** The plot on a canvas of its own, `scale` times as large. */
function plotted(
  width: number,
  latest: React.RefObject<Latest>,
  shape: Shape,
  data: uPlot.AlignedData,
  scale: number,
): Promise<HTMLCanvasElement> {
  return new Promise((resolve) => {
    const options = optionsOf(width, latest, shape, scale / window.devicePixelRatio);
    const areas = options.hooks?.drawAxes;
    const draw = (plot: uPlot) => resolve(plot.ctx.canvas);
    new uPlot(
      { ...options, hooks: { ...(areas ? { drawAxes: areas } : {}), draw: [draw] } },
      data,
      document.createElement("div"),
    );
  });
}

/** Lengths are in pixels of the page; `larger` draws the same on a larger canvas. */
function optionsOf(
  width: number,
  latest: React.RefObject<Latest>,
  { lines, height, left, right, top }: Shape,
  larger = 1,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const { bars } = latest.current;
  const zone = shownZone();
  const beside = bars ? bars.seconds / 2 : 60;
  const font = `${Math.round(11 * larger)}px "Inter Variable", sans-serif`;
  const axis = { stroke: token("quiet"), font, ticks: { show: false }, gap: 6 * larger };
  return {
    width: Math.max(50, width) * larger,
    height: height * larger,
    padding: [top * larger, right * larger, 0, 0],
    legend: { show: false },
    // Axes have their round moments in the zone shown.
    tzDate: (epoch) => uPlot.tzDate(new Date(epoch * 1000), zone === UTC ? "Etc/UTC" : zone),
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
      { ...axis, size: AXIS.bottom * larger, grid: { show: false }, space: 84 * larger, values: timeLabels },
      {
        ...axis,
        size: left * larger,
        grid: { stroke: token("line"), width: larger },
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
            width: (line.earlier ? 1 : 1.6) * larger,
            points: { show: false },
            ...(line.filled ? { fill: `${token(line.colour)}1c` } : {}),
            ...(line.dashed ? { dash: [4 * larger, 3 * larger] } : {}),
          }))),
    ],
    hooks: {
      drawAxes: [(plot) => drawAreas(plot, latest.current.areas, token)],
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
    if (step < MINUTE_SECONDS) return clockSeconds(at);
    return step >= DAY_SECONDS || clock(at) === "00:00" ? date(at) : clock(at);
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
  // What was before is read after what is.
  const inOrder = [false, true].flatMap((was) =>
    latest.lines.filter((line) => Boolean(line.earlier) === was),
  );
  const rows = inOrder.map((line) => {
    return `${line.label}  ${valueWords(line, idx, latest.unit)}`;
  });
  for (const { label, low, high } of latest.areas) {
    const [least, most] = [low[idx], high[idx]];
    if (label === undefined || least == null || most == null) continue;
    rows.push(`${label}  ${inUnit(least, latest.unit)} – ${inUnit(most, latest.unit)}`);
  }
  tip.textContent = [momentOf(epoch, latest.bars), ...rows].join("\n");
  const at = plot.over.offsetLeft + left;
  const x = plot.width - at < tip.offsetWidth + 20 ? at - tip.offsetWidth - 10 : at + 10;
  tip.style.transform = `translate(${Math.max(0, x)}px, ${AXIS.top}px)`;
}
