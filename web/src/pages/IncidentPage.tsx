// Incident: what happened, who is on it, what is at stake, who is the suspect?

import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import { Page } from "../app/Page";
import { useIncident, useSession } from "../api/queries";
import type { IncidentDetail } from "../api/types";
import type { Line } from "../charts/lines";
import { TimeChart } from "../charts/TimeChart";
import { ChartBones, LineBones, StripBones } from "../parts/Bones";
import { Exemplars } from "../parts/Exemplars";
import { Answered } from "../parts/Notice";
import { Panel } from "../parts/Panel";
import { Strip } from "../parts/Strip";
import { incidentsPath, objectivePath } from "../paths";
import { durationWords } from "../words/durations";
import { Actions } from "./incident/Actions";
import { cellsOf } from "./incident/cells";
import { Suspects } from "./incident/Suspects";
import { Timeline } from "./incident/Timeline";

const PARENT = { href: incidentsPath(), name: "Incidents" };
const CHART_PIXELS = 180;
const EXEMPLARS_SHOWN = 6;

export default function IncidentPage({ id }: { id: number }) {
  const incident = useIncident(id);
  const session = useSession();
  return (
    <Page
      title={incident.data ? `${id} · ${incident.data.title}` : `Incident ${id}`}
      parent={PARENT}
      reads={[incident]}
      tools={incident.data && <Actions incident={incident.data} session={session.data} />}
    >
      <Answered query={incident} bones={<IncidentBones />}>
        {(data) => (
          <>
            <Strip cells={cellsOf(data)} />
            <div className="grid incident-room">
              <Timeline incident={data} session={session.data} />
              <div className="stack">
                <Suspects incident={data} />
                <BadEvents incident={data} />
                <Shown incident={data} />
              </div>
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

/** A stretch brushed here is looked at closely on the objective's own page. */
function BadEvents({ incident }: { incident: IncidentDetail }) {
  const [, navigate] = useLocation();
  const { series } = incident.evidence;
  const lines = useMemo<Line[]>(
    () => [{ label: incident.events, values: series.bad, colour: "bad", filled: true }],
    [series, incident.events],
  );
  const marks = [
    { at: incident.onset_at, label: "onset" },
    { at: incident.opened_at, label: "opened" },
    { at: incident.resolved_at, label: "resolved" },
  ].flatMap(({ at, label }) => (at === null ? [] : [{ at, label, kind: "incident" as const, href: null }]));
  const step = series.step_seconds === 60 ? "per minute" : `every ${durationWords(series.step_seconds)}`;
  return (
    <Panel
      name={`Bad ${incident.events} ${step}`}
      id="bad"
      aside={
        <Link href={objectivePath(incident.objective)} className="link">
          {incident.objective_display_name}
        </Link>
      }
    >
      <TimeChart
        label={`Bad ${incident.events} ${step}`}
        times={series.times_epoch}
        lines={lines}
        unit="count"
        least={4}
        height={CHART_PIXELS}
        marks={marks}
        onBrush={(range) => navigate(objectivePath(incident.objective, range))}
      />
    </Panel>
  );
}

function Shown({ incident }: { incident: IncidentDetail }) {
  return (
    <Panel name={`Bad ${incident.events}`} of="newest first" id="exemplars">
      <Exemplars items={incident.evidence.exemplars.slice(0, EXEMPLARS_SHOWN)} events={incident.events} />
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
