// What of the objectives is shown, and in which order: filter, state, group and sort, all kept in the URL.

import { useCallback, useMemo, useState } from "react";
import { flag, oneOf, sortedBy, text, useSearchState } from "../../app/searchState";
import type { Objective } from "../../api/types";
import { matches } from "../../parts/Search";
import { isIn, type Trouble, troubleOf, TROUBLES, urgencyOf } from "../../states/states";

export type SortKey = "name" | "state" | "target" | "attained" | "budget" | "burn" | "bad" | "exhausted";
export type Row =
  | { kind: "group"; service: string; tier: string | null; team: string | null }
  | { kind: "trouble"; trouble: Trouble; count: number }
  | { kind: "objective"; objective: Objective };

type Order = (one: Objective, other: Objective) => number;
const LAST = Number.POSITIVE_INFINITY;

const burnOf = (objective: Objective) => windowOf(objective, "1h")?.rate ?? -1;
const recentlyBad = (objective: Objective) => {
  const recent = windowOf(objective, "5m");
  return recent ? recent.total - recent.good : 0;
};

function windowOf(objective: Objective, window: string) {
  return objective.burn.find((burn) => burn.window === window);
}

/** Each order begins with the worst; `desc` in the URL turns it round. */
const ORDERS: Record<SortKey, Order> = {
  name: (one, other) => one.display_name.localeCompare(other.display_name),
  state: (one, other) => urgencyOf(one.state, one.burn_state) - urgencyOf(other.state, other.burn_state),
  target: (one, other) => other.target - one.target,
  attained: (one, other) => (one.attained ?? LAST) - (other.attained ?? LAST),
  budget: (one, other) => (one.budget.remaining_ratio ?? LAST) - (other.budget.remaining_ratio ?? LAST),
  burn: (one, other) => burnOf(other) - burnOf(one),
  bad: (one, other) => recentlyBad(other) - recentlyBad(one),
  exhausted: (one, other) => (one.exhausted_in_seconds ?? LAST) - (other.exhausted_in_seconds ?? LAST),
};

const PARAMS = {
  q: text(),
  state: text(),
  group: oneOf(["trouble", "service", "none"], "trouble"),
  sort: oneOf(Object.keys(ORDERS) as SortKey[], null),
  desc: flag,
};

export function useObjectivesView(items: readonly Objective[]) {
  const [{ q: typed, state, group, sort, desc: turned }, set] = useSearchState(PARAMS, "replace");
  const sortBy = useCallback(
    (key: SortKey | null) => set(key === null ? { sort: null, desc: false } : sortedBy(key)),
    [set],
  );
  const ordered = useSteadyOrder(items, sort, turned);
  const rows = useMemo(() => {
    const text = (objective: Objective) =>
      `${objective.display_name} ${objective.name} ${objective.service} ${objective.team ?? ""}`;
    const chosen = ordered.filter(
      (objective) => (state === "" || isIn(objective, state)) && matches(text(objective), typed),
    );
    if (group === "service") return byService(chosen);
    return group === "trouble" ? byTrouble(chosen) : chosen.map(rowOf);
  }, [ordered, state, typed, group]);
  return { typed, state, group, sort, turned, rows, set, sortBy };
}

/**
 * Rows keep their places while only numbers change: rows are sorted again when an objective appears,
 * goes, or changes its state, or when the reader sorts.
 */
function useSteadyOrder(
  items: readonly Objective[],
  sort: SortKey | null,
  turned: boolean,
): readonly Objective[] {
  const occasion = useMemo(() => {
    const states = items
      .map((objective) => `${objective.name} ${objective.state} ${objective.burn_state}`)
      .sort();
    return [sort, turned, ...states].join("\n");
  }, [items, sort, turned]);
  const [kept, setKept] = useState<Places>({ occasion: "", place: new Map() });
  const current = kept.occasion === occasion ? kept : { occasion, place: placesOf(items, sort, turned) };
  if (current !== kept) setKept(current);
  const { place } = current;
  return useMemo(
    () => [...items].sort((one, other) => (place.get(one.name) ?? 0) - (place.get(other.name) ?? 0)),
    [items, place],
  );
}

type Places = { occasion: string; place: ReadonlyMap<string, number> };

function placesOf(items: readonly Objective[], sort: SortKey | null, turned: boolean): Map<string, number> {
  const order = sort === null ? () => 0 : ORDERS[sort];
  const sorted = [...items].sort((one, other) => (turned ? -order(one, other) : order(one, other)));
  return new Map(sorted.map((objective, index) => [objective.name, index]));
}

/** Services in the order of their worst objective, each with its objectives below it. */
function byService(objectives: readonly Objective[]): Row[] {
  const services = new Map<string, Objective[]>();
  for (const objective of objectives) {
    const known = services.get(objective.service);
    if (known) known.push(objective);
    else services.set(objective.service, [objective]);
  }
  return [...services].flatMap(([service, members]): Row[] => [
    { kind: "group", service, tier: members[0]?.tier ?? null, team: members[0]?.team ?? null },
    ...members.map(rowOf),
  ]);
}

const rowOf = (objective: Objective): Row => ({ kind: "objective", objective });

/** What burns, what is not known, what is lost and quiet, and the rest; a group without rows is left out. */
function byTrouble(objectives: readonly Objective[]): Row[] {
  return TROUBLES.flatMap((trouble): Row[] => {
    const members = objectives.filter(
      (objective) => troubleOf(objective.state, objective.burn_state) === trouble,
    );
    if (members.length === 0) return [];
    return [{ kind: "trouble", trouble, count: members.length }, ...members.map(rowOf)];
  });
}
