// How a table is drawn in this browser: the columns that are hidden, and how near its rows are. Kept by the table's label.

import { useSyncExternalStore } from "react";

export type Density = "comfortable" | "compact";
export type TableView = { readonly hidden: readonly string[]; readonly density: Density };

export const USUAL: TableView = { hidden: [], density: "comfortable" };
const KEY = "holdfast-tables";
const TABLES_MOST = 100;
const listeners = new Set<() => void>();
let views: ReadonlyMap<string, TableView> = remembered();

/** A browser may keep nothing for us, or refuse to be asked. */
function remembered(): ReadonlyMap<string, TableView> {
  try {
    return viewsIn(localStorage.getItem(KEY));
  } catch {
    return new Map();
  }
}

/** The views in a text; what is none is ignored. */
export function viewsIn(kept: string | null): ReadonlyMap<string, TableView> {
  let found: unknown;
  try {
    found = JSON.parse(kept ?? "{}");
  } catch {
    return new Map();
  }
  if (typeof found !== "object" || found === null) return new Map();
  return new Map(Object.entries(found).flatMap(([label, one]) => (isView(one) ? [[label, one]] : [])));
}

function isView(one: unknown): one is TableView {
  const view = one as Partial<TableView> | null;
  const hides = Array.isArray(view?.hidden) && view.hidden.every((key) => typeof key === "string");
  return hides && (view.density === "comfortable" || view.density === "compact");
}

/** Shows a column, or hides it. */
export function turned(view: TableView, key: string): TableView {
  const hidden = view.hidden.includes(key) ? view.hidden.filter((one) => one !== key) : [...view.hidden, key];
  return { ...view, hidden };
}

function keep(label: string, view: TableView) {
  const others = [...views].filter(([other]) => other !== label);
  views = new Map([...others, [label, view] as const].slice(-TABLES_MOST));
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(views)));
  } catch {
    // Nothing is kept: the choice lasts until the page is left.
  }
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** How a table is drawn, and how to choose it. */
export function useTableView(label: string): [TableView, (view: TableView) => void] {
  const view = useSyncExternalStore(subscribe, () => views.get(label)) ?? USUAL;
  return [view, (next) => keep(label, next)];
}
