// The zone in which moments are written: the reader's own or UTC, as chosen in this browser.

import { useSyncExternalStore } from "react";
import { ownZone, UTC } from "./zones";

export type Choice = "own" | "utc";

const KEY = "holdfast-zone";
const listeners = new Set<() => void>();
let chosen: Choice = remembered();

/** A browser may keep nothing for us, or refuse to be asked. */
function remembered(): Choice {
  try {
    return localStorage.getItem(KEY) === "utc" ? "utc" : "own";
  } catch {
    return "own";
  }
}

export function shownZone(): string {
  return chosen === "utc" ? UTC : ownZone();
}

/** Shows all moments in a zone from now on, and after a reload too where the browser allows it. */
export function showZone(choice: Choice) {
  chosen = choice;
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Nothing is kept: the choice lasts until the page is left.
  }
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The zone moments are shown in; whoever asks is drawn again when it changes. */
export function useShownZone(): string {
  return useSyncExternalStore(subscribe, shownZone);
}
