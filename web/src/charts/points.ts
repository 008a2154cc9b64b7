// The points of a chart as rows: an instant, and a value for each line, under its name and unit. Pure.

import type { Line } from "./lines";
import type { Unit } from "./scale";

export function pointsOf(times: readonly number[], lines: readonly Line[], unit: Unit): readonly object[] {
  return times.map((epoch, place) => ({
    time: new Date(epoch * 1000).toISOString(),
    ...Object.fromEntries(lines.map((line) => [columnOf(line, unit), line.values[place] ?? null])),
  }));
}

const columnOf = ({ label }: Line, unit: Unit) => `${label} (${unitWord(unit)})`;

const unitWord = (unit: Unit) => (typeof unit === "string" ? unit.replaceAll("_", " ") : unit.ucum);
