// Whether the page is as narrow as a phone (the rail is a bar at the bottom, rows are cards), or merely narrow.

import { useSyncExternalStore } from "react";

/** The widths up to which styles/phone.css and styles/narrow.css hold; they must agree. */
const PHONE = matching("(max-width: 720px)");
const NARROW = matching("(max-width: 1100px)");

function matching(query: string) {
  const follow = (changed: () => void) => {
    const found = matchMedia(query);
    found.addEventListener("change", changed);
    return () => found.removeEventListener("change", changed);
  };
  return { follow, is: () => matchMedia(query).matches };
}

export function usePhone(): boolean {
  return useSyncExternalStore(PHONE.follow, PHONE.is);
}

export function useNarrow(): boolean {
  return useSyncExternalStore(NARROW.follow, NARROW.is);
}
