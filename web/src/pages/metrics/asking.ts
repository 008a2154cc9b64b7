// What is asked of a metric, kept in the URL: the function, groups, filters, and which of its streams.

import { useMemo } from "react";
import { list, optional, type Param, useSearchState } from "../../app/searchState";
import type { MetricAsk } from "../../api/types";

export const EACH = "*";
/** As many lines as colours can tell apart; the rest are drawn as one. */
const DRAWN = 7;
const OF_SERVICE = "service.name=";

const PARAMS = { fn: optional, kind: optional, unit: unitOf(), by: list, where: list };

export function useAsked() {
  const [{ fn, kind, unit, by, where }, set] = useSearchState(PARAMS);
  const ask = useMemo(
    (): MetricAsk & { by: string[]; where: string[] } => ({
      ...(fn === null ? {} : { fn }),
      ...(kind === null ? {} : { kind }),
      ...(unit === null ? {} : { unit }),
      by: [...by],
      where: [...where],
      top: DRAWN,
    }),
    [fn, kind, unit, by, where],
  );
  return {
    ask,
    /** The services that the filters leave; null where they leave all. */
    services: servicesIn(where),
    pick: (name: "fn" | "kind" | "unit", value: string) => set({ [name]: value }),
    /** Another stream has other functions. */
    pickStream: (kind: string, unit: string) => set({ kind, unit, fn: null }),
    turnGroup: (key: string) => set((asked) => ({ by: turnedGroup(asked.by, key) })),
    turnFilter: (filter: string) => set((asked) => ({ where: turned(asked.where, filter) })),
  };
}

function servicesIn(where: readonly string[]): readonly string[] | null {
  const named = where
    .filter((each) => each.startsWith(OF_SERVICE))
    .map((each) => each.slice(OF_SERVICE.length));
  return named.length > 0 ? named : null;
}

/** A stream may have no unit, which is asked for as an empty one. */
function unitOf(): Param<string | null> {
  return { read: ([first]) => first ?? null, write: (value) => (value === null ? [] : [value]) };
}

function turned(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
}

/** Each series for itself and groups exclude one another. */
function turnedGroup(by: readonly string[], key: string): readonly string[] {
  return (key === EACH) === by.includes(EACH) ? turned(by, key) : [key];
}
