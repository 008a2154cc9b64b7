// Where a span's dot lies: time from left to right, duration upwards on a logarithmic scale. Pure.

import { exactDuration } from "../words/durations";
import { clock, clockSeconds } from "../words/moments";
import { shownZone } from "../words/shownZone";
import { offsetMilliseconds } from "../words/zones";

type Dot = { at_epoch: number; duration_seconds: number };
type Picture<Point extends Dot> = { points: readonly Point[]; start_epoch: number; end_epoch: number };
type Tick = { at: number; words: string };
export type Frame = {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: (epoch: number) => number;
  y: (seconds: number) => number;
  epochAt: (x: number) => number;
  secondsAt: (y: number) => number;
  levels: readonly Tick[];
  moments: readonly Tick[];
};

const LEFT = 56;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;
/** Nothing is drawn shorter than a microsecond. */
const SHORTEST = 1e-6;
const TICK_PIXELS = 110;
const REACH_PIXELS = 12;
const STEPS_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800,
];
const LONGEST_STEP_SECONDS = Math.max(...STEPS_SECONDS);

export function frameOf(picture: Picture<Dot>, width: number, height: number, band = 0): Frame {
  const { start_epoch: start, end_epoch: end } = picture;
  const [low, high] = decades(picture.points);
  const wide = Math.max(1, width - LEFT - RIGHT);
  const top = TOP + band;
  const tall = Math.max(1, height - top - BOTTOM);
  const span = Math.max(1e-9, end - start);
  const inside = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
  const x = (epoch: number) => LEFT + ((epoch - start) / span) * wide;
  const y = (seconds: number) =>
    top + tall * (1 - (Math.log10(Math.max(SHORTEST, seconds)) - low) / (high - low));
  return {
    width,
    height,
    left: LEFT,
    right: RIGHT,
    top,
    bottom: BOTTOM,
    x,
    y,
    epochAt: (at) => start + (inside(at - LEFT, 0, wide) / wide) * span,
    secondsAt: (at) => 10 ** (low + (high - low) * (1 - inside(at - top, 0, tall) / tall)),
    levels: levelsOf(low, high).map((seconds) => ({ at: y(seconds), words: exactDuration(seconds) })),
    moments: momentsOf(start, end, wide).map((epoch) => ({
      at: x(epoch),
      words: momentWords(epoch, end - start),
    })),
  };
}

/** The whole powers of ten around all durations, one apart at least. */
function decades(points: readonly Dot[]): [number, number] {
  let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
  for (const { duration_seconds: seconds } of points) {
    shortest = Math.min(shortest, Math.max(SHORTEST, seconds));
    longest = Math.max(longest, Math.max(SHORTEST, seconds));
  }
  if (longest === 0) return [-3, 0];
  const low = Math.floor(Math.log10(shortest));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(longest) + 1e-9))];
}

/** Each power of ten, and between them 2 and 5 where there are few. */
function levelsOf(low: number, high: number): number[] {
  const between = high - low <= 1 ? [1, 2, 5] : [1];
  const found = Array.from({ length: high - low }, (_, step) =>
    between.map((part) => part * 10 ** (low + step)),
  ).flat();
  return [...found, 10 ** high];
}

/** Round moments, in the zone shown. */
function momentsOf(start: number, end: number, wide: number): number[] {
  const least = (end - start) / Math.max(1, Math.floor(wide / TICK_PIXELS));
  const step = STEPS_SECONDS.find((each) => each >= least) ?? LONGEST_STEP_SECONDS;
  const shift = -offsetMilliseconds(start * 1000, shownZone()) / 1000;
  const first = Math.ceil((start - shift) / step) * step + shift;
  const found: number[] = [];
  for (let at = first; at <= end; at += step) found.push(at);
  return found;
}

function momentWords(epoch: number, span: number): string {
  const at = new Date(epoch * 1000);
  return span <= 600 ? clockSeconds(at) : clock(at);
}

/** The dot next to a place, if there is one within reach. */
export function nearest<Point extends Dot>(
  points: readonly Point[],
  frame: Frame,
  x: number,
  y: number,
): Point | null {
  let [found, reach]: [Point | null, number] = [null, REACH_PIXELS];
  for (const point of points) {
    const away = Math.hypot(frame.x(point.at_epoch) - x, frame.y(point.duration_seconds) - y);
    if (away < reach) [found, reach] = [point, away];
  }
  return found;
}
