// Where an arrow key goes in the drawing: along an edge to the next layer if there is one, else to the nearest node. Pure.

import type { Slot, Slots } from "./slots";

type Line = { id: string; source: string; target: string };
export type Arrow = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";
export const ARROWS: readonly Arrow[] = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

/** The node an arrow leads to from another one; null at the end. */
export function stepFrom(id: string, arrow: Arrow, slots: Slots, edges: readonly Line[]): string | null {
  const here = slots.get(id);
  if (!here) return null;
  const along = new Set(neighbours(id, arrow, edges));
  const cost = (other: string, slot: Slot) => {
    const [ahead, aside] = apart(here, slot, arrow);
    if (ahead <= 0 || (isUpright(arrow) && aside > 0)) return Infinity;
    return ahead * 100 + aside - (along.has(other) ? 10_000 : 0);
  };
  const [nearest] = [...slots]
    .map(([other, slot]) => ({ other, cost: cost(other, slot) }))
    .filter((one) => one.cost < Infinity)
    .sort((one, other) => one.cost - other.cost || (one.other < other.other ? -1 : 1));
  return nearest?.other ?? null;
}

/** From an edge to one of its ends: the one that lies in the arrow's direction. */
export function endOf(edge: Line, arrow: Arrow, slots: Slots): string | null {
  const [source, target] = [slots.get(edge.source), slots.get(edge.target)];
  if (!source || !target) return target ? edge.target : source ? edge.source : null;
  return apart(source, target, arrow)[0] > 0 ? edge.target : edge.source;
}

const isUpright = (arrow: Arrow) => arrow === "ArrowUp" || arrow === "ArrowDown";

function neighbours(id: string, arrow: Arrow, edges: readonly Line[]): string[] {
  if (isUpright(arrow)) return [];
  const touching = edges.filter(({ source, target }) => source === id || target === id);
  return touching.map(({ source, target }) => (source === id ? target : source));
}

/** How far a slot lies ahead in the arrow's direction, and how far aside. */
function apart(from: Slot, to: Slot, arrow: Arrow): readonly [number, number] {
  const [columns, rows] = [to.column - from.column, to.row - from.row];
  if (arrow === "ArrowRight") return [columns, Math.abs(rows)];
  if (arrow === "ArrowLeft") return [-columns, Math.abs(rows)];
  return [arrow === "ArrowDown" ? rows : -rows, Math.abs(columns)];
}
