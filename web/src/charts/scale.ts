// Axes with four grid lines and round numbers.

import { percent, timesFaster } from "../words/counts";
import { inUcum, type Ucum } from "../words/units";

export type Unit = "ratio" | "times" | "count" | "per_second" | "seconds" | Ucum;
export type Scale = { low: number; high: number; ticks: number[] };

const STEPS = [1, 2, 2.5, 5, 10];
const INTERVALS = 4;

/** The smallest round step that covers the span in four intervals. */
function roundStep(span: number): number {
  const raw = span / INTERVALS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = STEPS.find((each) => each * power >= raw * 0.999) ?? 10;
  return step * power;
}

/** From zero, or below it where values are, up to the first round number that holds all; `least` is the least top. */
export function scaleOf(values: Iterable<number | null>, least: number): Scale {
  let low = 0;
  let high = least;
  for (const value of values) {
    if (value === null) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const step = roundStep(high - low);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return {
    low: first * step,
    high: last * step,
    ticks: Array.from({ length: last - first + 1 }, (_, index) =>
      Number(((first + index) * step).toPrecision(12)),
    ),
  };
}

const PLAIN = new Intl.NumberFormat("en", { maximumFractionDigits: 3, notation: "compact" });

/** A value on an axis, where there is little room: what is per second the chart's name says. */
export function onAxis(value: number, unit: Unit): string {
  return typeof unit === "object" ? inUcum(value, unit.ucum, true) : inUnit(value, unit);
}

/** A value in a tip or in words. */
export function inUnit(value: number, unit: Unit): string {
  if (typeof unit === "object") return inUcum(value, unit.ucum);
  if (value === 0 && (unit === "per_second" || unit === "seconds")) return "0";
  if (unit === "ratio")
    return percent(value, value !== 0 && Math.abs(value) < 0.02 ? 2 : Number.isInteger(value * 100) ? 0 : 1);
  if (unit === "times") return timesFaster(value);
  if (unit === "per_second") return `${PLAIN.format(value)}/s`;
  if (unit === "seconds")
    return value >= 1 ? `${Number(value.toFixed(2))} s` : `${Math.round(value * 1000)} ms`;
  return PLAIN.format(value);
}
