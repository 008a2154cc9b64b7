// What an incident is called, and which incidents are counted: one rule for the badge, tiles and lists.

import type { Incident } from "../api/types";
import { count } from "./counts";

/** Open is what is not resolved, acknowledged or not; one merged into another is resolved. */
export const isOpen = ({ state }: Pick<Incident, "state">) => state !== "resolved";

type Named = Pick<Incident, "title" | "cause"> & { now_failing?: Incident["now_failing"] };

/**
 * "Orders failing · payline · 504": what happened, and beside it the cause where it is known; as soon as most
 * events fail elsewhere, where.
 */
export function nameOf({ title, cause, now_failing: now }: Named): string {
  const named = cause ? `${title} · ${cause.words}` : title;
  return now ? `${named} · now failing most: ${now.words}` : named;
}

/** "cause moved on to incident 7", "resolved by its alert": how an incident ended. */
export function endOf({ moved_to: moved, resolved_by: by }: Pick<Incident, "moved_to" | "resolved_by">) {
  return moved === null ? `resolved by ${by ?? "its alert"}` : `cause moved on to incident ${moved}`;
}

/** "incident 318", "3 incidents": where what burns is handled. */
export function incidentsWords(open: number, numbers: readonly number[]): string {
  if (open === 0) return "no incident";
  const only = onlyOne(open, numbers);
  return only === null ? `${count(open)} ${open === 1 ? "incident" : "incidents"}` : `incident ${only}`;
}

/** The one incident that is open, if its number is known. */
export function onlyOne(open: number, numbers: readonly number[]): number | null {
  const [only, ...more] = new Set(numbers);
  return open === 1 && only !== undefined && more.length === 0 ? only : null;
}
