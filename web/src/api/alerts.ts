// Alerts: all that fire, however long, and the newest of all.

import { useQuery } from "@tanstack/react-query";
import { addressOf, cameFrom } from "../export/figures";
import { client } from "./client";
import { keptWithin, type Limit, useLimit } from "./limits";
import { ofRecord } from "./live";
import { answer } from "./problems";
import type { Alert } from "./types";

function readAlerts(state: "firing" | "all", most: number, limit: Limit, signal: AbortSignal) {
  const query = { ...limit, state, limit: most };
  return answer("list the alerts", client.GET("/api/v1/alerts", { params: { query }, signal }));
}

/** All alerts that fire, however long, and the newest of all. */
export function useAlerts() {
  const limit = useLimit("/api/v1/alerts");
  return useQuery({
    queryKey: ["alerts", limit],
    queryFn: async ({ signal }) => {
      const newest = await readAlerts("all", 200, limit, signal);
      // A list without a next page has all there are, those that fire too.
      const firing = newest.next === null ? [] : (await readAlerts("firing", 1000, limit, signal)).items;
      return cameFrom({ items: withFiring(newest.items, firing) }, addressOf(newest));
    },
    ...ofRecord,
    placeholderData: keptWithin(limit),
  });
}

/** The newest alerts and those that fire, each once: one that has fired for long is not among the newest. */
export function withFiring(newest: readonly Alert[], firing: readonly Alert[]): Alert[] {
  const known = new Set(firing.map((alert) => alert.id));
  return [...firing, ...newest.filter((alert) => !known.has(alert.id))];
}
