import { Link } from "wouter";
import type { IncidentDetail, IncidentObjective } from "../../api/types";
import { Rows } from "../../export/context";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { StateChip } from "../../parts/StateChip";
import { objectivePath } from "../../paths";
import { INCIDENT_OBJECTIVE_STATES } from "../../states/states";
import { countOf } from "../../words/counts";

/** The objectives of an incident: since when each burns, how many of its events were bad, and why it is here. */
export function Objectives({ incident }: { incident: IncidentDetail }) {
  const common = incident.cause === null ? undefined : `all fail at ${partyWords(incident.cause)}`;
  return (
    <Panel name="Objectives" of={common} id="objectives">
      <Rows of={incident.objectives} />
      <div style={{ overflowX: "auto" }}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Objective</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Bad events
              </th>
              <th scope="col" className="number">
                Since
              </th>
              <th scope="col" className="number">
                Resolved
              </th>
              <th scope="col" className="wide">
                Why it is here
              </th>
            </tr>
          </thead>
          <tbody>
            {incident.objectives.map((one) => (
              <Row key={one.id} one={one} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Row({ one }: { one: IncidentObjective }) {
  return (
    <tr>
      <td>
        <Link href={objectivePath(one.objective)} className="name-link strong">
          {one.objective_display_name}
        </Link>
      </td>
      <td>
        <StateChip look={INCIDENT_OBJECTIVE_STATES[one.resolved_at === null ? "burning" : "resolved"]} />
      </td>
      <td className="number">{countOf(one.bad_events, one.events)}</td>
      <td className="number">
        <Moment at={one.onset_at ?? one.fired_at} />
      </td>
      <td className="number">{one.resolved_at === null ? "–" : <Moment at={one.resolved_at} />}</td>
      <td className="wide">{one.reason || "opened the incident"}</td>
    </tr>
  );
}

function partyWords({ party, environment }: { party: string; environment: string }): string {
  return environment === "" ? party : `${party} in ${environment}`;
}
