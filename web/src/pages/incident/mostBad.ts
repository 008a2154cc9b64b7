// The bad events of an incident by what they are: orders, searches.

import type { Incident } from "../../api/types";

export type MostBad = { events: string; bad: number; of: string };

/**
 * Of each kind those of the objective that has the most: one order may be bad for several objectives, so that
 * a sum over them would count it twice. An objective that burned again has the sum of its times.
 */
export function mostBad(objectives: Incident["objectives"]): MostBad[] {
  const byObjective = new Map<string, MostBad>();
  for (const { objective, objective_display_name: of, events, bad_events: bad } of objectives)
    byObjective.set(objective, { events, of, bad: (byObjective.get(objective)?.bad ?? 0) + bad });
  const most = new Map<string, MostBad>();
  for (const one of byObjective.values())
    if (one.bad > (most.get(one.events)?.bad ?? -1)) most.set(one.events, one);
  return [...most.values()];
}
