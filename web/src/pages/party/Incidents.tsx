// The incidents in which calls failed at a party.

import { useMemo } from "react";
import { Link } from "wouter";
import { useIncidents } from "../../api/queries";
import { Rows } from "../../export/context";
import { Moment } from "../../parts/Moment";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { incidentPath } from "../../paths";
import { countOf } from "../../words/counts";
import { nameOf } from "../../words/incidents";
import { isAbout } from "../service/Lately";

const SHOWN = 6;

export function Incidents({ name }: { name: string }) {
  const incidents = useIncidents();
  const about = useMemo(
    () => (incidents.data?.items ?? []).filter((one) => isAbout(one, name)).slice(0, SHOWN),
    [incidents.data, name],
  );
  return (
    <Panel name="Incidents" of="in which it failed" figures={incidents.data}>
      <Rows of={about} />
      {about.length === 0 ? (
        <Quiet>{incidents.data ? `No incident was led back to ${name}.` : "Loading…"}</Quiet>
      ) : (
        <ul>
          {about.map((one) => (
            <li key={one.id} className="listed lately">
              <span className="muted">
                <Moment at={one.onset_at ?? one.opened_at} />
              </span>
              <span className="muted">{countOf(one.bad_events, one.events)}</span>
              <Link href={incidentPath(one.id)} className="name-link">
                {one.id} {nameOf(one)}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
