// Incident: what happened, who is on it, what is at stake, who is the suspect?

import { useMemo } from "react";
import { Link, Redirect, useLocation } from "wouter";
import { Page } from "../app/Page";
import { optional, useSearchState } from "../app/searchState";
import { useIncident, useObjective, useSession } from "../api/queries";
import type { IncidentDetail, IncidentObjective } from "../api/types";
import type { Line } from "../charts/lines";
import { TimeChart } from "../charts/TimeChart";
import { Rows } from "../export/context";
import { ChartBones, LineBones, StripBones } from "../parts/Bones";
import { Elsewhere } from "../parts/Elsewhere";
import { Exemplars } from "../parts/Exemplars";
import { Answered } from "../parts/Notice";
import { Panel } from "../parts/Panel";
import { Picker } from "../parts/Picker";
import { SilentNow } from "../parts/SilentNow";
import { Strip } from "../parts/Strip";
import { incidentPath, incidentsPath, objectivePath } from "../paths";
import { durationWords } from "../words/durations";
import { Actions, ThumbAction } from "./incident/Actions";
import { cellsOf, titleOf } from "./incident/cells";
import { Objectives } from "./incident/Objectives";
import { PagedFor } from "./incident/Paged";
import { Suspects } from "./incident/Suspects";
import { Timeline } from "./incident/Timeline";

const PARENT = { href: incidentsPath(), name: "Incidents" };
const CHART_PIXELS = 180;
const EXEMPLARS_SHOWN = 6;
/** Above this many times the highest of the bad events, all events are left out of the chart. */
const TALL = 6;

const PARAMS = { objective: optional };

export default function IncidentPage({ id }: { id: number }) {
  const incident = useIncident(id);
  const session = useSession();
  const [{ objective }, choose] = useSearchState(PARAMS);
  const merged = incident.data?.merged_into ?? null;
  if (merged !== null) return <Redirect to={incidentPath(merged)} replace />;
  return (
    <Page
      title={incident.data ? `${id} · ${titleOf(incident.data)}` : `Incident ${id}`}
      parent={PARENT}
      reads={[incident]}
      tools={
        incident.data && (
          <>
            <Runbook of={chosen(incident.data, objective)} />
            <Actions incident={incident.data} session={session.data} />
          </>
        )
      }
      foot={incident.data && <ThumbAction incident={incident.data} session={session.data} />}
    >
      <Answered query={incident} bones={<IncidentBones />}>
        {(data) => {
          const shown = chosen(data, objective);
          return (
            <>
              {data.state !== "resolved" && <SilentNow of={servicesOf(data)} />}
              <PagedFor incident={id} />
              <Strip cells={cellsOf(data)} />
              {data.objectives.length > 1 && (
                <div className="grid">
                  <Objectives incident={data} />
                </div>
              )}
              <div className="grid incident-room">
                <Timeline incident={data} session={session.data} />
                <div className="stack">
                  {data.objectives.length > 1 && (
                    <Picker
                      label="Evidence of"
                      value={String(shown.id)}
                      options={data.objectives.map((one) => ({ value: String(one.id), words: one.title }))}
                      onPick={(value) => choose({ objective: value })}
                    />
                  )}
                  <Suspects objective={shown} />
                  <BadEvents objective={shown} incident={data} />
                  <Shown objective={shown} />
                </div>
              </div>
            </>
          );
        }}
      </Answered>
    </Page>
  );
}

/** The runbook of the objective whose evidence is shown, while the catalog still has it. */
function Runbook({ of }: { of: IncidentObjective }) {
  const found = useObjective(of.objective).data;
  return found ? <Elsewhere of={{ runbook: found.runbook, links: [] }} /> : null;
}

/** The services its objectives are of, and those its bad events were led back to. */
function servicesOf({ objectives, evidence }: IncidentDetail): string[] {
  const found = [evidence, ...objectives.map((one) => one.evidence)];
  const contributors = found.flatMap((one) => one?.contributors.map(({ service }) => service) ?? []);
  return [...objectives.map(({ service }) => service), ...contributors];
}

/** The objective whose evidence is shown: the one named in the address, or the one that opened the incident. */
function chosen(incident: IncidentDetail, name: string | null): IncidentObjective {
  const [first] = incident.objectives;
  if (!first) throw new Error(`incident ${incident.id} has no objective`);
  return incident.objectives.find((one) => String(one.id) === name) ?? first;
}

/** An interval brushed here is looked at closely on the objective's own page. */
function BadEvents({ objective, incident }: { objective: IncidentObjective; incident: IncidentDetail }) {
  const [, navigate] = useLocation();
  const { series } = objective.evidence ?? incident.evidence;
  const lines = useMemo<Line[]>(() => linesOf(series, objective.events), [series, objective.events]);
  const own = [
    { at: objective.onset_at, label: "onset" },
    { at: objective.joined_at, label: objective.joined_at === incident.opened_at ? "opened" : "joined" },
    { at: objective.resolved_at, label: "resolved" },
  ].flatMap(({ at, label }) => (at === null ? [] : [{ at, label, kind: "incident" as const, href: null }]));
  const changes = incident.timeline
    .filter(({ kind }) => kind.startsWith("change."))
    .map(({ at, summary }) => ({ at, label: summary, kind: "change" as const, href: null }));
  const step = series.step_seconds === 60 ? "per minute" : `every ${durationWords(series.step_seconds)}`;
  return (
    <Panel
      name={`Bad ${objective.events} ${step}`}
      id="bad"
      aside={
        <Link href={objectivePath(objective.objective)} className="link">
          {objective.objective_display_name}
        </Link>
      }
    >
      <TimeChart
        label={`Bad ${objective.events} ${step}`}
        times={series.times_epoch}
        lines={lines}
        unit="count"
        least={4}
        room={64}
        height={CHART_PIXELS}
        marks={[...own, ...changes]}
        onBrush={(range) => navigate(objectivePath(objective.objective, range))}
      />
    </Panel>
  );
}

/** All events stand beside the bad ones where that does not press the bad ones flat. */
function linesOf({ bad, total }: IncidentDetail["evidence"]["series"], events: string): Line[] {
  const line: Line = { label: `bad ${events}`, values: bad, colour: "bad", filled: true };
  if (Math.max(0, ...total) > TALL * Math.max(0, ...bad)) return [line];
  return [{ label: `all ${events}`, values: total, colour: "faint", tagged: true }, line];
}

function Shown({ objective }: { objective: IncidentObjective }) {
  return (
    <Panel name={`Bad ${objective.events}`} of="newest first" id="exemplars">
      {objective.evidence && <Rows of={objective.evidence.exemplars} />}
      <Exemplars
        items={objective.evidence?.exemplars.slice(0, EXEMPLARS_SHOWN) ?? []}
        events={objective.events}
        objective={objective.objective}
      />
    </Panel>
  );
}

function IncidentBones() {
  return (
    <>
      <StripBones />
      <div className="grid incident-room">
        <Panel name="Timeline">
          <LineBones lines={8} />
        </Panel>
        <div className="stack">
          <Panel name="Suspects">
            <LineBones lines={3} />
          </Panel>
          <Panel name="Bad events per minute">
            <ChartBones height={CHART_PIXELS} />
          </Panel>
        </div>
      </div>
    </>
  );
}
