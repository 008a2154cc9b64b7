// `j` and `k`, or the arrows, walk the rows by focusing each row's link; Enter then opens it as on any link.

import { useEffect, useEffectEvent, useState } from "react";
import { typing } from "../../app/keys";
import type { Row } from "./view";

const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Returns the name of the objective the keyboard is on. */
export function useRowKeys(rows: readonly Row[], scrollTo: (index: number) => void): string | null {
  const [active, setActive] = useState<string | null>(null);
  const walk = useEffectEvent((event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || (typing(event) && !leavesSearch(event))) return;
    const index = stepped(rows, active, step);
    const row = rows[index];
    if (row?.kind !== "objective") return;
    event.preventDefault();
    setActive(row.objective.name);
    scrollTo(index);
    focusSoon(row.objective.name);
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => walk(event);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return active;
}

/** Down from the search field goes to the first row found. */
function leavesSearch(event: KeyboardEvent): boolean {
  return event.key === "ArrowDown" && (event.target as HTMLElement).matches('input[type="search"]');
}

function stepped(rows: readonly Row[], active: string | null, step: number): number {
  const from = rows.findIndex((row) => row.kind === "objective" && row.objective.name === active);
  let index = from === -1 && step < 0 ? rows.length : from;
  do index += step;
  while ((rows[index]?.kind ?? "objective") !== "objective");
  return index;
}

/** The row may be rendered only after scrolling: try for a few frames. */
function focusSoon(name: string, frames = 5) {
  requestAnimationFrame(() => {
    const link = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(name)}"]`);
    if (link) link.focus({ preventScroll: true });
    else if (frames > 0) focusSoon(name, frames - 1);
  });
}
