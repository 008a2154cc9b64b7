// What of the alerts a reader sees, in groups: firing, suspended, covered by a faster tier, resolved today.

import type { Alert, Objective } from "../../api/types";

export type Group = "firing" | "suspended" | "covered" | "resolved";

/** An alert, or an objective whose alerts are suspended because data is missing; with its objective, if listed. */
export type Row = {
  key: string;
  alert: Alert | null;
  objective: Objective | null;
  name: string;
  displayName: string;
  service: string;
  since: string | null;
};

const DAY_MILLISECONDS = 86_400_000;

export function groupsOf(
  alerts: readonly Alert[],
  objectives: readonly Objective[],
  now: Date,
): ReadonlyMap<Group, readonly Row[]> {
  const known = new Map(objectives.map((objective) => [objective.name, objective]));
  const rows = (chosen: readonly Alert[]) => chosen.map((alert) => rowOf(alert, known));
  const of = (status: Alert["status"]) => alerts.filter((alert) => alert.status === status);
  // A tier that ended while another fires on resolved nothing: its episode is the row that fires.
  const recent = of("resolved").filter((alert) => !alert.still_firing && isRecent(alert, now));
  return new Map<Group, readonly Row[]>([
    ["firing", rows(of("firing")).sort(pagesFirst)],
    ["suspended", [...rows(of("suspended")), ...withoutAlert(objectives, of("suspended"))]],
    ["covered", rows(of("covered"))],
    ["resolved", rows(recent).sort(newestFirst)],
  ]);
}

function rowOf(alert: Alert, known: ReadonlyMap<string, Objective>): Row {
  return {
    key: `alert ${alert.id}`,
    alert,
    objective: known.get(alert.objective) ?? null,
    name: alert.objective,
    displayName: alert.objective_display_name,
    service: alert.service,
    since: alert.status === "resolved" ? alert.resolved_at : alert.fired_at,
  };
}

/** Objectives without data of which nothing fires: no alert of theirs can. */
function withoutAlert(objectives: readonly Objective[], suspended: readonly Alert[]): Row[] {
  const shown = new Set(suspended.map((alert) => alert.objective));
  return objectives
    .filter((objective) => objective.held && !shown.has(objective.name))
    .map((objective) => ({
      key: `objective ${objective.name}`,
      alert: null,
      objective,
      name: objective.name,
      displayName: objective.display_name,
      service: objective.service,
      since: objective.state_since,
    }));
}

function isRecent(alert: Alert, now: Date): boolean {
  return alert.resolved_at !== null && now.getTime() - Date.parse(alert.resolved_at) < DAY_MILLISECONDS;
}

const rankOf = (row: Row) => (row.alert?.severity === "page" ? 0 : 1);

function pagesFirst(one: Row, other: Row): number {
  return rankOf(one) - rankOf(other) || newestFirst(one, other);
}

function newestFirst(one: Row, other: Row): number {
  return (other.since ?? "").localeCompare(one.since ?? "");
}
