// Incidents: what is open, who has it?

import { Link } from "wouter";
import { Page } from "../app/Page";
import { text, useSearchState } from "../app/searchState";
import { useIncidents } from "../api/queries";
import type { Incident } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Moment } from "../parts/Moment";
import { Answered, Empty } from "../parts/Notice";
import { Picker } from "../parts/Picker";
import { matches, Search, useFilter } from "../parts/Search";
import { StateChip } from "../parts/StateChip";
import { type Cell, Strip } from "../parts/Strip";
import { type Column, Table } from "../parts/Table";
import { incidentPath, incidentsPath, senderPath } from "../paths";
import { INCIDENT_STATES } from "../states/states";
import { count, countOf } from "../words/counts";
import { endOf, isOpen } from "../words/incidents";
import { durationWords } from "../words/durations";
import { when } from "../words/moments";
import { mostBad } from "./incident/mostBad";

const PARAMS = { state: text() };
const RANKS = { open: 0, acknowledged: 1, resolved: 2 } as const;

export default function IncidentsPage() {
  const incidents = useIncidents();
  const [typed, setTyped] = useFilter();
  const [{ state }, choose] = useSearchState(PARAMS);
  const states = [
    { value: "", words: "any" },
    { value: "active", words: "not resolved" },
    ...Object.entries(INCIDENT_STATES).map(([value, { word }]) => ({ value, words: word })),
  ];
  return (
    <Page
      title="Incidents"
      lists="/api/v1/incidents"
      reads={[incidents]}
      tools={
        <>
          <Picker label="State" value={state} options={states} onPick={(value) => choose({ state: value })} />
          <Search label="Filter incidents" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered
        query={incidents}
        bones={
          <>
            <StripBones cells={4} />
            <RowBones rows={5} />
          </>
        }
      >
        {({ items }) => (
          <>
            <Strip cells={cellsOf(items)} />
            <div className="grid">
              {items.length === 0 ? (
                <Empty title="No incidents yet">
                  When a page-tier alert fires, an incident opens here by itself, with what happened, how many
                  events were lost and which spans show it. There is nothing to do before that.
                </Empty>
              ) : (
                <Table
                  label="Incidents"
                  usual="open first"
                  columns={COLUMNS}
                  rows={[...items]
                    .sort((one, other) => RANKS[one.state] - RANKS[other.state] || other.id - one.id)
                    .filter((incident) => isIn(incident, state) && matches(wordsOf(incident), typed))}
                  rowKey={(incident) => incident.id}
                  nothing="No incident matches this filter."
                />
              )}
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

/** What a search looks in: every objective and service of an incident, and the party it fails at. */
function wordsOf(incident: Incident): string {
  const of = incident.objectives.map((one) => `${one.title} ${one.service}`);
  return [incident.id, incident.title, incident.cause?.words, ...of].join(" ");
}

/** `active` is open or acknowledged, as in the API. */
function isIn(incident: Incident, state: string): boolean {
  return state === "" || (state === "active" ? isOpen(incident) : incident.state === state);
}

function cellsOf(items: readonly Incident[]): Cell[] {
  const of = (state: Incident["state"]) => items.filter((incident) => incident.state === state);
  const open = items.filter(isOpen);
  const [untaken, taken, resolved] = [of("open"), of("acknowledged"), of("resolved")];
  const oldest = Math.max(0, ...open.map((incident) => incident.duration_seconds));
  return [
    {
      label: "Open",
      value: count(open.length),
      note: open.length > 0 ? `the oldest for ${durationWords(oldest)}` : "nothing to do",
      ...(open.length > 0 ? { tone: "bad" as const, sign: "square" as const } : {}),
      href: incidentsPath({ state: "active" }),
    },
    {
      label: "Unacknowledged",
      value: count(untaken.length),
      note: listed(untaken.map((incident) => `${incident.id} ${incident.title}`)),
      tone: untaken.length > 0 ? "bad" : "plain",
      href: incidentsPath({ state: "open" }),
    },
    {
      label: "Acknowledged",
      value: count(taken.length),
      note: listed(taken.map(({ id, acknowledged_by: by }) => (by === null ? `${id}` : `${id} by ${by}`))),
      tone: taken.length > 0 ? "warn" : "plain",
      href: incidentsPath({ state: "acknowledged" }),
    },
    {
      label: "Resolved",
      value: count(resolved.length),
      note: lastResolved(resolved),
      href: incidentsPath({ state: "resolved" }),
    },
  ];
}

/** The first two, and how many more. */
function listed(names: readonly string[]): string {
  const more = names.length > 2 ? ` and ${count(names.length - 2)} more` : "";
  return names.length === 0 ? "none" : `${names.slice(0, 2).join(", ")}${more}`;
}

function lastResolved(items: readonly Incident[]): string {
  const ends = items.flatMap(({ resolved_at: at }) => at ?? []).sort();
  const last = ends.at(-1);
  return last === undefined ? "" : `the last ${when(last)}`;
}

function Holder({ incident }: { incident: Incident }) {
  if (incident.merged_into !== null)
    return (
      <Link href={incidentPath(incident.merged_into)} className="name-link">
        merged into #{incident.merged_into}
      </Link>
    );
  if (incident.state === "resolved") return <End incident={incident} />;
  return incident.acknowledged_by ?? <span className="tone-bad">nobody yet</span>;
}

/** How it ended; one whose alert goes on in another leads there. */
function End({ incident }: { incident: Incident }) {
  if (incident.moved_to === null) return <span className="muted">{endOf(incident)}</span>;
  return (
    <Link href={incidentPath(incident.moved_to)} className="name-link">
      {endOf(incident)}
    </Link>
  );
}

/** The bad events of each kind, a line each: those of orders and of searches are not one number. */
function BadEvents({ incident }: { incident: Incident }) {
  return mostBad(incident.objectives).map(({ events, bad, of }) => (
    <div
      key={events}
      title={`Bad ${events} of ${of}, which has the most; one may be bad for several objectives`}
    >
      {countOf(bad, events)}
    </div>
  ));
}

/** The largest of its counts: they are of unlike events, so a list is sorted by one of them. */
function worstOf(incident: Incident): number {
  return Math.max(0, ...mostBad(incident.objectives).map(({ bad }) => bad));
}

/** Each objective once, however often it burned. */
function objectivesOf(incident: Incident): number {
  return new Set(incident.objectives.map((one) => one.objective)).size;
}

/** When the errors began; until that is known, when the incident was opened. */
function began(incident: Incident): string {
  return incident.onset_at ?? incident.opened_at;
}

const COLUMNS: readonly Column<Incident>[] = [
  {
    key: "id",
    words: "Number",
    lead: true,
    order: (one, other) => other.id - one.id,
    cell: (incident) => <span className="muted">{incident.id}</span>,
  },
  {
    key: "state",
    words: "State",
    lead: true,
    order: (one, other) => RANKS[one.state] - RANKS[other.state],
    cell: (incident) => <StateChip look={INCIDENT_STATES[incident.state]} />,
  },
  {
    key: "title",
    words: "What happened",
    wide: true,
    cell: (incident) => (
      <Link href={incidentPath(incident.id)} data-row={incident.id} className="name-link strong">
        {incident.title}
        {incident.cause && <span className="cause"> · {incident.cause.words}</span>}
      </Link>
    ),
  },
  {
    key: "service",
    words: "Service",
    order: (one, other) => one.service.localeCompare(other.service),
    cell: (incident) => (
      <Link href={senderPath(incident)} className="name-link">
        {incident.service}
      </Link>
    ),
  },
  {
    key: "objectives",
    words: "Objectives",
    number: true,
    extra: true,
    order: (one, other) => objectivesOf(other) - objectivesOf(one),
    cell: objectivesOf,
  },
  {
    key: "bad",
    words: "Bad events",
    number: true,
    order: (one, other) => worstOf(other) - worstOf(one),
    cell: (incident) => <BadEvents incident={incident} />,
  },
  {
    key: "began",
    words: "Started",
    number: true,
    order: (one, other) => began(other).localeCompare(began(one)),
    cell: (incident) => <Moment at={began(incident)} />,
  },
  {
    key: "lasted",
    words: "Duration",
    number: true,
    extra: true,
    order: (one, other) => other.duration_seconds - one.duration_seconds,
    cell: (incident) => durationWords(incident.duration_seconds),
  },
  { key: "who", words: "Owner", lead: true, cell: (incident) => <Holder incident={incident} /> },
];
