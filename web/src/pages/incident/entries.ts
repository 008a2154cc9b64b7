// Which entries of a timeline are shown: what matters, what people wrote and did, or all.

import type { TimelineEntry } from "../../api/types";

export const VIEWS = ["matters", "people", "all"] as const;
export type View = (typeof VIEWS)[number];

/** Those who write by themselves: naming them beside each line would only be noise. */
export const MACHINES: ReadonlySet<string> = new Set([
  "",
  "alert",
  "objectives",
  "incidents",
  "oncall",
  "holdfast",
]);

/** The entries of each view, newest first as they came. */
export function viewsOf(entries: readonly TimelineEntry[]): Record<View, readonly TimelineEntry[]> {
  return {
    matters: entries.filter((one, at) => !isRepeat(one, at, entries)),
    people: entries.filter((one) => one.kind.startsWith("incident.") && !MACHINES.has(one.actor)),
    all: entries,
  };
}

/** What the page of a page's delivery has in detail, or the incident's own entries say. */
const OF_DELIVERY: ReadonlySet<string> = new Set(["page.accepted", "page.resolved"]);

/** The number of the page that an entry is about; null where it is about none. */
export function pageOf({ kind, data }: TimelineEntry): number | null {
  return kind.startsWith("page.") && typeof data["page"] === "number" ? data["page"] : null;
}

/** An alert that another one covers, or that fired or was resolved before: of each objective the first and the last say it. */
function isRepeat(one: TimelineEntry, at: number, entries: readonly TimelineEntry[]): boolean {
  if (OF_DELIVERY.has(one.kind)) return true;
  if (one.kind === "alert.inhibited" || one.kind === "alert.released") return true;
  const same = (other: TimelineEntry) =>
    other.kind === one.kind && other.data["objective"] === one.data["objective"];
  if (one.kind === "alert.fired") return entries.slice(at + 1).some(same);
  // A tier that ended while another fires on is a line of its own: it is no end.
  if (one.kind === "alert.resolved") return !one.data["still_firing"] && entries.slice(0, at).some(same);
  return false;
}
