// Whether the palette is open: the key, the bar's button and the rail open the same one.

import { useSyncExternalStore } from "react";

let isOpen = false;
const listeners = new Set<() => void>();

export function showPalette(open: boolean) {
  isOpen = open;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const usePaletteShown = () => useSyncExternalStore(subscribe, () => isOpen);
