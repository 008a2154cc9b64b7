// Axes that are not linear: a budget below zero, and burn rates over four powers of ten. Ticks are where they are drawn.

import type { Scale } from "./scale";

/** `to` is where a value is drawn on the plot's own linear axis; each tick of `scale` has a label. */
export type Warp = { to: (value: number) => number; scale: Scale; labels: ReadonlyMap<number, string> };

type Tick = { value: number; label: string };

/** The part of a budget's axis that one power of ten below zero takes, of the whole budget above it. */
const POWER = 0.62;
const LEAST_BURN = 0.1;

function warped(to: (value: number) => number, ticks: readonly Tick[]): Warp {
  const at = ticks.map(({ value }) => to(value)).sort((one, other) => one - other);
  return {
    to,
    scale: { low: at[0] ?? 0, high: at.at(-1) ?? 1, ticks: at },
    labels: new Map(ticks.map(({ value, label }) => [to(value), label])),
  };
}

const powersTo = (deepest: number) =>
  Array.from({ length: Math.max(1, Math.ceil(Math.log10(deepest) - 1e-9)) + 1 }, (_, power) => 10 ** power);

const times = (value: number) => `${value.toLocaleString("en").replace("-", "−")}×`;

/** A share of the budget: linear down to −100%, then a power of ten to a step; `lowest` is the lowest value. */
export function budgetWarp(lowest: number): Warp {
  const to = (value: number) => {
    if (value >= 0) return value;
    return value >= -1 ? value * POWER : -POWER * (1 + Math.log10(-value));
  };
  const below = powersTo(-lowest).map((value) => ({
    value: -value,
    label: `−${(100 * value).toLocaleString("en")}%`,
  }));
  return warped(to, [
    { value: 1, label: "100%" },
    { value: 0.5, label: "50%" },
    { value: 0, label: "0" },
    ...below,
  ]);
}

/** A burn rate from a tenth up, on a log axis; `steps` are the thresholds that stand on it beside powers of ten. */
export function burnWarp(highest: number, steps: readonly number[]): Warp {
  const to = (value: number) => Math.log10(Math.max(LEAST_BURN, value));
  const marked = steps.map((value) => ({ value, label: times(Number(value.toPrecision(3))) }));
  const powers = [LEAST_BURN, ...powersTo(Math.max(10, highest, ...steps) * 1.05)].filter(
    (value) => value === LEAST_BURN || !steps.some((step) => Math.abs(to(step) - to(value)) < 0.2),
  );
  return warped(to, [...marked, ...powers.map((value) => ({ value, label: times(value) }))]);
}
