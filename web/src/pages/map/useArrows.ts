// The arrow keys in the drawing: the focus goes from node to node; from nowhere it begins at the worst edge.

import { useEffect, useEffectEvent } from "react";
import type { MapEdge } from "../../api/types";
import { typing } from "../../app/keys";
import type { Slots } from "./slots";
import { type Arrow, ARROWS, endOf, stepFrom } from "./steps";

/** Takes the arrows while the focus is in the drawing, or nowhere; lists and fields elsewhere keep theirs. */
export function useArrows(frame: HTMLElement | null, slots: Slots, edges: readonly MapEdge[]) {
  const move = useEffectEvent((event: KeyboardEvent) => {
    const arrow = ARROWS.find((key) => key === event.key);
    const at = document.activeElement;
    if (!arrow || !frame || event.shiftKey || typing(event)) return;
    if (at !== document.body && !frame.contains(at)) return;
    const next = nextOf(at, arrow, slots, edges);
    const element = [...frame.querySelectorAll<HTMLElement>("[data-node]")].find(
      ({ dataset }) => dataset["node"] === next,
    );
    event.preventDefault();
    element?.focus();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => move(event);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function nextOf(at: Element | null, arrow: Arrow, slots: Slots, edges: readonly MapEdge[]): string | null {
  const { node, edge: id } = (at as HTMLElement | SVGElement | null)?.dataset ?? {};
  if (node !== undefined) return stepFrom(node, arrow, slots, edges);
  const edge = edges.find((one) => one.id === id);
  if (edge) return endOf(edge, arrow, slots);
  return edges[0]?.source ?? [...slots.keys()][0] ?? null;
}
