// What was done to a service and what happened to it, newest first.

import { Link } from "wouter";
import { useChangesOf, useIncidents } from "../../api/queries";
import type { Change, Incident, ServiceDetail } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { changesPath, incidentPath } from "../../paths";
import { kindOf } from "../../words/changes";
import { capital } from "../../words/counts";
import { nameOf } from "../../words/incidents";

const LATELY = { from: "now-28d", to: "now" };
const SHOWN = 6;

type Event = { id: string; at: string; kind: string; words: string; number?: number };

export function Lately({ service }: { service: ServiceDetail }) {
  const changes = useChangesOf(service, LATELY);
  const incidents = useIncidents();
  const events = [
    ...(changes.data?.items ?? []).map(changed),
    ...(incidents.data?.items ?? []).filter((one) => isAbout(one, service.name)).map(happened),
  ].sort((one, other) => other.at.localeCompare(one.at));
  const isRead = changes.data !== undefined && incidents.data !== undefined;
  return (
    <Panel
      name="Changes and incidents"
      of="last 28 d"
      figures={changes.data}
      aside={
        <Link href={changesPath({ range: LATELY, q: service.name })} className="name-link">
          all changes
        </Link>
      }
    >
      {events.length === 0 ? (
        <Quiet>{isRead ? `No changes or incidents of ${service.name}.` : "Loading…"}</Quiet>
      ) : (
        <ul>
          {events.slice(0, SHOWN).map((event) => (
            <li key={event.id} className="listed lately">
              <span className="muted">
                <Moment at={event.at} />
              </span>
              <span className={event.number === undefined ? "tone-accent" : "tone-bad"}>{event.kind}</span>
              <Words {...event} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Words({ words, number }: Event) {
  if (number === undefined) return <span title={words}>{words}</span>;
  return (
    <Link href={incidentPath(number)} className="name-link" title={words}>
      {number} {words}
    </Link>
  );
}

/** An incident is about the services of its objectives, and about every party its bad events began at. */
export function isAbout(incident: Incident, name: string): boolean {
  if (incident.merged_into !== null) return false;
  return (
    incident.service === name ||
    incident.cause?.party === name ||
    incident.objectives.some(
      (one) => one.service === name || one.cause?.party === name || one.parties.includes(name),
    )
  );
}

function happened(one: Incident): Event {
  const { id, onset_at: onset, opened_at: opened } = one;
  return { id: `incident ${id}`, at: onset ?? opened, kind: "Incident", words: nameOf(one), number: id };
}

function changed(change: Change): Event {
  const { id, at, summary } = change;
  return { id: `change ${id}`, at, kind: capital(kindOf(change)), words: summary };
}
