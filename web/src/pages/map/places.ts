// The slots of this browser, kept for each environment: who comes back finds every node where it was.

import type { Slots } from "./slots";

const KEY = "holdfast-map-slots";
/** A platform that renames its services every day must not fill the browser's storage. */
const KEPT_MOST = 1_000;

/** What is kept when the browser keeps nothing. */
const here = new Map<string, Slots>();

/** The slots of an environment; none where nothing was kept, or what was kept cannot be read. */
export function keptSlots(environment: string | null): Slots {
  return here.get(keyOf(environment)) ?? read(keyOf(environment));
}

export function keepSlots(environment: string | null, slots: Slots): void {
  const key = keyOf(environment);
  here.set(key, slots);
  try {
    if (slots.size <= KEPT_MOST) localStorage.setItem(key, JSON.stringify([...slots]));
    else localStorage.removeItem(key);
  } catch (error) {
    // Storage that is full or forbidden costs the places after a reload, nothing else.
    if (!(error instanceof DOMException)) throw error;
  }
}

function keyOf(environment: string | null): string {
  return environment === null ? KEY : `${KEY}:${environment}`;
}

function read(key: string): Slots {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return new Map(Array.isArray(kept) ? kept.filter(isEntry) : []);
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

type Entry = [string, { column: number; row: number }];

function isEntry(entry: unknown): entry is Entry {
  if (!Array.isArray(entry) || typeof entry[0] !== "string") return false;
  const slot = entry[1] as { column?: unknown; row?: unknown } | null;
  return Number.isInteger(slot?.column) && Number.isInteger(slot?.row);
}
