// What the reader asked for, kept in the URL: words, conditions, and which of the two views.

import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import { type Edit, flag, list, oneOf, optional, text, useSearchState } from "../../app/searchState";
import type { LogAsk } from "../../api/logs";
import { useRange } from "../../range/range";
import { millisecondOf } from "./ways";

const TYPING_MILLISECONDS = 250;

export type Condition = { field: string; sign: "=" | "!=" | ">="; value: string };

export function parsed(text: string): Condition | null {
  const [, field, sign, value] = /^([^=!>]+?)\s*(!=|>=|=)(.*)$/s.exec(text) ?? [];
  if (field === undefined || value === undefined) return null;
  return { field, sign: sign as Condition["sign"], value };
}

/** A condition in words: "service is cart", "zone is not a", "severity is warn or worse". */
export function conditionWords(text: string): string {
  const found = parsed(text);
  if (!found) return text;
  const value = found.value === "" ? "empty" : found.value;
  if (found.sign === ">=") return `${found.field} is ${value} or worse`;
  return `${found.field} is ${found.sign === "!=" ? "not " : ""}${value}`;
}

/** The conditions after one is turned on or off; a value is never included and excluded at once. */
export function turned(conditions: readonly string[], text: string): string[] {
  if (conditions.includes(text)) return conditions.filter((each) => each !== text);
  const { field, sign, value } = parsed(text) ?? { field: text, sign: "=", value: "" };
  const opposite = `${field}${sign === "!=" ? "=" : "!="}${value}`;
  return [...conditions.filter((each) => each !== opposite), text];
}

/** The services that the conditions leave; null where they leave all. */
export function servicesOf(conditions: readonly string[]): string[] | null {
  const named = conditions
    .map(parsed)
    .flatMap((each) => (each?.field === "service" && each.sign === "=" ? [each.value] : []));
  return named.length > 0 ? named : null;
}

const PARAMS = {
  q: text(),
  where: list,
  line: optional,
  view: oneOf(["lines", "patterns"], "lines"),
  live: flag,
  to: text("now"),
};

export function useLogSearch(usual: string) {
  const range = useRange();
  const [{ q: typed, where, line, view, live }, set] = useSearchState(PARAMS);
  const from = range.chosen?.from ?? usual;
  const to = range.chosen?.to ?? "now";
  const [q] = useDebouncedValue(typed, TYPING_MILLISECONDS);
  const key = where.join("\n");
  const ask = useMemo(
    (): LogAsk => ({ from, to, ...(q ? { q } : {}), ...(key ? { where: key.split("\n") } : {}) }),
    [from, to, q, key],
  );
  // A trace's lines are looked for when it was, unless a time is chosen.
  const about = useMemo((): LogAsk => {
    const { from: _from, to: _to, ...rest } = ask;
    const aboutTrace = rest.where?.some((each) => each.startsWith("trace=")) ?? false;
    return aboutTrace && range.chosen === null ? rest : ask;
  }, [ask, range.chosen]);
  // Whoever asks for something else no longer looks for the line they came for.
  const change = (edit: Edit<typeof PARAMS>) => set({ line: null, ...edit });
  return {
    range,
    ask: about,
    where,
    /** The line somebody came for, by its id; not once another time was chosen. */
    line: lineIn(line, from, to),
    view,
    live,
    show: (view: "lines" | "patterns") => change({ view }),
    turnLive: (on: boolean) => change(on ? { live: true, view: "lines", to: "now" } : { live: false }),
    turn: (text: string) => change({ where: turned(where, text) }),
    clear: () => change({ where: [], q: "" }),
    look: (q: string) => change({ view: "lines", q }),
  };
}

function lineIn(line: string | null, from: string, to: string): string | null {
  if (line === null) return null;
  const at = millisecondOf(line);
  // A relative range has no moments to compare with, and leaves nothing out.
  return at < new Date(from).getTime() || at > new Date(to).getTime() ? null : line;
}

export type LogSearch = ReturnType<typeof useLogSearch>;
