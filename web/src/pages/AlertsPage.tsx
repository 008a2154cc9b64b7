// Alerts: what fires, what keeps quiet and why, and what ended today?

import type { ReactNode } from "react";
import { Link } from "wouter";
import { Page } from "../app/Page";
import { useAlerts } from "../api/alerts";
import { useObjectives, useOpenIncidents } from "../api/queries";
import type { Objective } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Moment } from "../parts/Moment";
import { Answered, Empty } from "../parts/Notice";
import { StateChip } from "../parts/StateChip";
import { type Cell, Strip } from "../parts/Strip";
import { TableMenu, ViewItems } from "../parts/TableMenu";
import { useTableView } from "../parts/tableView";
import { incidentPath, objectivePath, objectivesPath, openIncidentsPath, senderPath } from "../paths";
import { ALERT_STATUSES, type StateLook } from "../states/states";
import { count, timesFaster } from "../words/counts";
import { durationWords } from "../words/durations";
import { incidentsWords, onlyOne } from "../words/incidents";
import { when } from "../words/moments";
import { type Group, groupsOf, type Row } from "./alerts/groups";

type Groups = ReturnType<typeof groupsOf>;

export default function AlertsPage() {
  const alerts = useAlerts();
  const objectives = useObjectives();
  return (
    <Page title="Alerts" lists="/api/v1/alerts" reads={[alerts, objectives]}>
      <Answered
        query={alerts}
        bones={
          <>
            <StripBones cells={4} />
            <RowBones rows={6} />
          </>
        }
      >
        {({ items }) => <Everything groups={groupsOf(items, objectives.items, new Date())} />}
      </Answered>
    </Page>
  );
}

function Everything({ groups }: { groups: Groups }) {
  const open = useOpenIncidents();
  const shown = GROUPS.filter(({ group }) => (groups.get(group)?.length ?? 0) > 0);
  return (
    <>
      <Strip cells={cellsOf(groups, open)} />
      <div className="grid">
        {shown.length === 0 ? (
          <Empty title="Nothing fires">
            Alerts appear here when an objective burns its budget faster than its tiers allow; those that
            ended stay for a day.
          </Empty>
        ) : (
          <AlertTable groups={groups} shown={shown} />
        )}
      </div>
    </>
  );
}

type Column = { key: string; words: string; className?: string; cell: (row: Row) => ReactNode };

const COLUMNS: readonly Column[] = [
  { key: "state", words: "State", cell: (row) => <StateChip look={lookOf(row)} /> },
  { key: "alert", words: "Alert", className: "wide wraps", cell: (row) => <Named row={row} /> },
  {
    key: "service",
    words: "Service",
    cell: (row) => (
      <Link href={senderPath(placeOf(row))} className="name-link">
        {row.service}
      </Link>
    ),
  },
  { key: "now", words: "Now, last 5 min", className: "muted", cell: nowOf },
  { key: "since", words: "Since", cell: (row) => (row.since === null ? "" : <Moment at={row.since} />) },
  { key: "where", words: "Where", cell: (row) => <Where row={row} /> },
];
/** What an alert is called stays, as its state does. */
const OPTIONAL = COLUMNS.filter(({ key }) => key !== "alert");

function AlertTable({ groups, shown }: { groups: Groups; shown: typeof GROUPS }) {
  const [view, setView] = useTableView("Alerts");
  const columns = COLUMNS.filter(({ key }) => !view.hidden.includes(key));
  return (
    <section className="panel" aria-label="Alerts" style={{ overflowX: "auto" }}>
      <TableMenu
        label="Alerts"
        rows={shown.flatMap(({ group }) => (groups.get(group) ?? []).map((row) => exported(group, row)))}
      >
        <ViewItems columns={OPTIONAL} view={view} onView={setView} />
      </TableMenu>
      <table className={`table cards ${view.density}`}>
        <thead>
          <tr>
            {columns.map(({ key, words }) => (
              <th key={key} scope="col" className={key === "alert" ? "wide" : ""}>
                {words}
              </th>
            ))}
          </tr>
        </thead>
        {shown.map(({ group, name, about }) => (
          <Rows key={group} name={name} about={about} columns={columns} rows={groups.get(group) ?? []} />
        ))}
      </table>
    </section>
  );
}

/** An alert with its group; an objective whose alerts are suspended has only names. */
const exported = (group: Group, { alert, name, service }: Row) => ({
  group,
  ...(alert ?? { objective: name, service }),
});

const GROUPS: ReadonlyArray<{ group: Group; name: string; about: string }> = [
  { group: "firing", name: "Firing", about: "pages first" },
  { group: "suspended", name: "Suspended, no data", about: "neither fires nor resolves" },
  { group: "covered", name: "Covered", about: "slower tiers of what fires above" },
  { group: "resolved", name: "Resolved", about: "in the last 24 h" },
];

function cellsOf(groups: Groups, open: number): Cell[] {
  const rows = (group: Group) => groups.get(group) ?? [];
  const firing = (severity: string) => rows("firing").filter((row) => row.alert?.severity === severity);
  const [pages, tickets] = [firing("page"), firing("ticket")];
  const homeless = tickets.filter((row) => row.alert?.incident_id === null).length;
  const numbers = pages.flatMap((row) => row.alert?.incident_id ?? []);
  return [
    {
      label: "Firing pages",
      value: count(pages.length),
      note: pagesNote(pages.length, open, numbers),
      ...(open > 0 ? { noteHref: openIncidentsPath(onlyOne(open, numbers)) } : {}),
      ...(pages.length > 0 ? { tone: "bad" as const, sign: "square" as const } : {}),
    },
    {
      label: "Firing tickets",
      value: count(tickets.length),
      note: homeless > 0 ? `${count(homeless)} without an incident` : "",
      ...(tickets.length > 0 ? { tone: "warn" as const, sign: "triangle" as const } : {}),
    },
    {
      label: "Suspended",
      value: count(rows("suspended").length),
      note: rows("suspended").length > 0 ? "data is missing" : "",
      href: objectivesPath({ state: "no_data" }),
      ...(rows("suspended").length > 0 ? { tone: "none" as const } : {}),
    },
    { label: "Resolved, last 24 h", value: count(rows("resolved").length), note: "" },
  ];
}

type RowsProps = { name: string; about: string; columns: readonly Column[]; rows: readonly Row[] };

function Rows({ name, about, columns, rows }: RowsProps) {
  return (
    <tbody>
      <tr className="group">
        <th colSpan={columns.length} scope="rowgroup">
          <b>{name}</b> {count(rows.length)}, {about}
        </th>
      </tr>
      {rows.map((row) => (
        <tr key={row.key}>
          {columns.map(({ key, className, cell }) => (
            <td key={key} className={className}>
              {cell(row)}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function Named({ row }: { row: Row }) {
  return (
    <>
      <Link href={objectivePath(row.name)} data-row={row.key} className="name-link strong">
        {row.displayName}
      </Link>
      <small>{whatOf(row)}</small>
    </>
  );
}

function placeOf({ service, alert, objective }: Row) {
  const known = alert ?? objective;
  return { service, environment: known?.environment ?? null, namespace: known?.namespace ?? null };
}

/** A firing alert is called by what it asks for, a page or a ticket; any other by what it does. */
function lookOf({ alert }: Row): StateLook {
  if (alert === null) return ALERT_STATUSES.suspended;
  if (alert.status === "covered") return { ...ALERT_STATUSES.covered, tone: "plain" };
  if (alert.status !== "firing") return ALERT_STATUSES[alert.status];
  return alert.severity === "page"
    ? { sign: "square", word: "page", tone: "bad" }
    : { sign: "triangle", word: "ticket", tone: "warn" };
}

function whatOf({ alert, objective }: Row): string {
  if (alert === null) return objective?.reason ?? "";
  if (alert.status === "resolved") return alert.tier;
  return `${alert.tier}, fired at ${timesFaster(alert.long_rate)}`;
}

function nowOf({ alert, objective }: Row): string {
  if (alert?.status === "resolved" && alert.resolved_at !== null)
    return `lasted ${durationWords((Date.parse(alert.resolved_at) - Date.parse(alert.fired_at)) / 1000)}`;
  if (objective === null) return "";
  if (objective.held) return "data is missing";
  return badOf(objective);
}

function badOf({ burn, events }: Objective): string {
  const recent = burn.find(({ window }) => window === "5m");
  if (recent === undefined || recent.total === 0) return `no ${events}`;
  return `${count(recent.total - recent.good)} of ${count(recent.total)} bad`;
}

function Where({ row: { alert, objective } }: { row: Row }) {
  if (alert === null) return <span className="muted">{objective?.team ?? ""}</span>;
  if (alert.status === "covered") return <span className="muted">{alert.severity}, not sent</span>;
  if (alert.incident_id === null)
    return (
      <span className="muted">{alert.severity === "ticket" ? "a ticket, no incident" : "no incident"}</span>
    );
  return (
    <Link
      href={incidentPath(alert.incident_id)}
      className="name-link"
      title={`Fired ${when(alert.fired_at)}`}
    >
      incident {alert.incident_id}
    </Link>
  );
}

function pagesNote(pages: number, open: number, numbers: readonly number[]): string {
  if (open > 0) return incidentsWords(open, numbers);
  return pages > 0 ? "the incident is being opened" : "nobody is needed now";
}
