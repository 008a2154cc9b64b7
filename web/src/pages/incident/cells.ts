import type { IncidentDetail } from "../../api/types";
import type { Cell } from "../../parts/Strip";
import { objectivePath, partPath } from "../../paths";
import { INCIDENT_STATES } from "../../states/states";
import { capital, count, wholePercent } from "../../words/counts";
import { durationWords } from "../../words/durations";
import { when } from "../../words/moments";

/** The five things to know about an incident before anything else. */
export function cellsOf(incident: IncidentDetail): Cell[] {
  const look = INCIDENT_STATES[incident.state];
  const lasted = durationWords(incident.duration_seconds);
  const spent = incident.evidence.budget_spent_ratio;
  return [
    {
      label: "State",
      value: look.word,
      sign: look.sign,
      tone: look.tone,
      note:
        incident.state === "resolved"
          ? `${incident.severity} · lasted ${lasted}`
          : `${incident.severity} · open ${lasted}`,
    },
    {
      label: `${capital(incident.events)} failed`,
      value: count(incident.bad_events),
      note: `of ${count(incident.total_events)} ${incident.events} in that time`,
      href: partPath("bad"),
    },
    {
      label: "Budget burned",
      value: wholePercent(spent),
      note: incident.objective_display_name,
      href: objectivePath(incident.objective),
    },
    {
      label: "Began",
      value: when(incident.onset_at ?? incident.opened_at),
      note: incident.onset_at === null ? "onset not known" : `opened ${when(incident.opened_at)}`,
      href: partPath("bad"),
    },
    holder(incident),
  ];
}

function holder(incident: IncidentDetail): Cell {
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
