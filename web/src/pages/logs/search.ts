// What the reader asked for, kept in the URL: words, conditions, and which of the two views.

import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import type { LogAsk } from "../../api/logs";
import { useRange } from "../../range/range";
import { millisecondOf } from "./ways";

const TYPING_MILLISECONDS = 250;

export type Condition = { field: string; sign: "=" | "!=" | ">="; value: string };

export function parsed(text: string): Condition | null {
  const found = /^([^=!>]+?)\s*(!=|>=|=)(.*)$/s.exec(text);
  return found ? { field: found[1]!, sign: found[2] as Condition["sign"], value: found[3]! } : null;
}

/** A condition in words: "service is cart", "zone is not a", "severity is warn or worse". */
export function conditionWords(text: string): string {
  const found = parsed(text);
  if (!found) return text;
  const value = found.value === "" ? "empty" : found.value;
  if (found.sign === ">=") return `${found.field} is ${value} or worse`;
  return `${found.field} is ${found.sign === "!=" ? "not " : ""}${value}`;
}

/** The conditions after one is turned on or off; a value is never asked for and left out at once. */
export function turned(conditions: readonly string[], text: string): string[] {
  if (conditions.includes(text)) return conditions.filter((each) => each !== text);
  const { field, sign, value } = parsed(text) ?? { field: text, sign: "=", value: "" };
  const opposite = `${field}${sign === "!=" ? "=" : "!="}${value}`;
  return [...conditions.filter((each) => each !== opposite), text];
}

export function useLogSearch(usual: string) {
  const range = useRange();
  const [search, setSearch] = useSearchParams();
  const from = range.chosen?.from ?? usual;
  const to = range.chosen?.to ?? "now";
  const where = search.getAll("where");
  const [q] = useDebouncedValue(search.get("q") ?? "", TYPING_MILLISECONDS);
  const key = where.join("\n");
  const ask = useMemo((): LogAsk => ({ from, to, ...(q ? { q } : {}), ...(key ? { where: key.split("\n") } : {}) }), [from, to, q, key]);
  // A trace's lines are looked for when it was, unless a time is chosen.
  const about = useMemo((): LogAsk => {
    const { from: _from, to: _to, ...rest } = ask;
    const aboutTrace = rest.where?.some((each) => each.startsWith("trace=")) ?? false;
    return aboutTrace && range.chosen === null ? rest : ask;
  }, [ask, range.chosen]);
  const change = (edit: (after: URLSearchParams) => void) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      after.delete("line");
      edit(after);
      return after;
    });
  const put = (after: URLSearchParams, conditions: readonly string[]) => {
    after.delete("where");
    conditions.forEach((each) => after.append("where", each));
  };
  return {
    range,
    ask: about,
    where,
    /** The line somebody came for, by its id; not once another time was chosen. */
    line: lineIn(search.get("line"), from, to),
    view: search.get("view") === "patterns" ? ("patterns" as const) : ("lines" as const),
    live: search.get("live") === "1",
    show: (view: "lines" | "patterns") => change((after) => (view === "lines" ? after.delete("view") : after.set("view", view))),
    turnLive: (on: boolean) =>
      change((after) => {
        after.delete("live");
        if (on) {
          after.set("live", "1");
          after.delete("view");
          after.delete("to");
        }
      }),
    turn: (text: string) => change((after) => put(after, turned(where, text))),
    clear: () =>
      change((after) => {
        after.delete("where");
        after.delete("q");
      }),
    look: (q: string) =>
      change((after) => {
        after.delete("view");
        after.set("q", q);
      }),
  };
}

function lineIn(line: string | null, from: string, to: string): string | null {
  if (line === null) return null;
  const at = millisecondOf(line);
  // A relative range has no moments to compare with, and leaves nothing out.
  return at < new Date(from).getTime() || at > new Date(to).getTime() ? null : line;
}

export type LogSearch = ReturnType<typeof useLogSearch>;
