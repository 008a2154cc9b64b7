// Views that this browser keeps under a name: an address with its filters and its time. A pinned one stands in the rail.

import { useSyncExternalStore } from "react";

export type View = { name: string; address: string; isPinned: boolean };

/** As the server has it. */
export const NAME_MOST = 100;
const KEY = "holdfast-pins";
const VIEWS_MOST = 200;
const listeners = new Set<() => void>();
let views: readonly View[] = remembered();

/** A browser may keep nothing for us, or something that is no list of views. */
function remembered(): readonly View[] {
  try {
    return viewsIn(localStorage.getItem(KEY));
  } catch {
    return [];
  }
}

/** The views in a text; what is none, or leads out of this page, is left out. Those kept before there were others are pinned. */
export function viewsIn(kept: string | null): readonly View[] {
  let found: unknown;
  try {
    found = JSON.parse(kept ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(found)) return [];
  return found
    .filter(isView)
    .slice(0, VIEWS_MOST)
    .map(({ name, address, isPinned }) => ({ name, address, isPinned: isPinned ?? true }));
}

type Kept = Omit<View, "isPinned"> & { isPinned?: boolean };

function isView(one: unknown): one is Kept {
  const view = one as Partial<View> | null;
  return (
    typeof view?.name === "string" && typeof view.address === "string" && /^\/(?![/\\])/.test(view.address)
  );
}

/** Keeps an address under a name; another of the same name gives way. */
export function keepView(view: View) {
  keep([...views.filter((one) => one.name !== view.name), view].slice(-VIEWS_MOST));
}

export function forgetView(name: string) {
  keep(views.filter((one) => one.name !== name));
}

function keep(next: readonly View[]) {
  views = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Nothing is kept: the views last until the page is left.
  }
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useKeptViews = () => useSyncExternalStore(subscribe, () => views);
