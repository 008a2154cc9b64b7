// What is looked for, kept in the URL in the API's own words: one place reads it, one writes it.

import { type Edit, list, oneOf, optional, text, useSearchState } from "../../app/searchState";
import type { TraceSearch } from "../../api/types";
import { type Range, useRange } from "../../range/range";
import { exactDuration } from "../../words/durations";

export const USUAL_RANGE = "now-5m";

const CONDITIONS = {
  service: optional,
  operation: optional,
  kind: optional,
  status: optional,
  outcome: optional,
  happened: optional,
  zone: optional,
  version: optional,
  objective: optional,
  scope: optional,
  min_duration_seconds: optional,
  max_duration_seconds: optional,
};
/** The conditions that hold one value; durations are in seconds. */
export type Single = keyof typeof CONDITIONS;
const SINGLES = Object.keys(CONDITIONS) as Single[];
const PARAMS = {
  ...CONDITIONS,
  attribute: list,
  sort: oneOf(["failed", "newest", "slowest"], "failed"),
  from: optional,
  to: text("now"),
};
const DURATIONS: ReadonlySet<string> = new Set(["min_duration_seconds", "max_duration_seconds"]);

export type Sort = "failed" | "newest" | "slowest";
export type Choice = Edit<typeof PARAMS>;

export function useTraceSearch() {
  const [state, set] = useSearchState(PARAMS);
  const range = useRange();
  const chosen = new Map(
    SINGLES.flatMap((name) => (state[name] === null ? [] : [[name, state[name]] as const])),
  );
  const { attribute: attributes } = state;
  const { sort } = state;
  const asked = askedOf(chosen, attributes, sort, range.or(USUAL_RANGE));
  /** An operation belongs to its service. */
  const choose = (choice: Choice) => set("service" in choice ? { operation: null, ...choice } : choice);
  const setAttributes = (attribute: readonly string[]) => set({ attribute });
  const clear = () =>
    set({ ...(Object.fromEntries(SINGLES.map((name) => [name, null])) as Choice), attribute: [] });
  return {
    asked,
    chosen,
    attributes,
    sort,
    range,
    choose,
    setAttributes,
    clear,
    isNarrowed: chosen.size + attributes.length > 0,
  };
}

export type View = ReturnType<typeof useTraceSearch>;

function askedOf(
  chosen: ReadonlyMap<Single, string>,
  attributes: readonly string[],
  sort: Sort,
  range: Range,
): TraceSearch {
  const singles = [...chosen].map(
    ([name, value]) => [name, DURATIONS.has(name) ? Number(value) : value] as const,
  );
  return {
    ...Object.fromEntries(singles),
    ...(attributes.length > 0 ? { attribute: [...attributes] } : {}),
    sort,
    ...range,
  };
}

const UNIT_SECONDS = { us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** "300 ms", "1.5s", "200" (milliseconds) in seconds as text; null for anything else. */
export function secondsIn(text: string): string | null {
  const found = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m)?$/.exec(text.trim());
  if (!found) return null;
  const unit = (found[2] ?? "ms") as keyof typeof UNIT_SECONDS;
  return String(Number((Number(found[1]) * UNIT_SECONDS[unit]).toPrecision(12)));
}

/** "payment, failed, over 300 ms": the conditions in words. */
export function conditionWords(name: Single, value: string): string {
  if (name === "min_duration_seconds") return `at least ${exactDuration(Number(value))}`;
  if (name === "max_duration_seconds") return `at most ${exactDuration(Number(value))}`;
  if (name === "status") return value === "error" ? "failed" : "did not fail";
  if (name === "outcome") return value === "usual" ? "as usual" : value;
  if (name === "happened") return value;
  if (name === "scope") return value === "root" ? "first span of a trace" : "any span";
  if (name === "objective") return `violated ${value}`;
  return `${name} ${value}`;
}
