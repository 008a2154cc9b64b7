// Whether the page is as narrow as a phone: then the rail is a bar at the bottom, and rows are cards.

import { useSyncExternalStore } from "react";

/** The width up to which styles/phone.css holds; the two must agree. */
const NARROW = "(max-width: 720px)";

function follow(changed: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

export function usePhone(): boolean {
  return useSyncExternalStore(follow, () => matchMedia(NARROW).matches);
}
