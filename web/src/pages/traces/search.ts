// What is looked for, kept in the URL in the API's own words: one place reads it, one writes it.

import { useSearchParams } from "wouter";
import type { TraceSearch } from "../../api/types";
import { type Range, useRange } from "../../range/range";

export const USUAL_RANGE = "now-1h";

/** The conditions that hold one value; durations are in seconds. */
export type Single = "service" | "operation" | "kind" | "status" | "zone" | "version" | "objective" | "scope" | "min_duration_seconds" | "max_duration_seconds";
const SINGLES: readonly Single[] = ["service", "operation", "kind", "status", "zone", "version", "objective", "scope", "min_duration_seconds", "max_duration_seconds"];
const DURATIONS: ReadonlySet<string> = new Set(["min_duration_seconds", "max_duration_seconds"]);

export type Choice = Partial<Record<Single | "sort" | "from" | "to", string | null>>;

export function useTraceSearch() {
  const [search, setSearch] = useSearchParams();
  const range = useRange();
  const chosen = new Map(SINGLES.flatMap((name) => (search.get(name) ? [[name, search.get(name)!] as const] : [])));
  const attributes = search.getAll("attribute");
  const slowest = search.get("sort") === "slowest";
  const asked = askedOf(chosen, attributes, slowest, range.or(USUAL_RANGE));
  const change = (edit: (after: URLSearchParams) => void) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      edit(after);
      return after;
    });
  const choose = (choice: Choice) =>
    change((after) => {
      for (const [name, value] of Object.entries(choice)) {
        if (value) after.set(name, value);
        else after.delete(name);
      }
      // An operation belongs to its service.
      if ("service" in choice && !("operation" in choice)) after.delete("operation");
    });
  const setAttributes = (values: readonly string[]) =>
    change((after) => {
      after.delete("attribute");
      values.forEach((value) => after.append("attribute", value));
    });
  const clear = () => change((after) => [...SINGLES, "attribute"].forEach((name) => after.delete(name)));
  return { asked, chosen, attributes, slowest, range, choose, setAttributes, clear, isNarrowed: chosen.size + attributes.length > 0 };
}

export type View = ReturnType<typeof useTraceSearch>;

function askedOf(chosen: ReadonlyMap<Single, string>, attributes: readonly string[], slowest: boolean, range: Range): TraceSearch {
  const singles = [...chosen].map(([name, value]) => [name, DURATIONS.has(name) ? Number(value) : value] as const);
  return { ...Object.fromEntries(singles), ...(attributes.length > 0 ? { attribute: [...attributes] } : {}), ...(slowest ? { sort: "slowest" as const } : {}), ...range };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** "300 ms", "1.5s", "200" (milliseconds) in seconds as text; null for anything else. */
export function secondsIn(text: string): string | null {
  const found = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m)?$/.exec(text.trim());
  return found ? String(Number((Number(found[1]) * UNIT_SECONDS[found[2] ?? "ms"]!).toPrecision(12))) : null;
}

/** "payment, failed, over 300 ms": the conditions in words. */
export function conditionWords(name: Single, value: string): string {
  if (name === "min_duration_seconds") return `at least ${durationWords(value)}`;
  if (name === "max_duration_seconds") return `at most ${durationWords(value)}`;
  if (name === "status") return value === "error" ? "failed" : "did not fail";
  if (name === "scope") return value === "root" ? "first span of a trace" : "any span";
  if (name === "objective") return `broke ${value}`;
  return `${name} ${value}`;
}

/** "300 ms", "1.5 s": a chosen duration as it was meant. */
export function durationWords(seconds: string): string {
  const value = Number(seconds);
  return value >= 1 ? `${Number(value.toPrecision(3))} s` : `${Number((value * 1000).toPrecision(3))} ms`;
}
