// The time range, kept in the URL: relative (`from=now-6h`) as picked, absolute as typed or brushed on a chart.

import { useCallback, useMemo } from "react";
import { type Edit, oneOf, optional, text, useSearchState } from "../app/searchState";
import { shownZone } from "../words/shownZone";
import { comparedWith, type Comparison, isoOf, type Range, UNIT_MILLISECONDS, wordsOf } from "./ranges";

export type { Comparison, Range } from "./ranges";

/** "last 6 h", or "Sun 22 Nov 09:10 – 09:50", in the zone shown. */
export function rangeWords(range: Range, now: number = Date.now()): string {
  return wordsOf(range, shownZone(), now);
}

/** The usual range, but not from before there was anything to show: `now-6h`, or the moment data began. */
export function notBefore(usual: string, began: string | null, now: Date = new Date()): string {
  const found = /^now-(\d+)([mhd])$/.exec(usual);
  if (began === null || !found) return usual;
  const start = now.getTime() - Number(found[1]) * UNIT_MILLISECONDS[found[2] as "m" | "h" | "d"];
  return new Date(began).getTime() > start ? began : usual;
}

const PINNED_MILLISECONDS = 30_000;

/**
 * A range up to now, ended at one instant for every read of a page: the last half minute before `measured`.
 * Counts beside each other are then of the same events, however long each of them takes to read.
 */
export function pinned({ from, to }: Range, measured: string): Range {
  if (to !== "now") return { from, to };
  const end = Math.floor(new Date(measured).getTime() / PINNED_MILLISECONDS) * PINNED_MILLISECONDS;
  const found = /^now-(\d+)([smhdw])$/.exec(from);
  if (!found) return new Date(from).getTime() < end ? { from, to: isoOf(end) } : { from, to };
  const length = Number(found[1]) * UNIT_MILLISECONDS[found[2] as keyof typeof UNIT_MILLISECONDS];
  return { from: isoOf(end - length), to: isoOf(end) };
}

/** A brushed interval of a chart as a range, in whole seconds. */
export function brushed(fromEpoch: number, toEpoch: number): Range {
  return { from: isoOf(Math.round(fromEpoch) * 1000), to: isoOf(Math.round(toEpoch) * 1000) };
}

const PARAMS = { from: optional, to: text("now") };
/** What a brush over durations chooses beside the time. */
const DURATIONS = { min_duration_seconds: optional, max_duration_seconds: optional };
const BRUSHED = { ...PARAMS, ...DURATIONS };
type Before = Edit<typeof BRUSHED>;

/** What was looked at before a range was brushed, for the way back; it lasts until the page is loaded again. */
const before = new Map<string, Before>();
const keyOf = ({ from, to }: Range) => `${from} ${to}`;

/** The range in the URL, or null where none is chosen; and how to choose one. */
export function useRange() {
  const [{ from, to }, set] = useSearchState(BRUSHED);
  const chosen = useMemo((): Range | null => (from === null ? null : { from, to }), [from, to]);
  const choose = useCallback((range: Range | null) => set(range ?? { from: null, to: "now" }), [set]);
  /** Chooses a range, and keeps the one before for the way back; durations where they are brushed too. */
  const brush = useCallback(
    (range: Range, durations: Edit<typeof DURATIONS> = {}) =>
      set((state) => {
        const names = Object.keys(durations) as (keyof typeof DURATIONS)[];
        const past = Object.fromEntries(names.map((name) => [name, state[name]]));
        before.set(keyOf(range), { from: state.from, to: state.to, ...past });
        return { ...range, ...durations };
      }),
    [set],
  );
  const past = chosen === null ? undefined : before.get(keyOf(chosen));
  const zoomBack = past === undefined ? null : () => set(past);
  return {
    chosen,
    choose,
    brush,
    zoomBack,
    or: (usual: string): Range => chosen ?? { from: usual, to: "now" },
  };
}

const COMPARED = { compare: oneOf<Comparison, null>(["before", "week"], null) };

/** What charts are compared with, in the URL; and how to choose it. */
export function useComparison(): [Comparison | null, (chosen: Comparison | null) => void] {
  const [{ compare }, set] = useSearchState(COMPARED);
  const choose = useCallback((chosen: Comparison | null) => set({ compare: chosen }), [set]);
  return [compare, choose];
}

export const COMPARED_WORDS: Record<Comparison, string> = { before: "the period before", week: "a week ago" };

const MINUTE = 60_000;

function thisMinute(): number {
  return Math.floor(Date.now() / MINUTE) * MINUTE;
}

/** What to draw under a chart: the range to read, how many seconds earlier it is, and what it is called. */
export type Compared = { range: Range; seconds: number; words: string };

/** The range to compare with, or null for none; one with a fixed end and a moving one moves once a minute. */
export function useCompared(looked: Range): Compared | null {
  const [comparison] = useComparison();
  if (comparison === null) return null;
  const found = comparedWith(looked, comparison, thisMinute());
  if (found === null) return null;
  const { shift, ...range } = found;
  return { range, seconds: shift / 1000, words: COMPARED_WORDS[comparison] };
}
