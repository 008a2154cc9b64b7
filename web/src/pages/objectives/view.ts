// What of the objectives is shown, and in which order: filter, state, group and sort, all kept in the URL.

import { useCallback, useMemo, useRef } from "react";
import { useSearchParams } from "wouter";
import type { Objective } from "../../api/types";
import { matches } from "../../parts/Search";
import { severityOf } from "../../states/states";

export type SortKey = "name" | "state" | "target" | "attained" | "budget" | "burn" | "bad" | "exhausted";
export type Row = { kind: "group"; service: string; tier: string | null; team: string | null } | { kind: "objective"; objective: Objective };

type Order = (one: Objective, other: Objective) => number;
const LAST = Number.POSITIVE_INFINITY;

const burnOf = (objective: Objective) => objective.burn.find((burn) => burn.window === "1h")?.rate ?? -1;
const recentlyBad = (objective: Objective) => (objective.sparkline.at(-1) ?? 0) + (objective.sparkline.at(-2) ?? 0);

/** Each order begins with what hurts; `desc` in the URL turns it round. */
const ORDERS: Record<SortKey, Order> = {
  name: (one, other) => one.display_name.localeCompare(other.display_name),
  state: (one, other) => severityOf(one.state) - severityOf(other.state),
  target: (one, other) => other.target - one.target,
  attained: (one, other) => (one.attained ?? LAST) - (other.attained ?? LAST),
  budget: (one, other) => (one.budget.remaining_ratio ?? LAST) - (other.budget.remaining_ratio ?? LAST),
  burn: (one, other) => burnOf(other) - burnOf(one),
  bad: (one, other) => recentlyBad(other) - recentlyBad(one),
  exhausted: (one, other) => (one.exhausted_in_seconds ?? LAST) - (other.exhausted_in_seconds ?? LAST),
};

export function useObjectivesView(items: readonly Objective[]) {
  const [search, setSearch] = useSearchParams();
  const typed = search.get("q") ?? "";
  const state = search.get("state") ?? "";
  const group = search.get("group") ?? "service";
  const sort = search.get("sort") as SortKey | null;
  const turned = search.get("desc") !== null;
  const set = useCallback(
    (name: string, value: string) =>
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === "") after.delete(name);
          else after.set(name, value);
          return after;
        },
        { replace: true },
      ),
    [setSearch],
  );
  const sortBy = useCallback(
    (key: SortKey) =>
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          const turn = before.get("sort") === key && before.get("desc") === null;
          after.delete("desc");
          after.set("sort", key);
          if (turn) after.set("desc", "1");
          return after;
        },
        { replace: true },
      ),
    [setSearch],
  );
  const ordered = useSteadyOrder(items, sort, turned);
  const rows = useMemo(() => {
    const text = (objective: Objective) => `${objective.display_name} ${objective.name} ${objective.service} ${objective.team ?? ""}`;
    const chosen = ordered.filter((objective) => (state === "" || objective.state === state) && matches(text(objective), typed));
    return group === "service" ? grouped(chosen) : chosen.map((objective): Row => ({ kind: "objective", objective }));
  }, [ordered, state, typed, group]);
  return { typed, state, group, sort, turned, rows, set, sortBy };
}

/**
 * Rows keep their places while only numbers change: the order is made anew when an objective appears,
 * goes, or changes its state, or when the reader sorts.
 */
function useSteadyOrder(items: readonly Objective[], sort: SortKey | null, turned: boolean): readonly Objective[] {
  const places = useRef<{ occasion: string; place: Map<string, number> }>({ occasion: "", place: new Map() });
  return useMemo(() => {
    const states = items.map((objective) => `${objective.name} ${objective.state}`).sort();
    const occasion = [sort, turned, ...states].join("\n");
    if (places.current.occasion !== occasion) {
      const order = sort === null || !(sort in ORDERS) ? null : ORDERS[sort];
      const sorted = order === null ? [...items] : [...items].sort((one, other) => (turned ? -order(one, other) : order(one, other)));
      places.current = { occasion, place: new Map(sorted.map((objective, index) => [objective.name, index])) };
    }
    const { place } = places.current;
    return [...items].sort((one, other) => (place.get(one.name) ?? 0) - (place.get(other.name) ?? 0));
  }, [items, sort, turned]);
}

/** Services in the order of their worst objective, each with its objectives below it. */
function grouped(objectives: readonly Objective[]): Row[] {
  const services = new Map<string, Objective[]>();
  for (const objective of objectives) {
    const known = services.get(objective.service);
    if (known) known.push(objective);
    else services.set(objective.service, [objective]);
  }
  return [...services].flatMap(([service, members]): Row[] => [
    { kind: "group", service, tier: members[0]!.tier, team: members[0]!.team },
    ...members.map((objective): Row => ({ kind: "objective", objective })),
  ]);
}
