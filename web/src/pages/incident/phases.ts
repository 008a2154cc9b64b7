// The parts of an incident's timeline: before it was known, while nobody had it, in hand, over.

import type { IncidentDetail, TimelineEntry } from "../../api/types";
import { durationWords } from "../../words/durations";
import { when } from "../../words/moments";

export type Phase = { name: string; about: string; entries: readonly TimelineEntry[] };
type Bound = { name: string; at: string | null };
type Bounded = Pick<IncidentDetail, "onset_at" | "opened_at" | "acknowledged_at" | "resolved_at">;

/** Entries by the phase they fell in, the newest first as they came; a phase without entries is left out. */
export function phasesOf(incident: Bounded, entries: readonly TimelineEntry[]): Phase[] {
  const bounds = boundsOf(incident);
  return bounds.flatMap(({ name, at }, index) => {
    const next = bounds[index - 1]?.at ?? null;
    const own = entries.filter(
      (entry) => !isBefore(entry.at, at) && (next === null || isBefore(entry.at, next)),
    );
    return own.length === 0 ? [] : [{ name, about: aboutOf(at, next), entries: own }];
  });
}

/** The phases with their beginnings, the newest first. One that was never acknowledged has none in hand. */
function boundsOf({ onset_at, opened_at, acknowledged_at, resolved_at }: Bounded): Bound[] {
  const bounds = [
    { name: "Resolved", at: resolved_at },
    { name: "Acknowledged", at: acknowledged_at },
    { name: resolved_at !== null && acknowledged_at === null ? "Open" : "Not acknowledged", at: opened_at },
    { name: "Before the alert", at: onset_at },
  ].filter(({ at }) => at !== null);
  return [...bounds, { name: "Before it began", at: null }];
}

const isBefore = (one: string, other: string | null) => other !== null && Date.parse(one) < Date.parse(other);

function aboutOf(from: string | null, to: string | null): string {
  if (from === null) return "";
  if (to === null) return `since ${when(from)}`;
  const lasted = durationWords((Date.parse(to) - Date.parse(from)) / 1000);
  return `${when(from)} to ${when(to)}, ${lasted}`;
}
