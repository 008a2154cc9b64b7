// Where a reader was on a page: back and forward find the same scroll and the same row again.

import { useEffect } from "react";

type Place = { top: number; row: string | null };

const PLACES_MOST = 50;
/** A page that is drawn within this time after `popstate` is the one that was gone back to. */
const BACK_MILLISECONDS = 3_000;
/** So long a list may take to be as tall as it was. */
const PATIENCE_MILLISECONDS = 3_000;

const places = new Map<string, Place>();
let wentBackAt = Number.NEGATIVE_INFINITY;
addEventListener("popstate", () => {
  wentBackAt = performance.now();
});

const address = () => location.pathname + location.search;

/** Keeps the place of what scrolls, and returns to it where the reader came back. */
export function usePlace(scroller: HTMLElement | null) {
  useEffect(() => {
    if (scroller === null) return;
    const stop = performance.now() - wentBackAt < BACK_MILLISECONDS ? returned(scroller) : () => undefined;
    wentBackAt = Number.NEGATIVE_INFINITY;
    const note = () => keep(address(), scroller);
    scroller.addEventListener("scroll", note, { passive: true });
    scroller.addEventListener("focusin", note);
    scroller.addEventListener("click", note, { capture: true });
    return () => {
      stop();
      scroller.removeEventListener("scroll", note);
      scroller.removeEventListener("focusin", note);
      scroller.removeEventListener("click", note, { capture: true });
    };
  }, [scroller]);
}

function keep(key: string, scroller: HTMLElement) {
  const row = document.activeElement?.getAttribute("data-row") ?? null;
  places.delete(key);
  places.set(key, { top: scroller.scrollTop, row });
  for (const oldest of [...places.keys()].slice(0, -PLACES_MOST)) places.delete(oldest);
}

/** Tries at every frame until the list is long enough; a reader who scrolls or types meanwhile is left alone. */
function returned(scroller: HTMLElement): () => void {
  const place = places.get(address());
  if (place === undefined) return () => undefined;
  const until = performance.now() + PATIENCE_MILLISECONDS;
  let frame = 0;
  const stop = () => cancelAnimationFrame(frame);
  const look = () => {
    if (performance.now() > until) return;
    scroller.scrollTop = place.top;
    const row =
      place.row === null
        ? null
        : scroller.querySelector<HTMLElement>(`[data-row="${CSS.escape(place.row)}"]`);
    row?.focus({ preventScroll: true });
    const isThere = Math.abs(scroller.scrollTop - place.top) < 1 && (place.row === null || row !== null);
    if (!isThere) frame = requestAnimationFrame(look);
  };
  frame = requestAnimationFrame(look);
  for (const event of ["wheel", "keydown", "pointerdown"])
    addEventListener(event, stop, { once: true, passive: true });
  return stop;
}
