// Views this browser keeps under a name: an address with its filters and its time.

import { useSyncExternalStore } from "react";

export type Pin = { name: string; address: string };

const KEY = "holdfast-pins";
const NAME_MOST = 60;
const PINS_MOST = 30;
const listeners = new Set<() => void>();
let pins: readonly Pin[] = remembered();

/** A browser may keep nothing for us, or something that is no list of pins. */
function remembered(): readonly Pin[] {
  try {
    return pinsIn(localStorage.getItem(KEY));
  } catch {
    return [];
  }
}

/** The pins in a text; what is none, or leads out of this page, is left out. */
export function pinsIn(kept: string | null): readonly Pin[] {
  let found: unknown;
  try {
    found = JSON.parse(kept ?? "[]");
  } catch {
    return [];
  }
  return Array.isArray(found) ? found.filter(isPin).slice(0, PINS_MOST) : [];
}

function isPin(one: unknown): one is Pin {
  const pin = one as Partial<Pin> | null;
  return typeof pin?.name === "string" && typeof pin.address === "string" && /^\/(?!\/)/.test(pin.address);
}

/** Keeps an address under a name; another of the same name gives way. */
export function pin({ name, address }: Pin) {
  const named = name.trim().slice(0, NAME_MOST);
  keep([...pins.filter((one) => one.name !== named), { name: named, address }].slice(-PINS_MOST));
}

export function unpin(name: string) {
  keep(pins.filter((one) => one.name !== name));
}

function keep(next: readonly Pin[]) {
  pins = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Nothing is kept: the pins last until the page is left.
  }
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const usePins = () => useSyncExternalStore(subscribe, () => pins);
