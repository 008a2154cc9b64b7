// Durations over time, one dot a span, on a logarithmic scale: failed ones are squares, slow ones triangles. A brush chooses time and duration.

import { useComputedColorScheme } from "@mantine/core";
import { type PointerEvent, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { Mark, Scatter, ScatterPoint } from "../api/types";
import { brushed, type Range } from "../range/range";
import { count } from "../words/counts";
import { latencyWords } from "../words/durations";
import { clockSeconds } from "../words/moments";
import { keepDrawn } from "./drawn";
import { MarkLines } from "./MarkLines";
import { bandOf } from "./marks";
import { type Frame, frameOf, nearest } from "./scatter";

type Props = {
  label: string;
  scatter: Scatter;
  height: number;
  marks?: readonly Mark[];
  /** Seconds as text, as the URL holds them. */
  onBrush: (range: Range, least: string, most: string) => void;
  onOpen: (point: ScatterPoint) => void;
};
type Box = { left: number; top: number; right: number; bottom: number };

const BRUSH_PIXELS = 6;
const DOT_PIXELS = 2.2;
const SQUARE_PIXELS = 5;
const NO_MARKS: readonly Mark[] = [];
const TRIANGLE_PIXELS = 3.4;
/** From the bottom up: what wants attention has a colour, the usual is grey. */
const LAYERS = [
  ["usual", "faint", 0.55],
  ["slow", "warn", 0.9],
  ["failed", "bad", 0.9],
] as const;

export function ScatterChart({ label, scatter, height, marks = NO_MARKS, onBrush, onOpen }: Props) {
  const figure = useRef<HTMLElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(host);
  const scheme = useComputedColorScheme("light");
  const times = useMemo(() => [scatter.start_epoch, scatter.end_epoch], [scatter]);
  const { band, rows } = useMemo(() => bandOf(marks, times, height), [marks, times, height]);
  const frame = useMemo(() => frameOf(scatter, width, height, band), [scatter, width, height, band]);
  useEffect(() => {
    paint(canvas.current, scatter, frame);
    keepDrawn(figure.current, {
      rows: () => scatter.points,
      ends: [scatter.start_epoch, scatter.end_epoch],
      plot: (scale) => Promise.resolve(painted(scatter, frame, scale)),
    });
  }, [scatter, frame, scheme]);
  const [box, setBox] = useState<Box | null>(null);
  const [near, setNear] = useState<ScatterPoint | null>(null);
  const at = (event: PointerEvent) => {
    const place = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - place.left, y: event.clientY - place.top };
  };
  const move = (event: PointerEvent) => {
    const { x, y } = at(event);
    if (box) setBox({ ...box, right: x, bottom: y });
    else setNear(nearest(scatter.points, frame, x, y));
  };
  const release = () => {
    setBox(null);
    if (!box) return;
    const chosen = ordered(box);
    if (chosen.right - chosen.left >= BRUSH_PIXELS) {
      const range = brushed(frame.epochAt(chosen.left), Math.ceil(frame.epochAt(chosen.right)));
      onBrush(
        range,
        frame.secondsAt(chosen.bottom).toPrecision(3),
        frame.secondsAt(chosen.top).toPrecision(3),
      );
    } else if (near) onOpen(near);
  };
  return (
    <figure className="chart scatter" style={{ height }} ref={figure}>
      <div
        ref={host}
        className="scatter-host"
        role="img"
        aria-label={`${label}: ${summary(scatter)}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const { x, y } = at(event);
          setBox({ left: x, top: y, right: x, bottom: y });
        }}
        onPointerMove={move}
        onPointerUp={release}
        onPointerLeave={() => setNear(null)}
      >
        <canvas ref={canvas} style={{ width, height }} />
        {box && <span className="scatter-brush" style={styleOf(ordered(box))} />}
      </div>
      <div className="chart-over" style={insetOf(frame)}>
        <MarkLines
          marks={marks}
          times={times}
          width={width - frame.left - frame.right}
          band={band}
          rows={rows}
        />
      </div>
      {scatter.points.length === 0 && <div className="chart-empty">No spans in this range</div>}
      {near && !box && (
        <div className="chart-tip" style={{ display: "block", ...tipPlace(frame, near, width) }}>
          {`${clockSeconds(new Date(near.at_epoch * 1000))}  ${latencyWords(near.duration_seconds)}${near.outcome === "usual" ? "" : `  ${near.outcome}`}\n${near.service} · ${near.operation}`}
        </div>
      )}
    </figure>
  );
}

function summary({ points, spans, errors }: Scatter): string {
  if (points.length === 0) return "no spans";
  const longest = points.reduce((most, point) => Math.max(most, point.duration_seconds), 0);
  return `${count(spans)} spans, ${count(errors)} failed, the longest drawn took ${latencyWords(longest)}`;
}

const ordered = (box: Box): Box => ({
  left: Math.min(box.left, box.right),
  right: Math.max(box.left, box.right),
  top: Math.min(box.top, box.bottom),
  bottom: Math.max(box.top, box.bottom),
});
const styleOf = (box: Box) => ({
  left: box.left,
  top: box.top,
  width: box.right - box.left,
  height: box.bottom - box.top,
});

const insetOf = ({ left, right, top, bottom }: Frame) => ({ left, right, top, bottom });

function tipPlace(frame: Frame, point: ScatterPoint, width: number) {
  const [x, y] = [frame.x(point.at_epoch), frame.y(point.duration_seconds)];
  return x > width / 2
    ? { right: width - x + 10, top: Math.max(0, y - 20) }
    : { left: x + 10, top: Math.max(0, y - 20) };
}

function useWidth(host: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [host]);
  return width;
}

function painted(scatter: Scatter, frame: Frame, scale: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  paint(canvas, scatter, frame, scale);
  return canvas;
}

function paint(
  canvas: HTMLCanvasElement | null,
  scatter: Scatter,
  frame: Frame,
  sharp = window.devicePixelRatio || 1,
) {
  const context = canvas?.getContext("2d");
  if (!canvas || !context) return;
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  canvas.width = frame.width * sharp;
  canvas.height = frame.height * sharp;
  context.scale(sharp, sharp);
  context.font = '11px "Inter Variable", sans-serif';
  paintAxes(context, frame, token("line"), token("quiet"));
  // Failed ones last, so that they lie on top.
  for (const [outcome, ink, alpha] of LAYERS) {
    context.fillStyle = token(ink);
    context.globalAlpha = alpha;
    for (const point of scatter.points) if (point.outcome === outcome) dot(context, frame, point);
  }
  context.globalAlpha = 1;
}

function dot(context: CanvasRenderingContext2D, frame: Frame, point: ScatterPoint) {
  const [x, y] = [frame.x(point.at_epoch), frame.y(point.duration_seconds)];
  if (point.is_error) {
    context.fillRect(x - SQUARE_PIXELS / 2, y - SQUARE_PIXELS / 2, SQUARE_PIXELS, SQUARE_PIXELS);
    return;
  }
  context.beginPath();
  if (point.outcome === "slow") {
    context.moveTo(x, y - TRIANGLE_PIXELS);
    context.lineTo(x + TRIANGLE_PIXELS, y + TRIANGLE_PIXELS);
    context.lineTo(x - TRIANGLE_PIXELS, y + TRIANGLE_PIXELS);
    context.closePath();
  } else context.arc(x, y, DOT_PIXELS, 0, 2 * Math.PI);
  context.fill();
}

function paintAxes(context: CanvasRenderingContext2D, frame: Frame, line: string, ink: string) {
  context.strokeStyle = line;
  context.fillStyle = ink;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { at, words } of frame.levels) {
    context.beginPath();
    context.moveTo(frame.left, Math.round(at) + 0.5);
    context.lineTo(frame.width, Math.round(at) + 0.5);
    context.stroke();
    context.fillText(words, frame.left - 8, at);
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  // A moment at the very end is moved in, so that it is written in full.
  const most = (words: string) => frame.width - context.measureText(words).width / 2;
  for (const { at, words } of frame.moments)
    context.fillText(words, Math.min(at, most(words)), frame.height - 4);
}
