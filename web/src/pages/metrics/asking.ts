// What is asked of a metric, kept in the URL: the function, groups, filters, and which of its streams.

import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import type { MetricAsk } from "../../api/types";

export const EACH = "*";
/** As many as can be told apart by colour; the rest are one line. */
const DRAWN = 7;

export function useAsked() {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const ask = useMemo((): MetricAsk & { by: string[]; where: string[] } => {
    const asked = new URLSearchParams(text);
    const one = (name: "fn" | "kind" | "unit") => (asked.has(name) ? { [name]: asked.get(name) } : {});
    return { ...one("fn"), ...one("kind"), ...one("unit"), by: asked.getAll("by"), where: asked.getAll("where"), top: DRAWN };
  }, [text]);
  const change = useCallback(
    (turn: (asked: URLSearchParams) => void) =>
      setSearch((before) => {
        const after = new URLSearchParams(before);
        turn(after);
        return after;
      }),
    [setSearch],
  );
  return {
    ask,
    pick: (name: "fn" | "kind" | "unit", value: string) => change((asked) => asked.set(name, value)),
    /** Another stream has other functions. */
    pickStream: (kind: string, unit: string) =>
      change((asked) => {
        asked.set("kind", kind);
        asked.set("unit", unit);
        asked.delete("fn");
      }),
    turnGroup: (key: string) => change((asked) => turnedGroup(asked, key)),
    turnFilter: (filter: string) => change((asked) => turned(asked, "where", filter)),
  };
}

function turned(asked: URLSearchParams, name: string, value: string) {
  const before = asked.getAll(name);
  asked.delete(name);
  const after = before.includes(value) ? before.filter((each) => each !== value) : [...before, value];
  after.forEach((each) => asked.append(name, each));
}

/** Each series for itself and groups exclude one another. */
function turnedGroup(asked: URLSearchParams, key: string) {
  const clears = key === EACH ? !asked.getAll("by").includes(EACH) : asked.getAll("by").includes(EACH);
  if (clears) asked.delete("by");
  turned(asked, "by", key);
}
