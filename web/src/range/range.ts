// The time range, kept in the URL: relative (`from=now-6h`) as picked, absolute as brushed on a chart.

import { useCallback, useMemo } from "react";
import { optional, text, useSearchState } from "../app/searchState";
import { clock, date, when } from "../words/moments";

export type Range = { from: string; to: string };

export const RANGES: ReadonlyArray<{ from: string; words: string }> = [
  { from: "now-5m", words: "5 min" },
  { from: "now-1h", words: "1 h" },
  { from: "now-6h", words: "6 h" },
  { from: "now-24h", words: "24 h" },
  { from: "now-7d", words: "7 d" },
  { from: "now-28d", words: "28 d" },
];

/** "last 6 h", or "Nov 22 09:10 – 09:50". */
export function rangeWords(range: Range): string {
  const preset = RANGES.find((each) => each.from === range.from && range.to === "now");
  if (preset) return `last ${preset.words}`;
  const from = new Date(range.from);
  if (range.to === "now" && !Number.isNaN(from.getTime())) return `since ${when(range.from)}`;
  const to = new Date(range.to);
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return `${range.from} to ${range.to}`;
  const sameDay = from.toDateString() === to.toDateString();
  return `${date(from)} ${clock(from)} – ${sameDay ? "" : `${date(to)} `}${clock(to)}`;
}

const UNIT_SECONDS = { m: 60, h: 3_600, d: 86_400 };

/** The usual range, but not from before there was anything to show: `now-6h`, or the moment data began. */
export function notBefore(usual: string, began: string | null, now: Date = new Date()): string {
  const found = /^now-(\d+)([mhd])$/.exec(usual);
  if (began === null || !found) return usual;
  const unit = found[2] as keyof typeof UNIT_SECONDS;
  const start = now.getTime() - Number(found[1]) * UNIT_SECONDS[unit] * 1000;
  return new Date(began).getTime() > start ? began : usual;
}

/** A brushed stretch of a chart as a range, in whole seconds. */
export function brushed(fromEpoch: number, toEpoch: number): Range {
  const iso = (epoch: number) => new Date(Math.round(epoch) * 1000).toISOString().replace(".000Z", "Z");
  return { from: iso(fromEpoch), to: iso(toEpoch) };
}

const PARAMS = { from: optional, to: text("now") };

/** The range in the URL, or null where none is chosen; and how to choose one. */
export function useRange() {
  const [{ from, to }, set] = useSearchState(PARAMS);
  const chosen = useMemo((): Range | null => (from === null ? null : { from, to }), [from, to]);
  const choose = useCallback((range: Range | null) => set(range ?? { from: null, to: "now" }), [set]);
  return { chosen, choose, or: (usual: string): Range => chosen ?? { from: usual, to: "now" } };
}
