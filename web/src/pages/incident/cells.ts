import type { Incident, IncidentDetail } from "../../api/types";
import type { Cell } from "../../parts/Strip";
import { incidentPath, objectivePath, partPath } from "../../paths";
import { INCIDENT_STATES } from "../../states/states";
import { count, wholePercent } from "../../words/counts";
import { durationWords } from "../../words/durations";
import { nameOf } from "../../words/incidents";
import { when } from "../../words/moments";

/** "Orders failing since 09:14 · payline · 504": the effect, in the reader's zone since when unless it is over, and the cause. */
export function titleOf({ title, cause, now_failing, state, onset_at, opened_at }: Incident): string {
  const since = state === "resolved" ? title : `${title} since ${when(onset_at ?? opened_at)}`;
  return nameOf({ title: since, cause, now_failing });
}

/** The five things to know about an incident before anything else. */
export function cellsOf(incident: IncidentDetail): Cell[] {
  const look = INCIDENT_STATES[incident.state];
  const { budget_spent_ratio: spent, measured_at: measuredAt } = incident.evidence;
  return [
    {
      label: "State",
      value: look.word,
      sign: look.sign,
      tone: look.tone,
      note: `${incident.severity} · ${openWords(incident)}`,
    },
    {
      label: `Bad ${incident.events}`,
      value: count(incident.bad_events),
      note: `of ${count(incident.total_events)} ${incident.events} in that time`,
      href: partPath("bad"),
    },
    {
      label: "Budget burned",
      value: wholePercent(spent),
      note: `${incident.objective_display_name}${measuredAt == null ? "" : `, ${when(measuredAt)}`}`,
      title:
        "Share of the budget that this incident burned. It can fall: the budget grows with the traffic of the window.",
      href: objectivePath(incident.objective),
    },
    {
      label: "Began",
      value: when(incident.onset_at ?? incident.opened_at),
      note:
        incident.onset_at === null
          ? "onset not known"
          : `opened ${when(incident.opened_at)}, ${durationWords(unseenSeconds(incident))} later`,
      href: partPath("bad"),
    },
    holder(incident),
  ];
}

/** Since the opening: how long the errors were there before that is said beside their beginning. */
function openWords(incident: IncidentDetail): string {
  const open = durationWords(Math.max(0, incident.duration_seconds - unseenSeconds(incident)));
  return incident.state === "resolved" ? `was open ${open}` : `open ${open}`;
}

/** From the first errors to the opening. */
function unseenSeconds({ onset_at: onset, opened_at: opened }: IncidentDetail): number {
  return onset === null ? 0 : Math.max(0, (Date.parse(opened) - Date.parse(onset)) / 1000);
}

function holder(incident: IncidentDetail): Cell {
  if (incident.moved_to !== null) {
    return {
      label: "Resolved, cause moved on to",
      value: `incident ${incident.moved_to}`,
      note: `at ${when(incident.resolved_at ?? incident.opened_at)}, where its alert goes on`,
      href: incidentPath(incident.moved_to),
    };
  }
  if (incident.resolved_at !== null) {
    return {
      label: "Resolved by",
      value: incident.resolved_by ?? "its alert",
      note: `at ${when(incident.resolved_at)}`,
    };
  }
  if (incident.acknowledged_at === null)
    return { label: "Acknowledged by", value: "nobody yet", tone: "bad", note: "acknowledge to take it" };
  return {
    label: "Acknowledged by",
    value: incident.acknowledged_by ?? "—",
    note: `at ${when(incident.acknowledged_at)}`,
  };
}
