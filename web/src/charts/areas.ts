// Areas behind the lines: what is usual, or the bucket in which a value lies.

import type uPlot from "uplot";
import type { Area } from "./lines";

/** The steps of an area without a gap among them, as [first, last]; of a stepped one those of one height. */
export function runs({ low, high, stepped = false }: Area): [number, number][] {
  const found: [number, number][] = [];
  const isOn = (step: number) => !stepped || (low[step] === low[step - 1] && high[step] === high[step - 1]);
  low.forEach((value, step) => {
    if (value === null || high[step] == null) return;
    const last = found.at(-1);
    if (last?.[1] === step - 1 && isOn(step)) last[1] = step;
    else found.push([step, step]);
  });
  return found;
}

/** Opacity of one area, of 255; several share it, so that lines stay visible where they overlap. */
const OPACITY = 46;
const LEAST_OPACITY = 16;

/** Fills the areas on the plot's canvas. */
export function drawAreas(plot: uPlot, areas: readonly Area[], token: (name: string) => string) {
  const { ctx, bbox } = plot;
  const opacity = Math.max(LEAST_OPACITY, Math.round(OPACITY / Math.max(1, areas.length)));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const area of areas) {
    ctx.fillStyle = `${token(area.colour)}${opacity.toString(16)}`;
    for (const run of runs(area)) fill(plot, area, run);
  }
  ctx.restore();
}

function fill(plot: uPlot, { low, high, stepped = false }: Area, [first, last]: [number, number]) {
  const times = plot.data[0];
  const half = stepped || first === last ? ((times[1] ?? 0) - (times[0] ?? 0)) / 2 : 0;
  const y = (value: number | null | undefined) => plot.valToPos(value ?? 0, "y", true);
  const x = (step: number, by: number) => plot.valToPos((times[step] ?? 0) + by, "x", true);
  const edge = (of: Area["low"]): [number, number][] => [
    [x(first, -half), y(of[first])],
    ...of.slice(first, last + 1).map((value, place): [number, number] => [x(first + place, 0), y(value)]),
    [x(last, half), y(of[last])],
  ];
  plot.ctx.beginPath();
  for (const [across, down] of [...edge(high), ...edge(low).reverse()]) plot.ctx.lineTo(across, down);
  plot.ctx.fill();
}
